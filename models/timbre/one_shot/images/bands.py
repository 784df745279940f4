"""Make the matrices between the bins of a spectrum and the bands of an image."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt
import scipy.sparse

from models.audio.features import mel_filterbank

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]

LOWEST_HZ, HIGHEST_HZ = 30.0, 20000.0
FINE = 1 << 16  # Window that finds the centre of a narrow band.


@lru_cache(maxsize=16)
def band_means(sample_rate: int, window: int, bands: int) -> scipy.sparse.csr_array:
    """Return the matrix from power to the mean power of each band; no band is empty.

    Args:
        sample_rate: Hz.
        window: Samples in the window of the spectrum.
        bands: Number of mel bands.

    Returns:
        Matrix, (bands, window // 2 + 1).
    """
    top = min(HIGHEST_HZ, sample_rate / 2)
    bank = mel_filterbank(sample_rate, window, bands, LOWEST_HZ, top).toarray()
    hertz = np.arange(bank.shape[1]) * sample_rate / window
    for row in np.flatnonzero(bank.sum(axis=1) <= 0):
        bank[row, np.abs(hertz - band_hz(sample_rate, bands)[row]).argmin()] = 1.0
    return scipy.sparse.csr_array((bank / bank.sum(axis=1, keepdims=True)).astype(np.float32))


@lru_cache(maxsize=16)
def band_hz(sample_rate: int, bands: int) -> Float64:
    """Return the centre of each band in Hz, (bands,)."""
    top = min(HIGHEST_HZ, sample_rate / 2)
    bank = mel_filterbank(sample_rate, FINE, bands, LOWEST_HZ, top)
    hertz = np.arange(bank.shape[1]) * sample_rate / FINE
    return np.asarray(hertz[np.asarray(bank.argmax(axis=1)).ravel()], np.float64)


@lru_cache(maxsize=16)
def bins_of_bands(sample_rate: int, window: int, bands: int) -> Float32:
    """Return the matrix from bands to bins, linear between the centres of the bands.

    Args:
        sample_rate: Hz.
        window: Samples in the window of the spectrum.
        bands: Number of mel bands.

    Returns:
        Matrix, (window // 2 + 1, bands).
    """
    hertz = np.arange(window // 2 + 1) * sample_rate / window
    place = np.interp(hertz, band_hz(sample_rate, bands), np.arange(bands))
    low = np.minimum(place.astype(int), bands - 2)
    matrix = np.zeros((len(hertz), bands), np.float32)
    rows = np.arange(len(hertz))
    matrix[rows, low], matrix[rows, low + 1] = 1 - (place - low), place - low
    return matrix
