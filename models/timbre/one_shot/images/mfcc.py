"""Compute MFCC, to group sounds without labels and to compare them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import scipy.fft
from scipy.spatial.distance import cdist

from models.audio.features import apply_filterbank, mel_filterbank, power_spectrum
from models.audio.metrics import dtw_distance

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]

RANGE_DB = 80.0  # Quieter cells, relative to the loudest, are at this floor.
START_S = 0.07  # The paper averages the first 70 ms of a drum (chapter 6).


def mfcc(
    samples: Float32,
    sample_rate: int,
    window_s: float = 0.025,
    hop_s: float = 0.005,
    count: int = 20,
    bands: int = 40,
) -> Float64:
    """Return MFCC without the coefficient 0, which holds the level.

    Args:
        samples: Mono audio, (n,).
        sample_rate: Hz.
        window_s: Length of the window in seconds.
        hop_s: Time between two frames in seconds.
        count: Number of coefficients, the coefficient 0 included.
        bands: Mel bands.

    Returns:
        Coefficients, (frames, count - 1), in dB.
    """
    window, hop = round(window_s * sample_rate), round(hop_s * sample_rate)
    bank = mel_filterbank(sample_rate, window, bands, 30.0, min(16000.0, sample_rate / 2))
    power = apply_filterbank(bank, power_spectrum(np.asarray(samples, np.float32), window, hop))
    peak = max(float(power.max()), 1e-12)
    decibels = 10 * np.log10(np.maximum(power / peak, 10 ** (-RANGE_DB / 10)))
    return np.asarray(scipy.fft.dct(decibels, axis=0, norm="ortho")[1:count].T, np.float64)


def start_mfcc(samples: Float32, sample_rate: int) -> Float64:
    """Return the mean MFCC of the first 70 ms, (19,), without the coefficient 0."""
    start = samples[: max(round(START_S * sample_rate), 1)]
    return np.asarray(mfcc(start, sample_rate, 0.01, 0.005).mean(axis=0))


def mfcc_distance(a: Float64, b: Float64) -> float:
    """Return the distance of two MFCC (frames, n) along their best alignment, in dB."""
    return dtw_distance(cdist(a, b) / np.sqrt(a.shape[1]))
