"""Make noise for a synthesizer: one loop for each band, to add with the gains of a tone."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import scipy.fft

from models.timbre.tone import NOISE_HZ, Float32

LOOP_SAMPLES = 2**16  # 1.4 s at 48 kHz.


@lru_cache(maxsize=4)
def noise_loops(sample_rate: int, seed: int = 0, again: int = 0) -> Float32:
    """Return band-limited noise that repeats without a seam, (NOISE_BANDS, LOOP_SAMPLES + again).

    Each loop has a one-sided power density of 1 per Hz at the centre of its band. The power falls
    linearly to 0 at the centres of its neighbours. Loops of neighbours with equal gains therefore
    add up to flat noise.

    Args:
        sample_rate: Hz.
        seed: Seed of the noise.
        again: Number of samples of the start to add at the end.

    Returns:
        The loops, one a row.
    """
    random = np.random.default_rng(seed)
    hz = scipy.fft.rfftfreq(LOOP_SAMPLES, 1 / sample_rate)
    place = np.interp(hz, NOISE_HZ, np.arange(len(NOISE_HZ)))
    # White noise of one-sided density 1 has the variance sample_rate / 2. The spectrum of a real
    # loop of n samples then has the variance n * sample_rate / 2, split on two real parts.
    scale = np.sqrt(LOOP_SAMPLES * sample_rate / 4)
    loops = np.empty((len(NOISE_HZ), LOOP_SAMPLES), np.float32)
    for band in range(len(NOISE_HZ)):
        share = np.sqrt(np.clip(1 - np.abs(place - band), 0, 1))
        parts = random.standard_normal((2, len(hz)))
        spectrum = share * scale * (parts[0] + 1j * parts[1])
        spectrum[[0, -1]] = 0.0
        loops[band] = scipy.fft.irfft(spectrum, LOOP_SAMPLES)
    return np.ascontiguousarray(np.concatenate([loops, loops[:, :again]], axis=1))
