"""Prepare a sound file as a target: onset, pitch, and audio at the synth's sample rate."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soxr

from datasets.errors import AudioError
from datasets.spec import FloatArray, NotePolicy, SynthSpec
from models.audio.decode import SHORTEST_S, Part, read_part, refuse_short
from models.audio.pitch import estimate_f0

FRAME_MS, ONSET_DB, BACK_MS = 10, -30.0, 5
SILENT_DB = -63.0  # RMS, dBFS: a sine that peaks at -60 dBFS
FULL_SCALE = 32767 / 32768  # the largest 16-bit sample
CANCELLED = 0.25  # -12 dB: two unrelated channels lose 3 dB in the mean, a lone one 6 dB
PITCHED_S = 2.0  # from the onset on, in which f0 is measured
UNPITCHED_NOTE = 60  # middle C, for drums and noises
OCTAVES = ("no octave", "one octave", "two octaves", "three octaves")  # in words


@dataclass(frozen=True)
class SoundTarget:
    """What a match aims at: a sound as if the synth had been asked to play it."""

    audio: FloatArray  # (n,) mono from the onset on, zero-padded or cut to the spec's length_s
    sample_rate: int  # Hz, the spec's
    note: int  # MIDI, inside the spec's note range
    f0_hz: float | None  # measured; None when the sound has no clear pitch
    onset_s: float  # seconds from the beginning of the file
    duration_s: float  # seconds of sound in ``audio``, without the padding
    warnings: tuple[str, ...]  # one line each, for the player to read
    timings_ms: dict[str, float]  # "load" (decode, onset, resample) and "f0"


def load_target(
    path: str | Path,
    spec: SynthSpec,
    start_s: float | None = None,
    end_s: float | None = None,
    note: int | None = None,
) -> SoundTarget:
    """Read a sound file (any format, rate and channels) as the target of a match.

    Args:
        path: the file; it is only read.
        spec: gives the sample rate, the length and the range of notes.
        start_s: where the part to use begins, seconds; the onset is looked for from there.
        end_s: where it ends; the end of the file if None.
        note: MIDI 0..127 to play instead of the one measured.

    Raises:
        AudioError: one line that names the file, what is wrong with it, and the fix.
    """
    _check_note(note)
    started = time.perf_counter()
    warnings: list[str] = []
    part = read_part(Path(path), start_s, end_s, warnings)
    samples = _downmix(part.frames, warnings)
    onset = _onset(samples, part)
    used = slice(onset, onset + math.ceil(spec.note.length_s * part.sample_rate))
    audio, sound = _resampled(samples[used], part.sample_rate, spec)
    _warn_of_clipping(part.frames[used], warnings)
    _warn_of_the_rest(part, onset, spec.note.length_s, warnings)
    loaded = time.perf_counter()
    f0_hz = _measure_f0(sound, spec.sample_rate)
    measured = time.perf_counter()
    return SoundTarget(
        audio=audio,
        sample_rate=spec.sample_rate,
        note=_choose_note(note, f0_hz, spec.note, warnings),
        f0_hz=f0_hz,
        onset_s=part.start_s + onset / part.sample_rate,
        duration_s=len(sound) / spec.sample_rate,
        warnings=tuple(warnings),
        timings_ms={"load": 1000 * (loaded - started), "f0": 1000 * (measured - loaded)},
    )


def _check_note(note: int | None) -> None:
    if note is not None and not 0 <= note <= 127:
        raise AudioError(f"note {note} is not a MIDI note: give one from 0 to 127, middle C is 60")


def _measure_f0(sound: FloatArray, sample_rate: int) -> float | None:
    """Return the f0 of the first two seconds in Hz, or None when there is no clear pitch."""
    f0 = estimate_f0(sound[: int(PITCHED_S * sample_rate)], sample_rate)
    return None if math.isnan(f0) else f0


# --- the sound ----------------------------------------------------------------------------------


def _resampled(samples: FloatArray, rate: int, spec: SynthSpec) -> tuple[FloatArray, FloatArray]:
    """A clip of the spec's rate and length, and the part of it that is sound, not padding."""
    clip = np.zeros(round(spec.note.length_s * spec.sample_rate), np.float32)
    sound = soxr.resample(samples, rate, spec.sample_rate)[: len(clip)]
    clip[: len(sound)] = sound
    return clip, clip[: len(sound)]


def _downmix(frames: FloatArray, warnings: list[str]) -> FloatArray:
    """The mean of the channels, or the loudest channel where they cancel: (n, channels) to (n,)."""
    if frames.shape[1] == 1:
        return frames[:, 0]
    channels = frames.T
    mean: FloatArray = sum(channels[1:], start=channels[0]) / np.float32(len(channels))
    power = [_power(channel) for channel in channels]
    loudest = int(np.argmax(power))
    if _power(mean) >= CANCELLED**2 * power[loudest]:
        return mean
    warnings.append(f"the channels cancel each other: channel {loudest + 1} alone is used")
    return frames[:, loudest]


def _power(samples: FloatArray) -> float:
    return float(np.einsum("i,i->", samples, samples, dtype=np.float64))


def _onset(samples: FloatArray, part: Part) -> int:
    """Where the sound begins, in samples of (n,): a level meter of 10 ms reaches -30 dB.

    The meter reads 10 ms back, once a millisecond, and 0 dB is the loudest it gets. From the
    moment it reaches -30 dB we step back 5 ms, so that a soft attack is not cut.
    """
    level = _levels(samples, part.sample_rate)
    loudest_db = 20 * math.log10(max(float(level.max()), 1e-10))
    if loudest_db < SILENT_DB:
        stop_s = part.start_s + len(part.frames) / part.sample_rate
        raise AudioError(
            f"{part.name} is silent from {part.start_s:.3g} to {stop_s:.3g} s: its level is "
            f"{loudest_db:.0f} dBFS, at least {SILENT_DB:.0f} is needed. Give a louder part of it"
        )
    first = int(np.argmax(level >= level.max() * 10 ** (ONSET_DB / 20)))
    onset = max(0, round((first + 1 - BACK_MS) * part.sample_rate / 1000))
    heard_s = (len(samples) - onset) / part.sample_rate
    onset_s = part.start_s + onset / part.sample_rate
    refuse_short(heard_s, f"{part.name} has only", f"of sound after its onset at {onset_s:.2f} s")
    return onset


def _levels(samples: FloatArray, rate: int) -> npt.NDArray[np.float64]:
    """RMS over the last 10 ms at the end of every millisecond, about their mean: DC is no sound."""
    edges = np.arange(1000 * len(samples) // rate + 1) * rate // 1000
    samples = samples[: edges[-1]]
    counts = edges[1:] - edges[np.maximum(np.arange(1, len(edges)) - FRAME_MS, 0)]
    mean = _sums(samples, edges) / counts
    variance = _sums(np.square(samples), edges) / counts - np.square(mean)
    return np.asarray(np.sqrt(np.maximum(variance, 0)), np.float64)


def _sums(values: FloatArray, edges: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """The sum over the last 10 ms at every edge but the first, edges being 1 ms apart."""
    each = np.add.reduceat(values, edges[:-1], dtype=np.float64)
    total = np.concatenate([np.zeros(FRAME_MS), np.cumsum(each)])
    return np.asarray(total[FRAME_MS:] - total[:-FRAME_MS], np.float64)


def _warn_of_clipping(frames: FloatArray, warnings: list[str]) -> None:
    """Three equal samples in a row make a flat top; a peak, or a codec's overshoot, has none."""
    full = np.abs(frames) >= FULL_SCALE
    if (full[2:] & (frames[2:] == frames[1:-1]) & (frames[1:-1] == frames[:-2])).any():
        warnings.append(f"clipped: {int(full.sum())} samples at full scale")


def _warn_of_the_rest(part: Part, onset: int, length_s: float, warnings: list[str]) -> None:
    heard_s = part.length_s - onset / part.sample_rate
    if heard_s > length_s + SHORTEST_S:
        warnings.append(f"only the first {length_s:g} s of {heard_s:.3g} s are used")


# --- the note -----------------------------------------------------------------------------------


def _choose_note(
    asked: int | None, f0_hz: float | None, policy: NotePolicy, warnings: list[str]
) -> int:
    """The note asked for, else the nearest to f0, else middle C; in the range the synth learned."""
    if asked is not None:
        return _in_range(asked, policy, warnings)
    if f0_hz is not None:
        return _in_range(round(69 + 12 * math.log2(f0_hz / 440)), policy, warnings)
    note = _in_range(UNPITCHED_NOTE, policy, [])
    warnings.append(f"no clear pitch: note {note} is used")
    return note


def _in_range(note: int, policy: NotePolicy, warnings: list[str]) -> int:
    """The note moved by whole octaves into the range; where no octave fits, its nearest end."""
    if policy.low <= note <= policy.high:
        return note
    above = note > policy.high
    octaves = math.ceil((note - policy.high if above else policy.low - note) / 12)
    moved = note - 12 * octaves if above else note + 12 * octaves
    inside = min(max(moved, policy.low), policy.high)
    count = OCTAVES[octaves] if octaves < len(OCTAVES) else f"{octaves} octaves"
    how = f", {count} {'lower' if above else 'higher'}," if inside == moved else ""
    side = "above" if above else "below"
    warnings.append(f"note {note} is {side} the range: {inside}{how} is used")
    return inside
