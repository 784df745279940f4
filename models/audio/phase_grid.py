"""Resample a sound to a constant number of samples in each period.

On this grid, a pitch with glide or vibrato is constant. A Fourier transform over whole periods then
separates the harmonics without leakage.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import soxr
from scipy.ndimage import map_coordinates, spline_filter1d

Float64 = npt.NDArray[np.float64]
PADDING = 64  # Samples of silence after the sound, for the resampler's tail.


@dataclass(frozen=True)
class PhaseGrid:
    """Hold a sound on a grid of constant phase.

    Attributes:
        samples: The sound, `period` samples in each cycle, shape (m,).
        positions: Position of each of them in the original, in samples, shape (m,).
        cycles: Phase at every sample of the original, in cycles from 0, shape (n,).
        period: Samples in one cycle, a power of two.
    """

    samples: Float64
    positions: Float64
    cycles: Float64
    period: int


def cycles_of(f0_hz: Float64, sample_rate: int) -> Float64:
    """Integrate f0 (n,) to phase in cycles (n,), starting at 0."""
    steps = 0.5 * (f0_hz[1:] + f0_hz[:-1]) / sample_rate
    return np.concatenate([[0.0], np.cumsum(steps)])


def to_phase_grid(samples: Float64, f0_hz: Float64, sample_rate: int) -> PhaseGrid:
    """Resample a sound so that each cycle has the same number of samples.

    Args:
        samples: Mono audio, shape (n,).
        f0_hz: Positive f0 at every sample, shape (n,).
        sample_rate: Sample rate in Hz.

    Returns:
        The resampled sound. Its period is the power of two at or above the median period.
    """
    cycles = cycles_of(f0_hz, sample_rate)
    period = int(2 ** np.ceil(np.log2(sample_rate / np.median(f0_hz))))
    padded = np.concatenate([samples, np.zeros(PADDING)])
    doubled = soxr.resample(padded, sample_rate, 2 * sample_rate, quality="VHQ")
    doubled = doubled[: 2 * len(samples)]
    grid = np.arange(int(cycles[-1] * period) + 1) / period
    positions = np.interp(grid, cycles, np.arange(len(samples)))
    # A cubic spline with even knots, whose filter is several times faster than a general one.
    spline = spline_filter1d(doubled, order=3, mode="mirror")
    there = map_coordinates(spline, [2 * positions], order=3, mode="mirror", prefilter=False)
    return PhaseGrid(np.asarray(there, np.float64), positions, cycles, period)
