"""Synthesise a tone at any pitch contour, offline: harmonics and filtered noise.

The player has its own real-time synthesizer. Both follow the definition in
``models.timbre.tone``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from models.audio.noise_bands import (
    HOP,
    SEED,
    WINDOW,
    NoiseBands,
    density_gain_db,
    shaped_noise,
)
from models.audio.phase_grid import cycles_of
from models.timbre.tone import (
    MOST_HARMONICS,
    NOISE_FLOOR_DB,
    NOISE_HZ,
    START_PHASES,
    ControlFrames,
    Float32,
    Float64,
    Tone,
    sample_envelope,
)

HOP_S = 0.005  # Time between control frames.
BLOCK = 8192  # Samples of a block: all its harmonics have 6 MB.


@dataclass(frozen=True)
class Expression:
    """Describe the pitch and the loudness of a note over time.

    Attributes:
        glide_semitones: Distance of the start from the note.
        glide_s: Time in which the pitch reaches the note, linear in semitones.
        vibrato_hz: Rate of the vibrato.
        vibrato_cents: Distance from the middle to the top of the vibrato.
        vibrato_from_s: Time when the vibrato starts; it grows over 0.2 s.
        swell_db: Change of the level over the held note, linear in dB.
    """

    glide_semitones: float = 0.0
    glide_s: float = 0.1
    vibrato_hz: float = 5.5
    vibrato_cents: float = 0.0
    vibrato_from_s: float = 0.25
    swell_db: float = 0.0

    def midi(self, midi: float, times_s: Float64) -> Float64:
        """Return the pitch at times after the start, MIDI."""
        arrived = np.clip(times_s / max(self.glide_s, 1e-3), 0.0, 1.0)
        depth = np.clip((times_s - self.vibrato_from_s) / 0.2, 0.0, 1.0)
        phase = 2 * np.pi * self.vibrato_hz * (times_s - self.vibrato_from_s)
        vibrato = self.vibrato_cents / 100 * depth * np.sin(phase)
        return np.asarray(midi + self.glide_semitones * (1 - arrived) + vibrato)

    def gain(self, times_s: Float64, held_s: float) -> Float64:
        """Return the linear gain at times after the start."""
        share = np.clip(times_s / max(held_s, 1e-3), 0.0, 1.0)
        return np.asarray(10 ** (self.swell_db * share / 20))


def hz_of(midi: npt.ArrayLike) -> Float64:
    """Return MIDI notes as frequencies in Hz."""
    return np.asarray(440.0 * 2.0 ** ((np.asarray(midi, np.float64) - 69) / 12), np.float64)


def control_frames(
    tone: Tone,
    midi: float,
    held_s: float,
    expression: Expression | None = None,
    sample_rate: int = 48000,
) -> ControlFrames:
    """Return the control frames of a note: the tone at the harmonics of its pitch contour.

    Args:
        tone: The tone.
        midi: Pitch, MIDI.
        held_s: Seconds from key-down to key-up; the frames end with the release.
        expression: Glide, vibrato and swell.
        sample_rate: Rate of the sound in Hz.

    Returns:
        The frames.
    """
    expression = expression or Expression()
    length_s = held_s + tone.release_s
    if tone.loop_start is None:
        length_s = min(length_s, (len(tone) - 1) * tone.hop_s)
    times_s: Float64 = np.asarray(np.arange(int(length_s / HOP_S) + 2) * HOP_S, np.float64)
    place = tone.places(times_s)
    low = np.minimum(place.astype(np.int64), max(len(tone) - 2, 0))
    high = np.minimum(low + 1, len(tone) - 1)
    share = (place - low)[:, None]
    f0_hz = hz_of(expression.midi(midi, times_s))
    gain = tone.gains(times_s, held_s) * expression.gain(times_s, held_s)
    before = sample_envelope(tone.harmonics_db[low], f0_hz, MOST_HARMONICS, sample_rate)
    after = sample_envelope(tone.harmonics_db[high], f0_hz, MOST_HARMONICS, sample_rate)
    noise_db = tone.noise_db[low] * (1 - share) + tone.noise_db[high] * share
    noise_db = noise_db + 20 * np.log10(np.maximum(gain, 1e-8))[:, None]
    return ControlFrames(
        HOP_S,
        f0_hz.astype(np.float32),
        ((before * (1 - share) + after * share) * gain[:, None]).astype(np.float32),
        np.maximum(noise_db, NOISE_FLOOR_DB).astype(np.float32),
    )


def synthesise(frames: ControlFrames, sample_rate: int = 48000, seed: int = SEED) -> Float32:
    """Turn control frames into samples.

    Args:
        frames: The frames.
        sample_rate: Hz.
        seed: Seed of the noise.

    Returns:
        Mono audio, full scale 1, shape (n,).
    """
    harmonic = synthesise_harmonics(frames, sample_rate)
    noise = synthesise_noise(frames, len(harmonic), sample_rate, seed)
    return (harmonic + noise).astype(np.float32)


def synthesise_harmonics(frames: ControlFrames, sample_rate: int) -> Float64:
    """Return the harmonic part of control frames, shape (n,)."""
    times_s = np.arange(len(frames.f0_hz)) * frames.hop_s
    count = round(times_s[-1] * sample_rate)
    at = np.arange(count) / sample_rate
    cycles = cycles_of(np.interp(at, times_s, frames.f0_hz), sample_rate)
    audible = np.flatnonzero(frames.amplitudes.max(axis=0) > 0)
    samples = np.zeros(count)
    for start in range(0, count, BLOCK):
        part = slice(start, start + BLOCK)
        place = at[part] / frames.hop_s
        low = np.minimum(place.astype(np.int64), len(times_s) - 2)
        share = (place - low)[:, None]
        amplitude = frames.amplitudes[low] * (1 - share) + frames.amplitudes[low + 1] * share
        # Whole cycles are removed first to keep the phase exact for high harmonics.
        turns = np.outer(cycles[part], audible + 1) % 1.0
        waves = np.sin(2 * np.pi * turns + START_PHASES[audible])
        samples[part] = (amplitude[:, audible] * waves).sum(axis=1)
    return samples


def synthesise_noise(frames: ControlFrames, count: int, sample_rate: int, seed: int) -> Float64:
    """Return the noise of control frames.

    Args:
        frames: The frames with noise levels.
        count: Length in samples.
        sample_rate: Hz.
        seed: Seed of the white noise.

    Returns:
        The noise, shape (count,).
    """
    if frames.noise_db.max() <= NOISE_FLOOR_DB:
        return np.zeros(count)
    spectra = -(-(count + 2 * WINDOW + HOP - WINDOW + 1) // HOP)
    centres_s = (np.arange(spectra) * HOP - WINDOW / 2) / sample_rate
    place = np.clip(centres_s / frames.hop_s, 0, len(frames.noise_db) - 1)
    low = np.minimum(place.astype(np.int64), len(frames.noise_db) - 2)
    share = (place - low)[:, None]
    density = frames.noise_db[low] * (1 - share) + frames.noise_db[low + 1] * share
    decibels = density + density_gain_db(sample_rate)
    bands = NoiseBands(decibels, NOISE_HZ, count, sample_rate)
    return shaped_noise(bands, seed)


def play(
    tone: Tone,
    midi: float,
    held_s: float,
    expression: Expression | None = None,
    sample_rate: int = 48000,
) -> Float32:
    """Return the samples of one note (see ``control_frames`` and ``synthesise``)."""
    frames = control_frames(tone, midi, held_s, expression, sample_rate)
    return synthesise(frames, sample_rate)


def without_noise(frames: ControlFrames) -> ControlFrames:
    """Return control frames without their noise."""
    return replace(frames, noise_db=np.full_like(frames.noise_db, NOISE_FLOOR_DB))
