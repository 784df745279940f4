"""Short notes with known parts."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tests.models.audio.tones import RATE, Float64, harmonic_tone, times

Float32 = npt.NDArray[np.float32]

NOTE = 57  # A3, 220 Hz
AMPLITUDES = 0.3 / np.arange(1, 25)


def note(seconds: float = 1.0, decay_db_s: float = 0.0, f0_hz: Float64 | None = None) -> Float32:
    """Return a bright note at 220 Hz, with an attack of 10 ms and a little noise."""
    t = times(seconds)
    f0 = np.full(len(t), 220.0) if f0_hz is None else f0_hz
    tone = harmonic_tone(f0, AMPLITUDES)
    noise = 0.003 * np.random.default_rng(4).standard_normal(len(t))
    shape = np.clip(t / 0.01, 0, 1) * 10 ** (decay_db_s * t / 20)
    return ((tone + noise) * shape).astype(np.float32)


def vibrato(seconds: float, rate_hz: float = 5.5, cents: float = 30.0) -> Float64:
    """Return an f0 around 220 Hz at every sample."""
    return np.asarray(220 * 2 ** (cents * np.sin(2 * np.pi * rate_hz * times(seconds)) / 1200))


def hit(seconds: float = 0.5) -> Float32:
    """Return a burst of noise that decays by 80 dB a second."""
    noise = 0.5 * np.random.default_rng(5).standard_normal(round(seconds * RATE))
    return (noise * 10 ** (-80 * times(seconds) / 20)).astype(np.float32)
