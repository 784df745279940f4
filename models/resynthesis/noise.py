"""Split the noise of a preset into a flat sample of shaped noise and a level curve."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import uniform_filter1d

from models.resynthesis.vital.curves import fit_points, level_error

Float64 = npt.NDArray[np.float64]

ENVELOPE_S = 0.015  # Width of each of the two moving averages of the envelope.
CURVE_STEP_S = 0.003
CURVE_FLOOR = 1e-8  # The curve does not follow lower power.
QUIETEST = 1e-5  # Lowest amplitude of the curve, relative to the loudest.
INAUDIBLE = 1e-6  # Quieter noise is left out; amplitude relative to full scale.


@dataclass(frozen=True)
class NoiseLayer:
    """Hold noise for the sample slot of Vital.

    Attributes:
        wave: Noise with an almost constant level, peak 1, shape (n,).
        times_s: Times of the level curve, from 0 to the duration, shape (points,).
        levels: Linear gain of `wave` at these times, shape (points,).
    """

    wave: Float64
    times_s: Float64
    levels: Float64


def make_noise_layer(
    noise: Float64, sample_rate: int, duration_s: float, points: int, fixed_s: float | None
) -> NoiseLayer | None:
    """Split noise into a flat sample and a curve of few points, whose product is the noise.

    Args:
        noise: Mono, shape (n,).
        sample_rate: Hz.
        duration_s: Duration of the sound. Later noise is left out.
        points: Points of the curve, at least 2.
        fixed_s: A time that must be a point of the curve (the start of a loop), or None.

    Returns:
        The layer, or None if the noise is silent.
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
    # Vital squares levels: a straight line between roots is a parabola between amplitudes.
    drawn = np.interp(np.arange(len(noise)) / sample_rate, curve_s, curve) ** 2
    wave = noise / drawn
    peak = float(np.abs(wave).max())
    return NoiseLayer(wave / peak, curve_s, curve**2 * peak)
