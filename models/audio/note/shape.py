"""Measure how a recorded note was played: seconds to its release, and to its end.

A sustained note falls after its release, and a damped note falls faster than before. The level in
dB then consists of two lines. The knee between them is the release. A note that decays on its own
has no knee. Its key counts as held until its end.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Float64 = npt.NDArray[np.float64]
Kind = Literal["sustained", "decaying", "tail"]

STEP_S = 0.002  # Between two levels.
WINDOW_S, SHORT_WINDOW_S = 0.03, 0.01  # Of a level; the second one for a sound below LONG_S.
LONG_S = 0.5
FLOOR_DB = -60.0  # Relative to the loudest level; the sound ends where it stays below.
SILENCE_S = 0.25  # Recorded silence after the sound that still counts, because it shows the end.
NEAR_PEAK_DB = 3.0  # The attack ends where the level comes this close to the peak.
LEAST_LINE_S = 0.02  # Shortest part that a line is fitted to.
LEAST_SHARE = 0.04  # The same as a share of the sound.
STEEPER, STEEPER_DB_S = 2.5, 12.0  # A release falls this much faster than the note before it.
LEAST_DROP_DB = 9.0  # A smaller fall is no release.
BETTER = 0.5  # Two lines must leave less than this part of the squares of one line.
STEEPEST_SUSTAIN_DB_S = -4.0
LONGEST_RELEASE_S = 0.6  # A longer fall after the release is a tail.


@dataclass(frozen=True)
class NoteShape:
    """Describe how a note was played.

    Attributes:
        hold_s: Seconds from the onset to the release of the key.
        length_s: Seconds from the onset to the end of the sound.
        kind: "sustained", "decaying", or "tail" for a note that rings on after its release.
    """

    hold_s: float
    length_s: float
    kind: Kind


def measure_shape(sound: npt.NDArray[np.floating], sample_rate: int) -> NoteShape:
    """Measure hold and length of one note.

    Args:
        sound: Mono audio from the onset, shape (n,), not silent.
        sample_rate: Hz.

    Returns:
        The shape. Up to 0.25 s of recorded silence after the note belong to its length.

    >>> seconds = np.arange(44100) / 44100
    >>> tone = np.sin(2 * np.pi * 220 * seconds) * np.exp(-30 * np.maximum(seconds - 0.5, 0))
    >>> shape = measure_shape(tone, 44100)
    >>> round(shape.hold_s, 1), shape.kind
    (0.5, 'sustained')
    """
    recorded_s = len(sound) / sample_rate
    level = _levels(np.asarray(sound, np.float64), sample_rate)
    end = int(np.flatnonzero(level > FLOOR_DB)[-1]) + 1
    end_s = min(recorded_s, end * STEP_S)
    # Whole hundredths: a whole number of samples at every usual rate.
    length_s = max(0.01, math.floor(100 * min(recorded_s, end_s + SILENCE_S) + 1e-6) / 100)
    end_s = min(end_s, length_s)
    start = int(np.argmax(level >= level.max() - NEAR_PEAK_DB))
    knee, slope = _release(level[start:end])
    if knee is None:
        sustained = slope > STEEPEST_SUSTAIN_DB_S
        return NoteShape(round(end_s, 3), length_s, "sustained" if sustained else "decaying")
    hold_s = round(min((start + knee) * STEP_S, length_s), 3)
    if end_s - hold_s > LONGEST_RELEASE_S:
        return NoteShape(hold_s, length_s, "tail")
    return NoteShape(hold_s, length_s, "sustained" if slope > STEEPEST_SUSTAIN_DB_S else "decaying")


def _levels(sound: Float64, sample_rate: int) -> Float64:
    """Return the RMS level every 2 ms in dB, relative to the loudest one, at least -60."""
    window_s = WINDOW_S if len(sound) > LONG_S * sample_rate else SHORT_WINDOW_S
    half = max(1, round(window_s * sample_rate / 2))
    total = np.concatenate([[0.0], np.cumsum(sound**2)])
    centres = np.round(np.arange(0, len(sound) / sample_rate, STEP_S) * sample_rate).astype(int)
    first, last = np.maximum(centres - half, 0), np.minimum(centres + half, len(sound))
    power = (total[last] - total[first]) / (last - first)
    power = np.maximum(power / max(power.max(), 1e-20), 10 ** (FLOOR_DB / 10))
    return np.asarray(10 * np.log10(power))


def _release(level: Float64) -> tuple[int | None, float]:
    """Return the step where the release begins, or None, and the slope before it in dB/s."""
    steps = len(level)
    least = max(round(LEAST_LINE_S / STEP_S), round(LEAST_SHARE * steps))
    whole_slope, whole_squares = (float(x[-1]) for x in _lines(level))
    if steps < 2 * least + 1:
        return None, whole_slope
    slope, squares = _lines(level)
    later_slope, later_squares = (x[::-1] for x in _lines(level[::-1]))
    knees = np.arange(least, steps - least)
    before, after = slope[knees - 1], -later_slope[knees]
    drop = level[knees] - level[-1]
    total = squares[knees - 1] + later_squares[knees]
    fits = (after < before - STEEPER_DB_S) & (after < STEEPER * before)
    fits &= (drop >= LEAST_DROP_DB) & (total < BETTER * whole_squares)
    if not fits.any():
        return None, whole_slope
    best = int(np.flatnonzero(fits)[np.argmin(total[fits])])
    return int(knees[best]), float(before[best])


def _lines(level: Float64) -> tuple[Float64, Float64]:
    """Fit a line to the first 1, 2, ... levels; return slopes in dB/s and sums of squares."""
    count = np.arange(1, len(level) + 1, dtype=np.float64)
    x = count - 1
    mean_x, mean_y = np.cumsum(x) / count, np.cumsum(level) / count
    xx = np.cumsum(x * x) - count * mean_x**2
    xy = np.cumsum(x * level) - count * mean_x * mean_y
    yy = np.cumsum(level * level) - count * mean_y**2
    slope = np.divide(xy, xx, out=np.zeros_like(xx), where=xx > 0)
    return slope / STEP_S, np.maximum(yy - slope * xy, 0.0)
