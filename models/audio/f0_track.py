"""Track the fundamental frequency of a note over time.

Candidates are the dips of a YIN difference function (de Cheveigné and Kawahara 2002). In one frame,
the deepest dip is often an octave off. A Viterbi search therefore connects the candidates.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.fft
from scipy.ndimage import median_filter

from models.audio.octave import octave_factor

Float64 = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

HOP_S = 0.005  # Time between two frames.
RANGE_SEMITONES = 9.0  # The search covers this range on each side of the median.
CANDIDATES = 6  # Dips kept for each frame.
VOICED_APERIODICITY = 0.35  # A frame with a deeper dip is voiced.
GATE_DB = -50.0  # Frames quieter than this, relative to the loudest, are unvoiced.
OCTAVE_COST = 0.02  # For each octave of distance from the median.
JUMP_COST = 1.5  # For each octave between neighbouring frames.


@dataclass(frozen=True)
class F0Track:
    """Describe the fundamental frequency of a sound, frame by frame.

    Attributes:
        times_s: Centre of each frame in seconds, shape (frames,).
        hz: f0 of each frame, interpolated through unvoiced frames, shape (frames,).
        voiced: True where a frame has a clear period, shape (frames,).
    """

    times_s: Float64
    hz: Float64
    voiced: BoolArray

    @property
    def voiced_share(self) -> float:
        """Return the share of voiced frames, 0 to 1."""
        return float(self.voiced.mean())

    def per_sample(self, samples: int, sample_rate: int) -> Float64:
        """Return f0 in Hz at every sample, shape (samples,)."""
        return np.interp(np.arange(samples) / sample_rate, self.times_s, self.hz)


def track_f0(samples: Float64, sample_rate: int, median_hz: float) -> F0Track:
    """Track f0 near a known median, and correct the median when its octave is wrong.

    Args:
        samples: Mono audio, shape (n,).
        sample_rate: Sample rate in Hz.
        median_hz: f0 of the whole sound, as `models.audio.pitch.estimate_f0` gives it.

    Returns:
        One frame every 5 ms.

    Raises:
        ValueError: `median_hz` is not a positive frequency below a quarter of the sample rate.

    >>> tone = np.sin(2 * np.pi * 220 * np.arange(22050) / 44100)
    >>> round(float(np.median(track_f0(tone, 44100, 220.0).hz)))
    220
    """
    if not 0 < median_hz < sample_rate / 4:
        raise ValueError(
            f"median_hz is {median_hz}: give a frequency above 0 and below {sample_rate / 4:g} Hz"
        )
    factor = octave_factor(samples, sample_rate, median_hz)
    return _track_near(samples, sample_rate, median_hz * factor)


def _track_near(samples: Float64, sample_rate: int, median_hz: float) -> F0Track:
    """Track f0 within `RANGE_SEMITONES` of a correct median."""
    ratio = 2 ** (RANGE_SEMITONES / 12)
    longest = int(sample_rate * ratio / median_hz) + 2
    shortest = max(2, int(sample_rate / (ratio * median_hz)) - 1)
    hop = round(HOP_S * sample_rate)
    aperiodicity, power = _aperiodicity(samples, longest, hop)
    loud = power > power.max() * 10 ** (GATE_DB / 10)
    median_lag = sample_rate / median_hz
    lags, depths = _dips(aperiodicity, loud, shortest, median_lag)
    path = _best_path(lags, depths, median_lag)
    frames = np.arange(len(lags))
    lag, depth = lags[frames, path], depths[frames, path]
    voiced = np.asarray((depth < VOICED_APERIODICITY) & loud)
    hz = np.full(len(lags), median_hz)
    if voiced.any():
        hz = np.interp(frames, frames[voiced], sample_rate / lag[voiced])
    smooth = median_filter(hz, 5, mode="nearest")
    return F0Track(frames * hop / sample_rate, np.asarray(smooth, np.float64), voiced)


def _aperiodicity(samples: Float64, longest: int, hop: int) -> tuple[Float64, Float64]:
    """Compute difference / energy for every lag, (frames, longest + 1), and frame power."""
    window = 2 * longest
    count = len(samples) // hop + 1
    padded = np.pad(samples, window)
    frames = np.lib.stride_tricks.sliding_window_view(padded, window)
    frames = frames[window - window // 2 :: hop][:count]
    size = scipy.fft.next_fast_len(window + longest, real=True)
    head = scipy.fft.rfft(frames[:, :longest], size, axis=1)
    whole = scipy.fft.rfft(frames, size, axis=1)
    correlation = scipy.fft.irfft(whole * head.conj(), size, axis=1)[:, : longest + 1]
    sums = np.cumsum(np.pad(frames**2, ((0, 0), (1, 0))), axis=1)
    energy = sums[:, longest : 2 * longest + 1] - sums[:, : longest + 1]
    both = energy[:, :1] + energy
    difference = np.maximum(0.0, both - 2 * correlation)
    return difference / np.maximum(both, 1e-12), energy[:, 0] / longest


def _dips(
    aperiodicity: Float64, loud: BoolArray, shortest: int, median_lag: float
) -> tuple[Float64, Float64]:
    """Find the deepest dips of each frame: lags and depths, both (frames, CANDIDATES)."""
    lags = np.full((len(aperiodicity), CANDIDATES), median_lag)
    depths = np.full((len(aperiodicity), CANDIDATES), 0.5)
    inner = aperiodicity[:, shortest:-1]
    before, after = aperiodicity[:, shortest - 1 : -2], aperiodicity[:, shortest + 1 :]
    is_dip = (inner <= before) & (inner < after)
    frame, at = np.nonzero(is_dip & loud[:, None])
    deepest = np.lexsort((inner[frame, at], frame))
    frame, at = frame[deepest], at[deepest]
    rank = np.arange(len(frame)) - np.searchsorted(frame, frame)
    frame, at, rank = frame[rank < CANDIDATES], at[rank < CANDIDATES], rank[rank < CANDIDATES]
    left, middle, right = before[frame, at], inner[frame, at], after[frame, at]
    bend = np.maximum(left - 2 * middle + right, 1e-12)
    lags[frame, rank] = shortest + at + (left - right) / 2 / bend
    depths[frame, rank] = middle
    return lags, depths


def _best_path(lags: Float64, depths: Float64, median_lag: float) -> npt.NDArray[np.int64]:
    """Choose one candidate per frame: deep dips, near the median, without jumps (Viterbi)."""
    octaves = np.log2(lags / median_lag)
    local = depths + OCTAVE_COST * np.abs(octaves)
    cost = local[0]
    back = np.zeros(lags.shape, np.int64)
    for frame in range(1, len(lags)):
        jump = JUMP_COST * np.abs(octaves[frame][:, None] - octaves[frame - 1][None])
        total = cost[None] + jump
        back[frame] = total.argmin(axis=1)
        cost = total.min(axis=1) + local[frame]
    path = np.zeros(len(lags), np.int64)
    path[-1] = int(np.argmin(cost))
    for frame in range(len(lags) - 1, 0, -1):
        path[frame - 1] = back[frame, path[frame]]
    return path
