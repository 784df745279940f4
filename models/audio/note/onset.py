"""Find the onset of a sound, without the clicks before it, and remove a constant offset.

The onset is where a level meter of 10 ms reaches -30 dB. The meter measures the last 10 ms, once a
millisecond. 0 dB is the loudest level of the sound. The onset is 5 ms before the meter reaches
-30 dB, to keep a soft attack.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from datasets.spec import FloatArray

FRAME_MS, ONSET_DB, BACK_MS = 10, -30.0, 5
CLICK_MS = FRAME_MS + 10  # Longest time that a click moves the meter.
GAP_MS, LASTING_MS = 50, 50  # A click ends this long before a sound that lasts this long.
OFFSET = 1e-4  # -80 dB: a smaller offset, relative to the peak, changes no feature.
STEADY = 0.3  # Most change of an offset between the halves of a sound, relative to the offset.
Levels = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Onset:
    """Hold the onset of a sound, and the first click that was ignored, in ms."""

    onset_ms: int
    click_ms: int | None = None


def find_onset(level: Levels) -> Onset:
    """Return the onset of a sound that is not silent.

    Args:
        level: RMS of the last 10 ms at every millisecond, as `levels` gives it.

    Returns:
        The onset. A click before the sound does not count, however loud it is.
    """
    start = _end_of_clicks(level)
    first = start + _first_loud(level[start:])
    return Onset(max(0, first + 1 - BACK_MS), _first_loud(level) if start else None)


def _first_loud(level: Levels) -> int:
    """Return the first millisecond at which a level is within 30 dB of the loudest one."""
    return int(np.argmax(_is_loud(level)))


def _is_loud(level: Levels) -> npt.NDArray[np.bool_]:
    return np.asarray(level >= level.max() * 10 ** (ONSET_DB / 20))


def _end_of_clicks(level: Levels) -> int:
    """Return the millisecond after the clicks before a sound, 0 if there is none.

    A click is loud for at most 10 ms, then quiet for 50 ms. After it comes a sound that is loud,
    on the same scale, for 50 ms or more. Without such a sound, as in a woodblock, it is no click.
    """
    start = 0
    while True:
        loud = _is_loud(level[start:])
        first = int(np.argmax(loud))
        last = first + int(np.argmin(loud[first:]))  # the first quiet one after it
        after = loud[last : last + GAP_MS]
        is_click = 0 < last - first <= CLICK_MS and len(after) == GAP_MS and not after.any()
        if not is_click or _longest_run(loud[last:]) < LASTING_MS:
            return start
        start += last


def _longest_run(loud: npt.NDArray[np.bool_]) -> int:
    """Return the length of the longest run of true values."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], loud, [False]]).astype(np.int8)))
    return int((edges[1::2] - edges[::2]).max(initial=0))


def levels(samples: FloatArray, rate: int) -> Levels:
    """Return the RMS of the last 10 ms at every millisecond, without DC."""
    edges = np.arange(1000 * len(samples) // rate + 1) * rate // 1000
    samples = samples[: edges[-1]]
    counts = edges[1:] - edges[np.maximum(np.arange(1, len(edges)) - FRAME_MS, 0)]
    mean = _sums(samples, edges) / counts
    variance = _sums(np.square(samples), edges) / counts - np.square(mean)
    return np.asarray(np.sqrt(np.maximum(variance, 0)), np.float64)


def _sums(values: FloatArray, edges: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return the sum over the last 10 ms at every edge but the first; edges are spaced by 1 ms."""
    each = np.add.reduceat(values, edges[:-1], dtype=np.float64)
    total = np.concatenate([np.zeros(FRAME_MS), np.cumsum(each)])
    return np.asarray(total[FRAME_MS:] - total[:-FRAME_MS], np.float64)


def without_offset(samples: FloatArray) -> FloatArray:
    """Return samples (n,) without a constant offset; a sound without one stays as it is.

    The mean is weighted by a Hann window, because a low tone with a broken period has a plain mean.
    """
    halves = [float(np.average(half, weights=np.hanning(len(half)))) for half in _halves(samples)]
    offset = sum(halves) / 2
    peak = float(np.abs(samples).max())
    if abs(offset) < OFFSET * peak or abs(halves[1] - halves[0]) > STEADY * abs(offset):
        return samples
    return samples - np.float32(offset)


def _halves(samples: FloatArray) -> tuple[FloatArray, FloatArray]:
    middle = len(samples) // 2
    return samples[:middle], samples[middle:]
