"""Take magnitude spectra of 4096 samples at 44.1 kHz: what the spectral model learns (section IV).

The length and the rate are those of Colonel and Keene (2020).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import soxr

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
Complex64 = npt.NDArray[np.complex64]

RATE, WINDOW, HOP = 44100, 4096, 1024
BINS = WINDOW // 2 + 1
HANN: Float64 = np.asarray(np.hanning(WINDOW + 1)[:-1], np.float64)  # Periodic.


def at_rate(samples: npt.NDArray[np.floating], sample_rate: int, rate: int = RATE) -> Float64:
    """Return audio as mono at another rate.

    Args:
        samples: Audio, mono (n,) or (channels, n).
        sample_rate: Its rate in Hz.
        rate: Rate of the result in Hz, 44.1 kHz by default.

    Returns:
        Mono audio, (m,).
    """
    mono = np.atleast_2d(np.asarray(samples, np.float64)).mean(axis=0)
    if sample_rate == rate:
        return np.asarray(mono)
    return np.asarray(soxr.resample(mono, sample_rate, rate, quality="HQ"), np.float64)


def spectra(samples: Float64, hop: int = HOP) -> Complex64:
    """Return the spectra of windows that lie inside a sound, (frames, BINS).

    Args:
        samples: Mono audio, (n,). A shorter sound than a window is padded with silence.
        hop: Samples between two windows.

    Returns:
        At least one spectrum.
    """
    if len(samples) < WINDOW:
        samples = np.pad(samples, (0, WINDOW - len(samples)))
    parts = np.lib.stride_tricks.sliding_window_view(samples, WINDOW)[::hop]
    return np.asarray(np.fft.rfft(parts * HANN, axis=1), np.complex64)


def magnitudes(samples: Float64, hop: int = HOP) -> Float32:
    """Return the magnitudes of ``spectra``, (frames, BINS)."""
    return np.abs(spectra(samples, hop))


def overlap_add(frames: npt.NDArray[np.complexfloating], hop: int = HOP) -> Float64:
    """Return the sound of spectra: windowed again, and added up.

    Args:
        frames: Spectra, (N, BINS).
        hop: Samples between two of them; a quarter of the window.

    Returns:
        Mono audio, ((N - 1) * hop + WINDOW,). Its first and last three hops fade.
    """
    parts = np.fft.irfft(frames, WINDOW, axis=1) * HANN
    out = np.zeros((len(frames) - 1) * hop + WINDOW)
    for number, part in enumerate(parts):
        out[number * hop : number * hop + WINDOW] += part
    return out / (1.5 * WINDOW / 4 / hop)  # The squared windows of a quarter hop add up to 1.5.
