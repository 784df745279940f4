"""Analyse a note: envelopes of its harmonics, noise and level, every 10 ms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from datasets.errors import AudioError
from models.audio.noise_bands import HOP, WINDOW, density_gain_db, measure_bands
from models.audio.sound_kind import SoundKind, release_time
from models.resynthesis.analysis import LONGEST_S, SoundAnalysis, analyse_sound
from models.timbre.corpus.note import RATE, Note
from models.timbre.harmonic.cepstrum import EnvelopeSettings, fit_envelopes
from models.timbre.tone import FLOOR_DB, HIGHEST_HZ, MOST_HARMONICS, NOISE_BANDS, NOISE_FLOOR_DB

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

EVERY = 2  # Frames of the harmonic analysis in a frame here: 10 ms.
HOP_S = 0.01
SILENT = 1e-3  # A note with a lower peak is silent: -60 dB.
ONSET_DB = -50.0  # The note starts where it is first louder, relative to its peak.
BEFORE_S = 0.01  # Kept before the onset.
USABLE_DB = -40.0  # Frames quieter than this, relative to the loudest, are not learned.
SUSTAIN_DB = -30.0  # As in the paper: quieter frames are not part of the sustain.
ATTACK_S = 0.1
SHORTEST_SUSTAIN_S = 0.1
MOST_RESIDUAL = 0.25  # Share of power outside the harmonics; chords and noise have more.
PRIMES = np.array([7, 11, 13, 17, 19, 23])  # Harmonics that a chord's common subharmonic lacks.
STRONG_DB = 50.0  # Harmonics within this range of the loudest count.
FEWEST_GAPS = 3
FUNDAMENTAL_DB = 15.0  # A first harmonic within this of the loudest one belongs to one note.
GAP_DB = 15.0  # Usual distance of the primes of a chord from their louder neighbour.
LONGEST_RELEASE_S, SHORTEST_RELEASE_S = 4.0, 0.03


@dataclass(frozen=True)
class NoteFrames:
    """Hold the analysis of a note, frame by frame. Levels are removed from the envelopes.

    Attributes:
        name: Name of the note.
        midi: Median pitch of the sustain, MIDI with a fraction.
        f0_hz: Pitch, (frames,).
        cepstra: Envelope of the harmonics relative to the level, (frames, order).
        noise_db: Power density of the noise relative to the level, (frames, NOISE_BANDS).
        level_db: Power of the harmonics, dB relative to full scale squared, (frames,).
        usable: Frames to learn from, (frames,).
        sustain: Frames of the sustain, (frames,).
        release_s: Seconds from key-up to silence; 0 if the note has no release.
        sustained: True if the note would continue while a key is held.
        top_hz: Highest frequency that the recording can hold.
    """

    name: str
    midi: float
    f0_hz: Float32
    cepstra: Float32
    noise_db: Float32
    level_db: Float32
    usable: BoolArray
    sustain: BoolArray
    release_s: float
    sustained: bool
    top_hz: float

    @property
    def loudness_db(self) -> float:
        """Return the median level of the sustain in dB."""
        return float(np.median(self.level_db[self.sustain]))


def analyse_note(note: Note, settings: EnvelopeSettings) -> NoteFrames:
    """Measure pitch, envelopes, noise and level of a note.

    Args:
        note: The note.
        settings: How envelopes are fitted.

    Returns:
        The frames.

    Raises:
        AudioError: The note is silent or too short, has no clear pitch, or more than one.
    """
    samples = note_samples(note)
    rounded = 60 if note.named_midi is None else note.named_midi
    sound = analyse_sound(samples, rounded, RATE)
    harmonics = sound.harmonics
    if harmonics is None or sound.kind == SoundKind.PERCUSSIVE:
        raise AudioError("no clear pitch: use single notes of a pitched instrument")
    if sound.residual_share > MOST_RESIDUAL:
        raise AudioError(
            f"{100 * sound.residual_share:.0f} % of its power is not in harmonics of one pitch: "
            "use single notes, not chords or noise"
        )
    frames = np.arange(0, len(harmonics.times_s), EVERY)
    times_s = harmonics.times_s[frames]
    f0_hz = np.interp(times_s, np.arange(len(samples)) / RATE, harmonics.f0_hz)
    count = min(MOST_HARMONICS, harmonics.count)
    amplitudes = _in_band(np.abs(harmonics.amplitudes[frames, :count]), f0_hz, note.top_hz)
    level_db = 10 * np.log10((amplitudes**2).sum(axis=1) / 2 + 1e-12)
    usable, sustain = _regions(level_db, times_s, sound)
    cepstra = fit_envelopes(amplitudes, f0_hz, settings)
    cepstra[:, 0] -= level_db
    _refuse_chords(amplitudes[sustain])
    noise_db = _noise(sound.residual, times_s) - level_db[:, None]
    midi = 69 + 12 * np.log2(float(np.median(f0_hz[sustain])) / 440)
    release_s, held = _release(sound), sound.trend.is_sustained
    return NoteFrames(
        note.name,
        midi,
        f0_hz.astype(np.float32),
        cepstra.astype(np.float32),
        noise_db.astype(np.float32),
        level_db.astype(np.float32),
        usable,
        sustain,
        release_s,
        held,
        note.top_hz,
    )


def note_samples(note: Note) -> Float64:
    """Return at most 10 s of a note from its onset: what its frames describe.

    Raises:
        AudioError: The note is silent.
    """
    samples = note.samples
    peak = float(np.abs(samples).max(initial=0.0))
    if peak < SILENT:
        raise AudioError(f"silent: its peak is {peak:.1g}. Use a louder recording")
    onset = int(np.argmax(np.abs(samples) > peak * 10 ** (ONSET_DB / 20)))
    start = max(0, onset - round(BEFORE_S * RATE))
    return samples[start : start + round(LONGEST_S * RATE)]


def _in_band(amplitudes: Float64, f0_hz: Float64, top_hz: float) -> Float64:
    """Return only the harmonics that stay below the source's limit, with at least one."""
    top = min(top_hz, HIGHEST_HZ)
    inside = max(1, int(top / float(np.quantile(f0_hz, 0.95))))
    return amplitudes[:, : min(inside, amplitudes.shape[1])]


def _regions(
    level_db: Float64, times_s: Float64, sound: SoundAnalysis
) -> tuple[BoolArray, BoolArray]:
    """Return the frames to learn from, and those of the sustain.

    Raises:
        AudioError: The note has no sustain.
    """
    loudest = float(level_db.max())
    before = times_s <= sound.release_s
    usable = (level_db > loudest + USABLE_DB) & (level_db > FLOOR_DB + 20) & before
    inside = (times_s > ATTACK_S) & (times_s < sound.release_s - 0.03)
    sustain = usable & inside & (level_db > loudest + SUSTAIN_DB)
    if sustain.sum() * HOP_S < SHORTEST_SUSTAIN_S:
        raise AudioError(
            f"only {1000 * HOP_S * sustain.sum():.0f} ms of it are steady: hold notes for at least "
            f"{ATTACK_S + 2 * SHORTEST_SUSTAIN_S:.1f} s"
        )
    return usable, sustain


def _refuse_chords(amplitudes: Float64) -> None:
    """Refuse a note whose prime harmonics are far quieter than their neighbours.

    A fifth or a major chord looks like one low note, whose harmonics 7, 11, 13, ... are missing.
    Its first harmonic is missing too. An organ with a 16' stop has gaps as well, but not there.

    Raises:
        AudioError: The note is probably a chord.
    """
    decibels = 10 * np.log10((amplitudes**2).mean(axis=0) + 1e-12)
    if decibels[0] > decibels.max() - FUNDAMENTAL_DB:
        return
    primes = PRIMES[len(decibels) > PRIMES]
    beside = np.maximum(decibels[primes - 2], decibels[primes])
    primes = primes[beside > decibels.max() - STRONG_DB]
    gap_db = np.maximum(decibels[primes - 2], decibels[primes]) - decibels[primes - 1]
    if len(gap_db) >= FEWEST_GAPS and np.median(gap_db) > GAP_DB:
        raise AudioError(
            f"harmonics {', '.join(map(str, primes))} of {len(decibels)} are missing: probably a "
            "chord. Use single notes"
        )


def _noise(residual: Float64, times_s: Float64) -> Float64:
    """Return the power density of the residual in dB at the times of the frames."""
    bands = measure_bands(residual, RATE, NOISE_BANDS)
    density = bands.decibels - density_gain_db(RATE)
    centres_s = (np.arange(len(density)) * HOP - WINDOW / 2) / RATE
    place = np.clip(np.interp(times_s, centres_s, np.arange(len(density))), 0, len(density) - 1)
    low = np.minimum(place.astype(int), len(density) - 2)
    share = (place - low)[:, None]
    between = density[low] * (1 - share) + density[low + 1] * share
    return np.asarray(np.maximum(between, NOISE_FLOOR_DB), np.float64)


def _release(sound: SoundAnalysis) -> float:
    """Return the seconds in which the level falls by 60 dB after the release starts."""
    if not sound.trend.is_sustained or sound.duration_s - sound.release_s < 0.02:
        return 0.0
    fall_20_s = release_time(sound.samples, RATE, sound.release_s)
    return float(np.clip(3 * fall_20_s, SHORTEST_RELEASE_S, LONGEST_RELEASE_S))
