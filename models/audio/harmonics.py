"""Split a pitched sound into harmonics over time and a residual."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import scipy.fft
from scipy.ndimage import gaussian_filter1d

from models.audio.phase_grid import to_phase_grid

Float64 = npt.NDArray[np.float64]
Complex128 = npt.NDArray[np.complex128]

HOP_S = 0.005  # Time between two frames.
WINDOW_S = 0.022  # Shortest frame.
LEAST_PERIODS = 4  # Periods per frame. The Hann window then separates neighbouring harmonics.
MOST_HARMONICS = 1023  # A wavetable frame of 2048 samples can hold no more.
FEW_HARMONICS = 16
REFINE_HARMONICS = 8  # The phases of these harmonics correct the f0 track.
REFINE_WINDOW_S = 0.04
REFINE_SMOOTH_S = 0.02
REFINE_LIMIT = 0.03  # Largest correction in one pass, as a share of the median f0.


@dataclass(frozen=True)
class Harmonics:
    """Hold harmonics over time: x(t) = Re sum_k a_k(t) exp(2 pi i k cycles(t)).

    Attributes:
        times_s: Time of each frame in seconds, shape (frames,).
        amplitudes: Complex amplitude of harmonics 1, 2, ... in each frame, (frames, harmonics).
        cycles: Phase of harmonic 1 at every sample in cycles, shape (n,).
        f0_hz: Frequency of harmonic 1 at every sample in Hz, shape (n,).
        sample_rate: Sample rate in Hz.
        period: Samples in one cycle of the analysed grid.
    """

    times_s: Float64
    amplitudes: Complex128
    cycles: Float64
    f0_hz: Float64
    sample_rate: int
    period: int

    @property
    def count(self) -> int:
        """Return the number of harmonics."""
        return int(self.amplitudes.shape[1])

    @cached_property
    def level(self) -> Float64:
        """Return the root of the summed squared amplitudes of each frame, shape (frames,)."""
        return np.asarray(np.sqrt((np.abs(self.amplitudes) ** 2).sum(axis=1)) + 1e-9)


def analyse_harmonics(
    samples: Float64,
    f0_hz: Float64,
    sample_rate: int,
    window_s: float = WINDOW_S,
    periods: int = LEAST_PERIODS,
    most: int = MOST_HARMONICS,
) -> Harmonics:
    """Measure amplitude and phase of every harmonic, every 5 ms.

    Args:
        samples: Mono audio, shape (n,).
        f0_hz: Positive f0 at every sample, shape (n,).
        sample_rate: Sample rate in Hz.
        window_s: Shortest window in seconds.
        periods: Fewest periods in a window.
        most: Most harmonics to measure, at most 1023.

    Returns:
        The harmonics below half the sample rate.
    """
    median = float(np.median(f0_hz))
    grid = to_phase_grid(samples, f0_hz, sample_rate)
    cycles_in_window = int(max(periods, round(window_s * median)))
    window = cycles_in_window * grid.period
    hop = max(1, round(HOP_S * median * grid.period))
    count = len(grid.samples) // hop + 1
    padded = np.concatenate([np.zeros(window // 2), grid.samples, np.zeros(window)])
    frames = np.lib.stride_tricks.sliding_window_view(padded, window)[::hop][:count]
    harmonics = min(grid.period // 2 - 1, most, int(0.5 * sample_rate / median))
    spectrum = _harmonic_bins(frames, cycles_in_window, harmonics)
    start = np.arange(count) * hop - window // 2
    turn = np.outer(start / grid.period, np.arange(1, harmonics + 1))
    # Whole turns are removed first to keep the phase exact for high harmonics of long sounds.
    amplitudes = spectrum * np.exp(-2j * np.pi * (turn % 1.0))
    at = np.minimum(np.arange(count) * hop, len(grid.positions) - 1)
    times_s = grid.positions[at] / sample_rate
    return Harmonics(times_s, amplitudes, grid.cycles, f0_hz, sample_rate, grid.period)


def _harmonic_bins(frames: Float64, cycles: int, harmonics: int) -> Complex128:
    """Return the amplitude of each harmonic in frames (count, window) of whole cycles."""
    window = frames.shape[1]
    taper = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window)
    taper *= 2 / taper.sum()
    if harmonics > FEW_HARMONICS:
        spectrum = scipy.fft.rfft(frames * taper, axis=1)[:, ::cycles]
        return np.asarray(spectrum[:, 1 : harmonics + 1])
    # For few harmonics, a product with their waves is faster than a whole transform.
    turn = np.outer(np.arange(window) / window, cycles * np.arange(1, harmonics + 1)) % 1.0
    waves = np.exp(-2j * np.pi * turn) * taper[:, None]
    both = np.ascontiguousarray(frames) @ np.hstack([waves.real, waves.imag])
    return np.asarray(both[:, :harmonics] + 1j * both[:, harmonics:])


def refine_f0(samples: Float64, f0_hz: Float64, sample_rate: int, passes: int = 2) -> Float64:
    """Correct an f0 track by the phase increments of its low harmonics.

    Args:
        samples: Mono audio, shape (n,).
        f0_hz: f0 at every sample, within 3 % of the true value, shape (n,).
        sample_rate: Sample rate in Hz.
        passes: Number of passes. Each pass measures and corrects.

    Returns:
        The corrected f0 at every sample, shape (n,).
    """
    times_s = np.arange(len(samples)) / sample_rate
    for _ in range(passes):
        measured = analyse_harmonics(
            samples, f0_hz, sample_rate, REFINE_WINDOW_S, most=REFINE_HARMONICS
        )
        middle, error = _f0_error(measured)
        f0_hz = f0_hz + np.interp(times_s, middle, error)
    return f0_hz


def _f0_error(harmonics: Harmonics) -> tuple[Float64, Float64]:
    """Return the times between frames, and how much f0 is too low there, in Hz."""
    low = harmonics.amplitudes
    number = np.arange(1, low.shape[1] + 1)
    product = low[1:] * low[:-1].conj()
    weight = np.abs(product)
    slope = np.angle(product) / np.maximum(np.diff(harmonics.times_s), 1e-6)[:, None]
    denominator = 2 * np.pi * (weight * number**2).sum(axis=1)
    error = (weight * number * slope).sum(axis=1) / np.maximum(denominator, 1e-20)
    limit = REFINE_LIMIT * float(np.median(harmonics.f0_hz))
    total = weight.sum(axis=1)
    total = total + 1e-9 * total.max() + 1e-30
    width = REFINE_SMOOTH_S / HOP_S
    smooth = gaussian_filter1d(np.clip(error, -limit, limit) * total, width, mode="nearest")
    smooth /= np.maximum(gaussian_filter1d(total, width, mode="nearest"), 1e-30)
    return 0.5 * (harmonics.times_s[1:] + harmonics.times_s[:-1]), smooth


def synthesise(harmonics: Harmonics) -> Float64:
    """Render harmonics as periodic frames with linear cross-fades, shape (n,)."""
    period, frames = harmonics.period, harmonics.amplitudes
    spectrum = np.zeros((len(frames), period // 2 + 1), np.complex128)
    spectrum[:, 1 : harmonics.count + 1] = frames * (period / 2)
    waves = scipy.fft.irfft(spectrum, period, axis=1)
    n = len(harmonics.cycles)
    place = np.interp(
        np.arange(n) / harmonics.sample_rate, harmonics.times_s, np.arange(len(frames))
    )
    frame = np.minimum(place.astype(int), max(len(frames) - 2, 0))
    fade = place - frame
    phase = (harmonics.cycles * period) % period
    following = np.minimum(frame + 1, len(frames) - 1)
    here, there = _read(waves, frame, phase), _read(waves, following, phase)
    return np.asarray(here * (1 - fade) + there * fade, np.float64)


def _read(waves: Float64, frame: npt.NDArray[np.int64], phase: Float64) -> Float64:
    """Read one period (frames, period) at fractional phases, with a cubic (Catmull-Rom)."""
    period = waves.shape[1]
    index = phase.astype(int)
    t = phase - index
    before, here, after, later = (waves[frame, (index + step) % period] for step in (-1, 0, 1, 2))
    third = 2 * before - 5 * here + 4 * after - later + t * (3 * (here - after) + later - before)
    return np.asarray(here + 0.5 * t * (after - before + t * third), np.float64)


def split(samples: Float64, harmonics: Harmonics) -> tuple[Float64, Float64]:
    """Split a sound into its harmonic part and the residual, which add up to the sound."""
    harmonic_part = synthesise(harmonics)
    return harmonic_part, samples - harmonic_part
