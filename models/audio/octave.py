"""Detect that a fundamental frequency is an octave too high or too low."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import scipy.fft

Float64 = npt.NDArray[np.float64]

MEASURED_S = 1.0  # Seconds after the loudest moment.
PERIODS = 40  # Periods in one window, enough to separate quarter-harmonics.
HALF_SHARE = 0.05  # Power at half-harmonics, relative to harmonics, that lowers the octave.
ODD_SHARE = 1e-4  # Power at odd harmonics, relative to even ones, that raises the octave.
NOISE_MARGIN = 6.0  # Half-harmonics must exceed the quarter-harmonics by this power ratio.
HIGHEST_HARMONIC = 12


def octave_factor(samples: Float64, sample_rate: int, f0_hz: float) -> float:
    """Return 0.5, 1 or 2: the factor that makes f0 the true fundamental.

    Energy halfway between the harmonics means that f0 is an octave too high. Odd harmonics without
    energy mean that it is an octave too low.

    Args:
        samples: Mono audio, shape (n,).
        sample_rate: Sample rate in Hz.
        f0_hz: The f0 to check, in Hz.

    Returns:
        The factor.

    >>> time = np.arange(44100) / 44100
    >>> tone = np.sin(2 * np.pi * 220 * time) + np.sin(2 * np.pi * 440 * time)
    >>> octave_factor(tone, 44100, 440.0), octave_factor(tone, 44100, 220.0)
    (0.5, 1.0)
    """
    quarters = _quarter_harmonic_power(samples, sample_rate, f0_hz)
    harmonic, half = quarters[3::4].sum(), quarters[1::4].sum()
    noise = quarters[0::2].sum() / 2  # There are two quarter-harmonics for each half-harmonic.
    if half > HALF_SHARE * harmonic and half > NOISE_MARGIN * noise:
        return 0.5
    odd, even = quarters[3::8].sum(), quarters[7::8].sum()
    if odd < ODD_SHARE * even:
        return 2.0
    return 1.0


def _quarter_harmonic_power(samples: Float64, sample_rate: int, f0_hz: float) -> Float64:
    """Measure the power near f0/4, 2 f0/4, 3 f0/4, ..., shape (4 * harmonics,)."""
    window = min(round(PERIODS * sample_rate / f0_hz), len(samples))
    loudest = int(np.argmax(np.abs(samples)))
    start = min(loudest, max(0, len(samples) - window))
    part = samples[start : start + max(window, round(MEASURED_S * sample_rate))]
    hop = max(1, window // 2)
    frames = np.lib.stride_tricks.sliding_window_view(part, window)[::hop]
    taper = np.blackman(window)
    size = scipy.fft.next_fast_len(4 * window, real=True)
    power = (np.abs(scipy.fft.rfft(frames * taper, size, axis=1)) ** 2).mean(axis=0)
    harmonics = min(HIGHEST_HARMONIC, int(0.45 * sample_rate / f0_hz))
    centres = np.arange(1, 4 * harmonics + 1) * f0_hz / 4 * size / sample_rate
    reach = max(1, round(0.04 * f0_hz * size / sample_rate))
    bins = np.round(centres).astype(int)[:, None] + np.arange(-reach, reach + 1)
    return np.asarray(power[np.clip(bins, 0, len(power) - 1)].max(axis=1), np.float64)
