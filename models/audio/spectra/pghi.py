"""Integrate phases from magnitudes: PGHI (Průša, Balazs and Søndergaard 2017), offline.

The gradient of the phase follows from that of the log magnitude, for a Gaussian window exactly and
for a Hann window nearly. The integration starts at the largest bin, and continues at the largest
one whose neighbour is known.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any, cast

import numpy as np
from numba import njit

from models.audio.spectra.stft import HOP, WINDOW, Complex64, Float32, Float64

GAMMA = 0.25645 * WINDOW**2  # Of the Gaussian that is nearest to a Hann window.
TOLERANCE = 1e-6  # Bins below this share of the largest one get random phases.

_compiled = cast(Callable[[Callable[..., Any]], Callable[..., Any]], njit(cache=True))


def with_integrated_phase(magnitudes: Float32, seed: int = 0) -> Complex64:
    """Return spectra with phases of PGHI.

    Args:
        magnitudes: Frames one hop after another, (N, BINS).
        seed: Of the phases of nearly silent bins.

    Returns:
        Spectra, (N, BINS).
    """
    values = np.asarray(magnitudes, np.float64)
    largest = float(values.max(initial=0.0))
    if largest <= 0:
        return np.zeros(values.shape, np.complex64)
    logs = np.log(np.maximum(values, TOLERANCE * largest))
    factor = GAMMA / (HOP * WINDOW)
    bins = np.arange(values.shape[1])
    over_time = _slope(logs, 1) / factor + 2 * np.pi * HOP * bins / WINDOW
    over_bins = -factor * _slope(logs, 0) - np.pi
    random = np.random.default_rng(seed).uniform(0, 2 * np.pi, values.shape)
    phases = _integrate(values, TOLERANCE * largest, over_time, over_bins, random)
    return np.asarray(values * np.exp(1j * phases), np.complex64)


def _slope(values: Float64, axis: int) -> Float64:
    """Return central differences along an axis; 0 for an axis of one entry."""
    if values.shape[axis] < 2:
        return np.zeros_like(values)
    return np.asarray(np.gradient(values, axis=axis), np.float64)


@_compiled
def _integrate(
    values: Float64, least: float, over_time: Float64, over_bins: Float64, phases: Float64
) -> Float64:
    """Return the phases; ``phases`` holds those of bins that are not integrated."""
    frames, bins = values.shape
    done = values <= least
    order = np.argsort(-values.ravel())
    for start in order:
        n, m = start // bins, start % bins
        if done[n, m]:
            if values[n, m] <= least:
                break
            continue
        done[n, m] = True
        heap = [(-values[n, m], n, m)]
        while len(heap) > 0:
            _, n, m = heappop(heap)
            for step in range(4):
                i = n + (1 if step == 0 else -1 if step == 1 else 0)
                j = m + (1 if step == 2 else -1 if step == 3 else 0)
                if i < 0 or i >= frames or j < 0 or j >= bins or done[i, j]:
                    continue
                if step < 2:
                    change = 0.5 * (over_time[n, m] + over_time[i, j])
                    phases[i, j] = phases[n, m] + (i - n) * change
                else:
                    change = 0.5 * (over_bins[n, m] + over_bins[i, j])
                    phases[i, j] = phases[n, m] + (j - m) * change
                done[i, j] = True
                heappush(heap, (-values[i, j], i, j))
    return phases
