"""Make sounds with known harmonics."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Float64 = npt.NDArray[np.float64]

RATE = 44100


def times(seconds: float) -> Float64:
    """Return the time of every sample, seconds."""
    return np.arange(round(seconds * RATE)) / RATE


def harmonic_tone(f0_hz: Float64, amplitudes: Float64, phases: Float64 | None = None) -> Float64:
    """Return harmonics (H,) of an f0 at every sample (n,)."""
    steps = 0.5 * (f0_hz[1:] + f0_hz[:-1]) / RATE
    cycles = np.concatenate([[0.0], np.cumsum(steps)])
    shifts = np.zeros(len(amplitudes)) if phases is None else phases
    tone = np.zeros(len(f0_hz))
    for number, (amplitude, shift) in enumerate(zip(amplitudes, shifts, strict=True), 1):
        tone += amplitude * np.cos(2 * np.pi * number * cycles + shift)
    return tone


def cents(hz: Float64, reference: Float64 | float) -> Float64:
    """Return |cents| between frequencies."""
    return np.asarray(np.abs(1200 * np.log2(hz / reference)), np.float64)
