"""Measure the power of noise in ERB bands over time, and make new noise of the same powers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.fft

Float = npt.NDArray[np.floating]
Float64 = npt.NDArray[np.float64]

LOWEST_HZ, HIGHEST_HZ = 60.0, 21000.0
BANDS = 96
WINDOW = 2048  # Samples.
HOP = 512  # Samples.
SEED = 7


def erb_edges(bands: int, lowest_hz: float = LOWEST_HZ, highest_hz: float = HIGHEST_HZ) -> Float64:
    """Return band edges in Hz, equally spaced in ERB numbers (Glasberg and Moore), (bands + 1,).

    Args:
        bands: Number of bands.
        lowest_hz: First edge in Hz.
        highest_hz: Last edge in Hz.

    Returns:
        Increasing edges, shape (bands + 1,).
    """
    lowest, highest = 21.4 * np.log10(1 + 0.00437 * np.array([lowest_hz, highest_hz]))
    return np.asarray((10 ** (np.linspace(lowest, highest, bands + 1) / 21.4) - 1) / 0.00437)


@dataclass(frozen=True)
class NoiseBands:
    """Hold the power of noise in ERB bands over time.

    Attributes:
        decibels: Mean power of the bins of each band in dB, shape (frames, bands).
        centres_hz: Centre of each band in Hz, shape (bands,).
        length: Samples of the sound.
        sample_rate: Sample rate in Hz.
    """

    decibels: Float64
    centres_hz: Float64
    length: int
    sample_rate: int


def _hann() -> Float64:
    return np.asarray(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW))


def _spectra(samples: Float) -> npt.NDArray[np.complexfloating]:
    """Return the spectra of windowed frames, in the precision of the samples."""
    padded = np.pad(samples, (WINDOW, WINDOW + HOP))
    taper = _hann().astype(samples.dtype)
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP] * taper
    return np.asarray(scipy.fft.rfft(frames, axis=1))


def _from_spectra(spectra: npt.NDArray[np.complexfloating], length: int) -> Float64:
    """Overlap-add the spectra of `_spectra`, shape (length,)."""
    waves = scipy.fft.irfft(spectra, WINDOW, axis=1)
    taper = _hann().astype(waves.dtype)
    total = _overlap_add(waves * taper)
    weight = _overlap_add(np.broadcast_to(taper**2, waves.shape))
    inside = slice(WINDOW, WINDOW + length)
    return np.asarray(total[inside] / np.maximum(weight[inside], 1e-3), np.float64)


def _overlap_add(frames: Float) -> Float:
    """Add frames (count, WINDOW) that start every HOP samples."""
    parts = WINDOW // HOP
    total = np.zeros((len(frames) + parts, HOP), frames.dtype)
    for part in range(parts):
        total[part : part + len(frames)] += frames[:, part * HOP : (part + 1) * HOP]
    return total.ravel()


def measure_bands(samples: Float64, sample_rate: int, bands: int = BANDS) -> NoiseBands:
    """Measure the power of each ERB band every 512 samples.

    Args:
        samples: Mono noise, shape (n,).
        sample_rate: Sample rate in Hz.
        bands: Number of bands between 60 Hz and 21 kHz (or almost half the sample rate).

    Returns:
        The powers.
    """
    power = np.abs(_spectra(samples)) ** 2
    hz = scipy.fft.rfftfreq(WINDOW, 1 / sample_rate)
    edges = erb_edges(bands, highest_hz=min(HIGHEST_HZ, 0.48 * sample_rate))
    edges[0] = 0.0
    centres = np.sqrt(np.maximum(edges[:-1], 20.0) * edges[1:])
    first = np.searchsorted(hz, edges[:-1])
    last = np.searchsorted(hz, edges[1:])
    nearest = np.abs(hz[:, None] - 0.5 * (edges[:-1] + edges[1:])).argmin(axis=0)
    first, last = np.where(last > first, first, nearest), np.where(last > first, last, nearest + 1)
    sums = np.cumsum(np.pad(power, ((0, 0), (1, 0))), axis=1)
    mean = (sums[:, last] - sums[:, first]) / (last - first)
    return NoiseBands(10 * np.log10(mean + 1e-16), centres, len(samples), sample_rate)


def density_gain_db(sample_rate: int) -> float:
    """Return what to add to a one-sided power density in dB per Hz to get ``decibels``."""
    return float(10 * np.log10(0.5 * sample_rate * (_hann() ** 2).sum()))


def shaped_noise(bands: NoiseBands, seed: int = SEED) -> Float64:
    """Make noise of the measured band powers from white noise, (length,)."""
    random = np.random.Generator(np.random.Philox(seed))
    white = random.standard_normal(bands.length)
    spectra = _spectra(white) / np.sqrt((_hann() ** 2).sum())
    hz = scipy.fft.rfftfreq(WINDOW, 1 / bands.sample_rate)
    decibels = _interpolated(bands.decibels.T, bands.centres_hz, hz).T
    return _from_spectra(spectra * np.exp(np.log(10) / 20 * decibels), bands.length)


def filter_over_time(
    samples: Float64, sample_rate: int, gain: npt.NDArray[np.float64], hz: Float64, times_s: Float64
) -> Float64:
    """Multiply a sound by a gain that varies over frequency and time.

    Args:
        samples: Mono audio, shape (n,).
        sample_rate: Sample rate in Hz.
        gain: Linear amplitude factors on the grid of `hz` and `times_s`, (len(hz), len(times_s)).
        hz: Increasing frequencies of the rows of `gain`.
        times_s: Increasing, evenly spaced times of the columns.

    Returns:
        The filtered sound, shape (n,).
    """
    # Single precision is enough for noise, and twice as fast.
    spectra = _spectra(samples.astype(np.float32))
    centres_s = (np.arange(len(spectra)) * HOP + WINDOW / 2 - WINDOW) / sample_rate
    over_time = _interpolated(np.log(gain.astype(np.float32)).T, times_s, centres_s)
    over_both = _interpolated(over_time.T, hz, scipy.fft.rfftfreq(WINDOW, 1 / sample_rate)).T
    return _from_spectra(spectra * np.exp(over_both), len(samples))


def _interpolated(rows: Float, at: Float64, wanted: Float64) -> Float:
    """Interpolate between rows at ascending places; shape (len(wanted), columns)."""
    place = np.interp(wanted, at, np.arange(len(at)))
    low = np.minimum(place.astype(int), max(len(at) - 2, 0))
    high = np.minimum(low + 1, len(at) - 1)
    share = (place - low)[:, None].astype(rows.dtype)
    return np.asarray(rows[low] * (1 - share) + rows[high] * share)
