"""Separate a pitch curve into a slow glide and a periodic vibrato."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d

Float64 = npt.NDArray[np.float64]

LOWEST_HZ, HIGHEST_HZ = 3.0, 9.0  # Possible rates of a vibrato.
RATE_STEP_HZ = 0.02
LEAST_DEPTH_CENTS = 6.0
LEAST_EXPLAINED = 0.8  # Share of the variance around the glide.
SMOOTH_CYCLES = 0.5  # Standard deviation of the glide's smoothing, in cycles of the vibrato.
SHORTEST_CYCLES = 3.0


@dataclass(frozen=True)
class Vibrato:
    """Describe a periodic movement of the pitch: depth * sin(2 pi (rate * t + phase)).

    Attributes:
        rate_hz: Cycles in a second.
        depth_cents: Distance from the middle to the top, in cents.
        phase: Phase at time 0 in cycles, 0 to 1.
        onset_s: Time when it reaches half its depth, in seconds. 0 if it starts with the sound.
    """

    rate_hz: float
    depth_cents: float
    phase: float
    onset_s: float


def find_vibrato(
    times_s: Float64, cents: Float64, weight: Float64
) -> tuple[Float64, Vibrato | None]:
    """Find a periodic vibrato in a pitch curve.

    Args:
        times_s: Evenly spaced times, shape (frames,).
        cents: Pitch at these times, shape (frames,).
        weight: Weight of each frame, at least 0, shape (frames,).

    Returns:
        The remaining glide in cents (frames,), and the vibrato. If nothing periodic explains 80 %
        of the movement, the curve itself and None.

    >>> t = np.arange(0, 3, 0.005)
    >>> glide, vibrato = find_vibrato(t, 20 * np.sin(2 * np.pi * 5.5 * t), np.ones_like(t))
    >>> round(vibrato.rate_hz, 1), round(vibrato.depth_cents)
    (5.5, 20)
    """
    step_s = float(times_s[1] - times_s[0])
    duration_s = float(times_s[-1] - times_s[0])
    if duration_s * LOWEST_HZ < SHORTEST_CYCLES or weight.sum() <= 0:
        return cents, None
    rate_hz = _strongest_rate(times_s, cents, weight)
    glide = _smooth(cents, weight, SMOOTH_CYCLES / rate_hz / step_s)
    moving = cents - glide
    onset_s = _onset(times_s, moving, rate_hz, step_s)
    fitted = weight * (times_s >= onset_s)
    sine, cosine, explained = _fit(times_s, moving, fitted, rate_hz)
    depth = float(np.hypot(sine, cosine))
    if explained < LEAST_EXPLAINED or depth < LEAST_DEPTH_CENTS:
        return cents, None
    phase = float(np.arctan2(cosine, sine) / (2 * np.pi) % 1.0)
    return glide, Vibrato(rate_hz, depth, phase, onset_s)


def _strongest_rate(times_s: Float64, cents: Float64, weight: Float64) -> float:
    """Return the rate between 3 and 9 Hz at which the curve moves most."""
    rates = np.arange(LOWEST_HZ, HIGHEST_HZ, RATE_STEP_HZ)
    step_s = float(times_s[1] - times_s[0])
    moving = cents - _smooth(cents, weight, SMOOTH_CYCLES / LOWEST_HZ / step_s)
    taper = weight * np.hanning(len(times_s))
    turned = np.exp(-2j * np.pi * np.outer(rates, times_s)) @ (moving * taper)
    return float(rates[int(np.argmax(np.abs(turned)))])


def _smooth(values: Float64, weight: Float64, width: float) -> Float64:
    """Smooth with a Gaussian whose standard deviation is `width` frames."""
    safe = weight + 1e-6 * weight.max()
    top = gaussian_filter1d(values * safe, width, mode="nearest")
    return np.asarray(top / gaussian_filter1d(safe, width, mode="nearest"))


def _onset(times_s: Float64, moving: Float64, rate_hz: float, step_s: float) -> float:
    """Return when the movement first reaches half its usual depth; 0 if within two cycles."""
    depth = np.sqrt(gaussian_filter1d(moving**2, 0.5 / rate_hz / step_s, mode="nearest"))
    usual = float(np.median(np.sort(depth)[len(depth) // 2 :]))
    onset_s = float(times_s[int(np.argmax(depth >= 0.5 * usual))])
    return onset_s if onset_s * rate_hz > 2 else 0.0


def _fit(
    times_s: Float64, moving: Float64, weight: Float64, rate_hz: float
) -> tuple[float, float, float]:
    """Fit a sinusoid; return its sine and cosine parts and the share of variance it explains."""
    angle = 2 * np.pi * rate_hz * times_s
    basis = np.stack([np.sin(angle), np.cos(angle)], axis=1)
    root = np.sqrt(weight)[:, None]
    parts, *_ = np.linalg.lstsq(basis * root, moving * root[:, 0], rcond=None)
    total = float((weight * moving**2).sum())
    left = float((weight * (moving - basis @ parts) ** 2).sum())
    return float(parts[0]), float(parts[1]), 1 - left / max(total, 1e-12)
