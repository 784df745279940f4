"""Find the phase of a spectrogram by phase gradient heap integration (PGHI).

The method is that of Pruša, Balazs and Søndergaard, "A Noniterative Method for Reconstruction of
Phase from STFT Magnitude" (2017). The gradient of the log magnitude gives the gradient of the
phase. The integration starts at the loudest cells, and goes to quieter neighbours first where the
sound is loud.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from numba import njit

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]

HANN_GAMMA = 0.25645  # Width of the Gaussian nearest to a Hann window, per squared sample.
QUIET_DB = 80.0  # Quieter cells, relative to the loudest, have a random phase.

_compiled = cast(Callable[[Callable[..., Any]], Callable[..., Any]], njit(cache=True))


def phase_of(magnitude: Float32, window: int, hop: int, seed: int = 0) -> Float64:
    """Return a phase that fits a magnitude.

    Args:
        magnitude: |STFT| with a Hann window, frames centred on multiples of the hop, shape
            (frames, bins).
        window: Samples in the window, also the size of the FFT.
        hop: Samples between two frames.
        seed: Seed of the phase of quiet cells.

    Returns:
        Phase in radians of the FFT of each frame, (frames, bins).
    """
    floor = max(float(magnitude.max()), 1e-30) * 10 ** (-QUIET_DB / 20)
    log = np.log(np.maximum(magnitude, floor)).astype(np.float64)
    gamma = HANN_GAMMA * window**2
    by_time, by_frequency = np.zeros_like(log), np.zeros_like(log)
    if len(log) > 1:
        by_time = np.gradient(log, axis=0)
    by_frequency = np.gradient(log, axis=1)
    bins = np.arange(log.shape[1])
    # Change of the phase in one frame, and in one bin.
    forward = 2 * np.pi * hop * bins / window + by_frequency * hop * window / gamma
    upward = -by_time * gamma / (hop * window)
    random = np.random.default_rng(seed).uniform(0, 2 * np.pi, log.shape)
    found = _integrate(log, forward, upward, random, np.log(floor) + 1e-9)
    # From the centre of a frame to its first sample, which the FFT refers to.
    return np.asarray(found - np.pi * bins)


@_compiled
def _integrate(
    log: Float64, forward: Float64, upward: Float64, phase: Float64, quiet: float
) -> Float64:
    """Integrate the gradient; ``phase`` holds the phases of quiet cells, and is overwritten."""
    frames, bins = log.shape
    done = log <= quiet
    order = np.argsort(-log.copy().reshape(-1))
    heap = [(0.0, 0, 0)]
    heap.pop()
    for number in order:
        start, at = number // bins, number % bins
        if log[start, at] <= quiet:
            break
        if done[start, at]:
            continue
        phase[start, at] = 0.0
        done[start, at] = True
        heapq.heappush(heap, (-log[start, at], start, at))
        while len(heap) > 0:
            _, n, k = heapq.heappop(heap)
            if n + 1 < frames and not done[n + 1, k]:
                phase[n + 1, k] = phase[n, k] + (forward[n, k] + forward[n + 1, k]) / 2
                done[n + 1, k] = True
                heapq.heappush(heap, (-log[n + 1, k], n + 1, k))
            if n > 0 and not done[n - 1, k]:
                phase[n - 1, k] = phase[n, k] - (forward[n, k] + forward[n - 1, k]) / 2
                done[n - 1, k] = True
                heapq.heappush(heap, (-log[n - 1, k], n - 1, k))
            if k + 1 < bins and not done[n, k + 1]:
                phase[n, k + 1] = phase[n, k] + (upward[n, k] + upward[n, k + 1]) / 2
                done[n, k + 1] = True
                heapq.heappush(heap, (-log[n, k + 1], n, k + 1))
            if k > 0 and not done[n, k - 1]:
                phase[n, k - 1] = phase[n, k] - (upward[n, k] + upward[n, k - 1]) / 2
                done[n, k - 1] = True
                heapq.heappush(heap, (-log[n, k - 1], n, k - 1))
    return phase
