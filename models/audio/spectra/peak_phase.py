"""Advance the phases of spectral peaks from hop to hop: a phase vocoder without an input phase.

Each local maximum of a frame is a sinusoid. Its phase advances by its frequency, and the bins
around it follow it (identity phase locking, Laroche and Dolson 1999). A peak can move to another
frequency with the bins around it. A frame needs no later frame, so the method works in a stream.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.audio.spectra.stft import BINS, HOP, WINDOW, Complex64, Float32, Float64

Owners = npt.NDArray[np.intp]

QUIETEST = 1e-6  # Maxima below this share of the largest are no peaks.
MOST_GAIN = 1.25  # Peaks that overlap others after a move lose power, which they do not get back.
SIGNS: Float32 = np.where(np.arange(BINS) % 2, -1.0, 1.0).astype(np.float32)


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
    targets = peaks * ratio
    owner = np.searchsorted((targets[1:] + targets[:-1]) / 2, np.arange(BINS))
    if ratio == 1.0:
        return PeakMap(frame, owner, targets)
    edges = np.concatenate([[0.0], (peaks[1:] + peaks[:-1]) / 2, [BINS - 1.0]])
    source = np.arange(BINS) - (targets - peaks)[owner]
    inside = (source >= edges[owner]) & (source <= edges[owner + 1])
    magnitudes = np.where(inside, np.interp(source, np.arange(BINS), frame), 0.0)
    # Interpolation between two bins is lower than the peak between them.
    before = np.bincount(np.searchsorted(edges[1:-1], np.arange(BINS)), frame**2, len(peaks))
    after = np.bincount(owner, magnitudes**2, len(peaks))
    gains = np.clip(np.sqrt(before / np.maximum(after, 1e-20)), 1.0, MOST_GAIN)
    return PeakMap((magnitudes * gains[owner]).astype(np.float32), owner, targets)


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
        turns = np.exp(2j * np.pi * self._cycles).astype(np.complex64)
        return np.asarray(turns[frame.owner] * (frame.magnitudes * SIGNS), np.complex64)


def with_peak_phase(magnitudes: Float32) -> Complex64:
    """Return spectra with peak-locked phases, of frames a hop apart, (N, BINS)."""
    phases = PeakPhases()
    rows = [phases.spectrum(moved(frame, find_peaks(frame))) for frame in magnitudes]
    return np.stack(rows)
