"""Advance the phases of spectral peaks from hop to hop: a phase vocoder without an input phase.

Each local maximum of a frame is a sinusoid. Its phase advances by its frequency, and the bins
around it follow it (identity phase locking, Laroche and Dolson 1999). A peak can move to another
frequency with the bins around it. A frame needs no later frame, so the method works in a stream.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from numba import njit

from models.audio.spectra.stft import BINS, HOP, WINDOW, Complex64, Float32, Float64

Owners = npt.NDArray[np.intp]

QUIETEST = 1e-6  # Maxima below this share of the largest are no peaks.
MOST_GAIN = 1.25  # Peaks that overlap others after a move lose power, which they do not get back.

_compiled = cast(Callable[[Callable[..., Any]], Callable[..., Any]], njit(cache=True))


@dataclass(frozen=True)
class PeakMap:
    """Hold a frame whose peaks are at their final frequencies.

    Attributes:
        magnitudes: The frame, (BINS,).
        owner: Peak that each bin follows, (BINS,).
        bins: Frequency of each peak in bins, (P,), P >= 1.
    """

    magnitudes: Float32
    owner: Owners
    bins: Float64


def find_peaks(frame: Float32) -> Float64:
    """Return the frequencies of the local maxima of a frame, in bins with a fraction.

    Args:
        frame: Magnitudes, (BINS,).

    Returns:
        Frequencies, increasing, (P,), P >= 1.
    """
    middle = frame[1:-1]
    is_peak = (middle > frame[:-2]) & (middle >= frame[2:])
    at = np.flatnonzero(is_peak & (middle > QUIETEST * frame.max())) + 1
    if not len(at):
        return np.array([float(max(1, int(frame.argmax())))])
    logs = np.log(np.maximum(frame, 1e-12).astype(np.float64))
    low, top, high = logs[at - 1], logs[at], logs[at + 1]
    return np.asarray(at + np.clip((low - high) / (2 * (low - 2 * top + high) - 1e-12), -0.5, 0.5))


def moved(frame: Float32, peaks: Float64, ratio: float = 1.0) -> PeakMap:
    """Return a frame whose peaks have moved to ``ratio`` times their frequency.

    Args:
        frame: Magnitudes, (BINS,).
        peaks: Its peaks in bins, of ``find_peaks``.
        ratio: 2 moves everything an octave up.

    Returns:
        The frame. Peaks beyond the last bin are silent.
    """
    magnitudes, owner = np.empty(BINS, np.float32), np.empty(BINS, np.intp)
    _move(np.ascontiguousarray(frame, np.float32), peaks, float(ratio), magnitudes, owner)
    return PeakMap(magnitudes, owner, peaks * ratio)


@_compiled
def _move(frame: Float32, peaks: Float64, ratio: float, magnitudes: Float32, owner: Owners) -> None:
    """Fill the magnitudes and the owners of a frame whose peaks move."""
    count, last = len(peaks), len(frame) - 1
    before, after = np.zeros(count), np.zeros(count)
    p = 0
    for k in range(len(frame)):
        while p + 1 < count and k > (peaks[p] + peaks[p + 1]) / 2:
            p += 1
        before[p] += frame[k] ** 2
    p = 0
    for k in range(len(frame)):
        while p + 1 < count and k > ratio * (peaks[p] + peaks[p + 1]) / 2:
            p += 1
        owner[k] = p
        low = 0.0 if p == 0 else (peaks[p - 1] + peaks[p]) / 2
        high = float(last) if p + 1 == count else (peaks[p] + peaks[p + 1]) / 2
        source = k - peaks[p] * (ratio - 1)
        magnitudes[k] = 0.0
        if low <= source <= high:
            i = min(int(source), last - 1)
            magnitudes[k] = frame[i] + (source - i) * (frame[i + 1] - frame[i])
            after[p] += magnitudes[k] ** 2
    # Interpolation between two bins is lower than the peak between them.
    for k in range(len(frame)):
        p = owner[k]
        gain = np.sqrt(before[p] / max(after[p], 1e-20))
        magnitudes[k] *= min(max(gain, 1.0), MOST_GAIN)


@_compiled
def _turned(cycles: Float64, owner: Owners, magnitudes: Float32) -> Complex64:
    """Return magnitudes with the phases of their peaks, and Hann's sign from bin to bin."""
    turns = np.exp(2j * np.pi * cycles).astype(np.complex64)
    out = np.empty(len(magnitudes), np.complex64)
    for k in range(len(magnitudes)):
        sign = np.float32(1 - 2 * (k % 2))
        out[k] = turns[owner[k]] * (sign * magnitudes[k])
    return out


class PeakPhases:
    """Keep the phases of the peaks of one voice, in cycles."""

    def __init__(self) -> None:
        self._map: PeakMap | None = None
        self._cycles: Float64 = np.zeros(0)

    def spectrum(self, frame: PeakMap) -> Complex64:
        """Return the spectrum of the next hop, (BINS,).

        Args:
            frame: The frame of this hop. If it differs from that of the last hop, each peak
                continues the phase that its frequency had.

        Returns:
            The spectrum.
        """
        if self._map is None:
            numbers = np.arange(1, len(frame.bins) + 1)
            self._cycles = np.asarray(0.618034 * numbers**2 % 1.0, np.float64)  # Low crest factor.
        else:
            if frame is not self._map:
                nearest = np.clip(np.round(frame.bins), 0, BINS - 1).astype(np.intp)
                self._cycles = self._cycles[self._map.owner[nearest]]
            advanced = self._cycles + frame.bins * HOP / WINDOW
            self._cycles = np.asarray(advanced % 1.0, np.float64)
        self._map = frame
        return np.asarray(_turned(self._cycles, frame.owner, frame.magnitudes), np.complex64)


def with_peak_phase(magnitudes: Float32) -> Complex64:
    """Return spectra with peak-locked phases, of frames one hop after another, (N, BINS)."""
    phases = PeakPhases()
    rows = [phases.spectrum(moved(frame, find_peaks(frame))) for frame in magnitudes]
    return np.stack(rows)
