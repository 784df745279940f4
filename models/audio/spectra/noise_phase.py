"""Give magnitudes the phase of stored white noise, as Colonel and Keene do (section VI)."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from models.audio.spectra.stft import BINS, HOP, WINDOW, Complex64, Float32, spectra

LOOP_HOPS = 64  # 1.5 s at 44.1 kHz.
SEED = 0


@lru_cache(maxsize=2)
def noise_turns(seed: int = SEED) -> Complex64:
    """Return unit phases of white noise that repeats without a seam, (LOOP_HOPS, BINS)."""
    noise = np.random.default_rng(seed).standard_normal(LOOP_HOPS * HOP)
    around = np.concatenate([noise, noise[: WINDOW - HOP]])
    found = spectra(around)[:LOOP_HOPS]
    return np.asarray(found / np.maximum(np.abs(found), 1e-12), np.complex64)


def with_noise_phase(magnitudes: Float32, seed: int = SEED) -> Complex64:
    """Return spectra with the phase of stored noise.

    Args:
        magnitudes: Frames one hop after another, (N, BINS).
        seed: Of the noise.

    Returns:
        Spectra, (N, BINS).
    """
    turns = noise_turns(seed)
    return np.asarray(magnitudes * turns[np.arange(len(magnitudes)) % LOOP_HOPS], np.complex64)


def stretched(frame: Float32, ratio: float) -> Float32:
    """Return a frame (BINS,) with every frequency multiplied by a ratio, and the same power."""
    places = np.arange(BINS) / ratio
    moved = np.interp(places, np.arange(BINS), frame, right=0.0)
    return np.asarray(moved / np.sqrt(max(ratio, 1e-6)), np.float32)
