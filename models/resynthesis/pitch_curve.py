"""Describe the pitch of a preset by a base, a drawn glide, and a periodic vibrato."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.audio.harmonics import Harmonics
from models.audio.vibrato import Vibrato, find_vibrato
from models.resynthesis.timeline import Timeline
from models.resynthesis.vital.curves import fit_points

Float64 = npt.NDArray[np.float64]

STEADY_CENTS = 4.0  # A pitch with a smaller RMS deviation is constant.
AUDIBLE_DB = -45.0  # The pitch of quieter frames is interpolated; relative to the loudest.
POINTS = 48
STEP_S = 0.005


@dataclass(frozen=True)
class PitchCurve:
    """Hold the pitch relative to the played note, in semitones.

    Attributes:
        base: Constant part.
        times_s: Times of the points of the glide; None without a glide.
        glide: Semitones above the base at these points, at least 0; None without a glide.
        vibrato: The periodic part, or None.
    """

    base: float
    times_s: Float64 | None
    glide: Float64 | None
    vibrato: Vibrato | None


def note_hz(note: float) -> float:
    """Return the frequency of a MIDI note, A4 (69) = 440 Hz."""
    return float(440.0 * 2 ** ((note - 69) / 12))


def make_pitch_curve(harmonics: Harmonics, note: int, timeline: Timeline) -> PitchCurve:
    """Describe the pitch of harmonic 1, relative to the note, by few numbers.

    Args:
        harmonics: Harmonics of the sound.
        note: MIDI note that plays the sound.
        timeline: Times of the preset.

    Returns:
        The base, the glide if the pitch moves, and the vibrato if there is one.
    """
    times_s = np.arange(0.0, timeline.duration_s, STEP_S)
    index = np.minimum((times_s * harmonics.sample_rate).astype(int), len(harmonics.f0_hz) - 1)
    semitones = 12 * np.log2(harmonics.f0_hz[index] / note_hz(note))
    level = np.interp(times_s, harmonics.times_s, harmonics.level)
    audible = level > 10 ** (AUDIBLE_DB / 20) * level.max()
    semitones = np.interp(times_s, times_s[audible], semitones[audible])
    weight = np.where(audible, level**2, 0.0)
    mean = float(np.average(semitones, weights=weight))
    if _deviation(semitones, mean, weight) < STEADY_CENTS:
        return PitchCurve(mean, None, None, None)
    glide, vibrato = find_vibrato(times_s, 100 * semitones, weight)
    glide = glide / 100
    mean = float(np.average(glide, weights=weight))
    if _deviation(glide, mean, weight) < STEADY_CENTS:
        return PitchCurve(mean, None, None, vibrato)
    fixed = _fixed(times_s, timeline)
    chosen = fit_points(times_s, glide, POINTS, fixed=fixed)
    base = float(glide[chosen].min())
    points_s = times_s[chosen]
    points_s[-1] = timeline.duration_s
    return PitchCurve(base, points_s, glide[chosen] - base, vibrato)


def _deviation(semitones: Float64, mean: float, weight: Float64) -> float:
    return float(100 * np.sqrt(np.average((semitones - mean) ** 2, weights=weight)))


def _fixed(times_s: Float64, timeline: Timeline) -> tuple[int, ...]:
    if timeline.loop_start_s is None:
        return ()
    return (int(np.argmin(np.abs(times_s - timeline.loop_start_s))),)
