"""Make the paper's simple signals: sine, sawtooth and Gaussian sine, 512 samples with noise."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Float32 = npt.NDArray[np.float32]

LENGTH = 512
NAMES = ("sine", "sawtooth", "gaussian sine")


def clean_signals() -> Float32:
    """Return the three signals without noise, (3, 512): 1 period, 2 periods, and 8 in a bell."""
    place = np.arange(LENGTH) / LENGTH
    bell = np.exp(-0.5 * ((place - 0.5) / 0.12) ** 2)
    sawtooth = 2 * ((2 * place) % 1.0) - 1
    rows = [np.sin(2 * np.pi * place), sawtooth, bell * np.cos(16 * np.pi * place)]
    return np.asarray(rows, np.float32)


def noisy_signals(count: int, noise: float, seed: int) -> tuple[Float32, npt.NDArray[np.int64]]:
    """Return signals with uniform noise, and the number of each one's kind.

    Args:
        count: Number of signals.
        noise: Largest value of the noise; 0.05 or 0.2 in the paper.
        seed: Seed of the noise.

    Returns:
        Signals, (count, 512), and kinds, (count,).
    """
    random = np.random.default_rng(seed)
    kinds = random.integers(3, size=count)
    clips = clean_signals()[kinds] + random.uniform(-noise, noise, (count, LENGTH))
    return clips.astype(np.float32), kinds
