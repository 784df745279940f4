"""Recognise two detuned voices by their beating, and remove it from the harmonics.

Two equal voices differ by D Hz at the fundamental. Their harmonic k beats as |cos(pi k D t)|. The
frames of a wavetable are too slow for the beats of high harmonics. Two detuned oscillators can
reproduce them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d

from models.audio.harmonics import HOP_S, Harmonics

Float64 = npt.NDArray[np.float64]

LOWEST_HZ, HIGHEST_HZ, STEP_HZ = 0.4, 6.0, 0.01  # Difference of the voices at the fundamental.
FASTEST_HZ = 60.0  # Fastest beats that the analysis can follow.
QUIETEST_DB = -45.0  # Harmonics below this, relative to the strongest, do not count.
FEWEST_HARMONICS = 4
MOST_HARMONICS = 16
LEAST_DEPTH = 0.4  # Equal voices have 0.67.
START_S = 0.1  # Skips the attack.
SMOOTH_BEATS = 0.15  # Standard deviation of the smoothing, in beats of each harmonic.
LEAST_POWER = 0.05  # Lower limit of the expected power, because it is a divisor.


@dataclass(frozen=True)
class Beating:
    """Describe two voices that are in phase at the onset.

    Attributes:
        difference_hz: Difference of the two fundamentals, Hz.
        depth: Mean depth of the beats of all harmonics, 0.67 for equal voices.
    """

    difference_hz: float
    depth: float


def find_beating(harmonics: Harmonics) -> Beating | None:
    """Find the difference of two voices from the beats of all harmonics.

    All harmonics must beat at multiples of one difference.

    Returns:
        The difference and the mean depth, or None if there is no clear beating.
    """
    magnitude = np.abs(harmonics.amplitudes[:, :MOST_HARMONICS])
    inside = harmonics.times_s >= START_S
    times_s, magnitude = harmonics.times_s[inside], magnitude[inside]
    if len(times_s) * HOP_S * LOWEST_HZ < 1:  # shorter than one beat
        return None
    mean = magnitude.mean(axis=0)
    numbers = np.flatnonzero(mean > mean.max() * 10 ** (QUIETEST_DB / 20)) + 1
    if len(numbers) < FEWEST_HARMONICS:
        return None
    moving = magnitude[:, numbers - 1] / mean[numbers - 1] - 1
    taper = np.hanning(len(times_s))
    moving = 2 * moving * (taper / taper.sum())[:, None]
    differences = np.arange(LOWEST_HZ, HIGHEST_HZ, STEP_HZ)
    depths = np.full((len(differences), len(numbers)), np.nan)
    # The voices are in phase at the onset, so only the cosine counts.
    cosines = _multiples(np.cos(2 * np.pi * np.outer(differences, times_s)))
    columns = {number: column for column, number in enumerate(numbers.tolist())}
    for number, cosine in zip(range(1, max(columns) + 1), cosines, strict=False):
        if number in columns:
            slow = number * differences <= FASTEST_HZ
            depths[slow, columns[number]] = cosine[slow] @ moving[:, columns[number]]
    enough = np.isfinite(depths).sum(axis=1) >= FEWEST_HARMONICS
    score = np.where(enough, np.nanmean(depths, axis=1), -1.0)
    best = int(np.argmax(score))
    if score[best] < LEAST_DEPTH:
        return None
    return Beating(float(differences[best]), float(score[best]))


def _multiples(cosine: Float64) -> Iterator[Float64]:
    """Yield cos x, cos 2x, cos 3x and so on, from cos x (Chebyshev's recurrence)."""
    before, here = np.ones_like(cosine), cosine
    while True:
        yield here
        before, here = here, 2 * cosine * here - before


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
