"""Check the noise bands: powers of a known noise, and new noise of the same powers."""

from __future__ import annotations

import numpy as np
from scipy.signal import butter, sosfilt

from models.audio.noise_bands import erb_edges, filter_over_time, measure_bands, shaped_noise
from tests.models.audio.tones import RATE


def test_edges_are_spaced_by_hearing() -> None:
    edges = erb_edges(32)
    widths = np.diff(edges)
    assert np.isclose(edges[0], 60) and np.isclose(edges[-1], 21000)
    assert (np.diff(widths) > 0).all()


def test_white_noise_has_equal_power_in_all_bands() -> None:
    white = np.random.default_rng(0).standard_normal(4 * RATE)
    decibels = measure_bands(white, RATE).decibels[8:-8]
    mean = 10 * np.log10((10 ** (decibels / 10)).mean(axis=0))
    assert np.ptp(mean[20:]) < 1.5


def test_shaped_noise_has_the_band_powers_it_is_made_of() -> None:
    white = np.random.default_rng(1).standard_normal(2 * RATE)
    low = sosfilt(butter(4, 2000, fs=RATE, output="sos"), white)
    low[RATE:] *= 0.1  # 20 dB down after a second
    made = shaped_noise(measure_bands(low, RATE))
    for part in (slice(RATE // 10, RATE - RATE // 10), slice(RATE + RATE // 10, None)):
        ratio = (made[part] ** 2).sum() / (low[part] ** 2).sum()
        assert abs(10 * np.log10(ratio)) < 1.0
    assert abs(np.corrcoef(made, low)[0, 1]) < 0.1  # new noise, not the recording


def test_noise_is_the_same_for_the_same_seed() -> None:
    bands = measure_bands(np.random.default_rng(2).standard_normal(RATE), RATE)
    assert np.array_equal(shaped_noise(bands, 5), shaped_noise(bands, 5))
    assert not np.array_equal(shaped_noise(bands, 5), shaped_noise(bands, 6))


def test_a_filter_changes_the_band_it_names_and_no_other() -> None:
    white = np.random.default_rng(3).standard_normal(RATE)
    hz, times_s = np.array([0.0, 4900, 5100, 22050]), np.array([0.0, 1.0])
    gain = np.array([[1.0, 1.0], [1.0, 1.0], [0.1, 0.1], [0.1, 0.1]])
    filtered = filter_over_time(white, RATE, gain, hz, times_s)
    spectra = [np.abs(np.fft.rfft(x)) ** 2 for x in (filtered, white)]
    bins = np.fft.rfftfreq(RATE, 1 / RATE)
    for low, high, expected in ((100, 4500, 0.0), (5500, 20000, -20.0)):
        band = (bins > low) & (bins < high)
        change = 10 * np.log10(spectra[0][band].sum() / spectra[1][band].sum())
        assert abs(change - expected) < 0.5
