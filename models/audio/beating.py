"""Recognise two detuned voices by their beating, and remove it from the harmonics.

Two equal voices that differ by D Hz at the fundamental make harmonic k beat as |cos(pi k D t)|.
Frames of a wavetable are too slow for the beats of high harmonics; two detuned oscillators are
not.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d

from models.audio.harmonics import HOP_S, Harmonics

Float64 = npt.NDArray[np.float64]

LOWEST_HZ, HIGHEST_HZ, STEP_HZ = 0.4, 6.0, 0.01  # difference of the voices at the fundamental
FASTEST_HZ = 60.0  # beats that the analysis can still follow
QUIETEST_DB = -45.0  # harmonics below this, relative to the strongest, are left out
FEWEST_HARMONICS = 4
MOST_HARMONICS = 16
LEAST_DEPTH = 0.4  # 0.67 for equal voices
START_S = 0.1  # attacks are left out
SMOOTH_BEATS = 0.15  # standard deviation of the smoothing, in beats of each harmonic
LEAST_POWER = 0.05  # of a beat, by which a harmonic is divided


@dataclass(frozen=True)
class Beating:
    """Two voices that are in phase at the onset.

    Attributes:
        difference_hz: of their fundamentals.
        depth: mean depth of the beats of all harmonics, 0.67 for equal voices.
    """

    difference_hz: float
    depth: float


def find_beating(harmonics: Harmonics) -> Beating | None:
    """Find the one difference at whose multiples all harmonics beat; None without a clear one."""
    magnitude = np.abs(harmonics.amplitudes[:, :MOST_HARMONICS])
    inside = harmonics.times_s >= START_S
    times_s, magnitude = harmonics.times_s[inside], magnitude[inside]
    mean = magnitude.mean(axis=0)
    numbers = np.flatnonzero(mean > mean.max() * 10 ** (QUIETEST_DB / 20)) + 1
    if len(numbers) < FEWEST_HARMONICS or len(times_s) * HOP_S * LOWEST_HZ < 1:
        return None
    moving = magnitude[:, numbers - 1] / mean[numbers - 1] - 1
    taper = np.hanning(len(times_s))
    moving = 2 * moving * (taper / taper.sum())[:, None]
    differences = np.arange(LOWEST_HZ, HIGHEST_HZ, STEP_HZ)
    depths = np.full((len(differences), len(numbers)), np.nan)
    for column, number in enumerate(numbers):
        rates = number * differences
        slow = rates <= FASTEST_HZ
        # In phase at the onset: only the cosine counts.
        cosines = np.cos(2 * np.pi * np.outer(rates[slow], times_s))
        depths[slow, column] = cosines @ moving[:, column]
    enough = np.isfinite(depths).sum(axis=1) >= FEWEST_HARMONICS
    score = np.where(enough, np.nanmean(depths, axis=1), -1.0)
    best = int(np.argmax(score))
    if score[best] < LEAST_DEPTH:
        return None
    return Beating(float(differences[best]), float(score[best]))


def remove_beating(harmonics: Harmonics, beating: Beating) -> Harmonics:
    """Return the harmonics as each of the two voices has them, times the square root of 2."""
    magnitude = np.abs(harmonics.amplitudes)
    power = np.empty_like(magnitude)
    for column in range(harmonics.count):
        rate_hz = (column + 1) * beating.difference_hz
        width = max(1.0, SMOOTH_BEATS / rate_hz / HOP_S)
        beat = np.cos(np.pi * rate_hz * harmonics.times_s) ** 2
        measured = gaussian_filter1d(magnitude[:, column] ** 2, width, mode="nearest")
        expected = gaussian_filter1d(beat, width, mode="nearest")
        power[:, column] = measured / np.maximum(expected, LEAST_POWER) / 2
    turn = harmonics.amplitudes / np.maximum(magnitude, 1e-20)
    return replace(harmonics, amplitudes=np.sqrt(power) * turn)
