"""Compute mel images with the frequencies and times of their cells, to correct each cell."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from models.audio.distance import mel_power
from models.audio.features import mel_filterbank

Float64 = npt.NDArray[np.float64]

FLOOR_DB = -80.0  # quieter cells, relative to the loudest, are silent


@dataclass(frozen=True)
class Scale:
    """Hold the resolution of a mel image.

    Attributes:
        window_ms: Window, milliseconds.
        hop_ms: Hop, milliseconds.
        bands: Number of bands from 0 Hz to half the sample rate.
    """

    window_ms: int
    hop_ms: int
    bands: int

    def power(self, samples: npt.NDArray[np.floating], sample_rate: int) -> Float64:
        """Return the mel power (bands, frames) of samples (n,)."""
        scale = (self.window_ms, self.hop_ms, self.bands)
        return mel_power(np.asarray(samples, np.float32), sample_rate, scale).astype(np.float64)

    def times_s(self, sample_rate: int, frames: int) -> Float64:
        """Return the centre of each frame, seconds."""
        return np.arange(frames) * (sample_rate * self.hop_ms // 1000) / sample_rate

    def centres_hz(self, sample_rate: int) -> Float64:
        """Return the mean frequency of each band, Hz, in ascending order."""
        return _centres(sample_rate, sample_rate * self.window_ms // 1000, self.bands)


@lru_cache(maxsize=16)
def _centres(sample_rate: int, window: int, bands: int) -> Float64:
    bank = mel_filterbank(sample_rate, window, bands, 0.0, sample_rate / 2)
    hz = np.fft.rfftfreq(window, 1 / sample_rate)
    weights = np.asarray(bank.sum(axis=1), np.float64).ravel()
    centres = np.asarray(bank @ hz, np.float64) / np.maximum(weights, 1e-9)
    return np.asarray(np.maximum.accumulate(centres), np.float64)


def power_ratio(target: Float64, actual: Float64, limit: float) -> Float64:
    """Return the ratio of two power images in each cell.

    Args:
        target: Power of the target.
        actual: Power of the render, same shape. Cells under ``FLOOR_DB`` count as the floor.
        limit: Range of the ratio, 1/limit..limit.

    Returns:
        Target divided by actual, same shape.
    """
    floor = actual.max() * 10 ** (FLOOR_DB / 10) + 1e-30
    ratio = np.maximum(target, floor) / np.maximum(actual, floor)
    return np.asarray(np.clip(ratio, 1 / limit, limit))
