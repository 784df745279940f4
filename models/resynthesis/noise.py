"""The noise of a preset: a flat sample of shaped noise, and the curve of its level."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import uniform_filter1d

from models.resynthesis.vital.curves import fit_points, level_error

Float64 = npt.NDArray[np.float64]

ENVELOPE_S = 0.015  # of each of the two moving averages that smooth the envelope
CURVE_STEP_S = 0.003
CURVE_FLOOR = 1e-8  # power below which the curve need not follow
QUIETEST = 1e-5  # amplitude, relative to the loudest, that the curve can have
INAUDIBLE = 1e-6  # amplitude of a noise that is left out, relative to full scale


@dataclass(frozen=True)
class NoiseLayer:
    """Noise as Vital's sample slot plays it.

    Attributes:
        wave: noise about constant in level, peak 1, shape (n,).
        times_s: points of the level curve, from 0 to the duration, shape (points,).
        levels: linear amplitude that `wave` has at them, shape (points,).
    """

    wave: Float64
    times_s: Float64
    levels: Float64


def make_noise_layer(
    noise: Float64, sample_rate: int, duration_s: float, points: int, fixed_s: float | None
) -> NoiseLayer | None:
    """Divide a noise by a curve of few points, so that curve times sample is the noise.

    Args:
        noise: mono, shape (n,).
        sample_rate: Hz.
        duration_s: of the sound; what comes after is left out.
        points: of the curve, at least 2.
        fixed_s: a time that must be a point of the curve (the start of a loop), or None.

    Returns:
        The layer, or None where the noise is silent.
    """
    noise = noise[: round(duration_s * sample_rate)]
    if np.abs(noise).max() < INAUDIBLE:
        return None
    power, width = noise**2, max(1, round(ENVELOPE_S * sample_rate))
    for _ in range(2):
        power = uniform_filter1d(power, width, mode="nearest")
    envelope = np.sqrt(np.maximum(power, 0.0))
    step = max(1, round(CURVE_STEP_S * sample_rate))
    times_s = np.arange(0, len(noise), step) / sample_rate
    values = envelope[::step]
    root = np.sqrt(np.maximum(values, QUIETEST * values.max()))
    fixed = () if fixed_s is None else (int(np.argmin(np.abs(times_s - fixed_s))),)
    chosen = fit_points(times_s, root, points, level_error(CURVE_FLOOR), fixed)
    curve_s, curve = times_s[chosen], root[chosen]
    curve_s[-1] = duration_s
    # Vital squares levels, so straight lines between roots are parabolas between amplitudes.
    drawn = np.interp(np.arange(len(noise)) / sample_rate, curve_s, curve) ** 2
    wave = noise / drawn
    peak = float(np.abs(wave).max())
    return NoiseLayer(wave / peak, curve_s, curve**2 * peak)
