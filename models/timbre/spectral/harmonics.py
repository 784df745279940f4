"""Find the pitch, the harmonics and the noise of magnitude frames with a known note class."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.audio.spectra.stft import RATE, WINDOW, Float32, Float64
from models.timbre.contract import (
    FLOOR_DB,
    GRID_HZ,
    HIGHEST_HZ,
    MOST_HARMONICS,
    NOISE_FLOOR_DB,
    NOISE_HZ,
)

BIN_HZ = RATE / WINDOW
DETUNE_SEMITONES = np.linspace(-0.6, 0.6, 25)
COUNTED = 24  # Harmonics that decide about the pitch.
NEAR_BINS = 1.5  # A peak this near to a harmonic is that harmonic.
LOBE_BINS = 3.0  # Bins this near to a harmonic hold no noise: half of Hann's main lobe is 2.
# Peak of a sinusoid of amplitude 1, and power of noise of density 1, in a Hann window.
PEAK = WINDOW / 4
NOISE_POWER = RATE / 2 * 0.375 * WINDOW


@dataclass(frozen=True)
class HarmonicFrame:
    """Hold a magnitude frame as harmonics of a pitch, and noise.

    Attributes:
        f0_hz: Pitch in Hz.
        decibels: Amplitudes of harmonics 1, 2, ... in dB, (K,), relative to the frame's maximum.
        noise_db: Power density at ``NOISE_HZ`` in dB, on the same scale, (NOISE_BANDS,).
    """

    f0_hz: float
    decibels: Float64
    noise_db: Float64


def octaves_of(note_class: int, low: float, high: float) -> list[int]:
    """Return the MIDI notes of a class within a range; the nearest one if there is none.

    Args:
        note_class: Note class, 0 for C.
        low: Lowest pitch, MIDI.
        high: Highest pitch, MIDI.

    Returns:
        At least one note.

    >>> octaves_of(0, 60.0, 71.0), octaves_of(11, 50.0, 58.0)
    ([60], [59])
    """
    notes = list(range(note_class, 128, 12))
    inside = [note for note in notes if low - 0.5 <= note <= high + 0.5]
    return inside or [min(notes, key=lambda note: abs(note - (low + high) / 2))]


def frame_pitch(frame: Float32, notes: list[int]) -> float:
    """Return the pitch of a frame in Hz, near one of some notes.

    Args:
        frame: Magnitudes, (BINS,).
        notes: Candidates, MIDI; usually the octaves of one note class.

    Returns:
        The pitch with the most magnitude at its harmonics, less that halfway between them.
    """
    midi = (np.asarray(notes, np.float64)[:, None] + DETUNE_SEMITONES).ravel()
    f0 = 440 * 2 ** ((midi - 69) / 12)
    k = np.arange(1, COUNTED + 1)
    weights = 1 / np.sqrt(k)
    on, between = (_at(frame, f0[:, None] * at) for at in (k, k - 0.5))
    score = ((on - between) * weights).sum(axis=1)
    return float(f0[int(score.argmax())])


def _at(frame: Float32, hz: Float64) -> Float64:
    """Return magnitudes at frequencies, 0 above the highest bin."""
    bins = np.arange(len(frame))
    return np.asarray(np.interp(hz / BIN_HZ, bins, frame, right=0.0), np.float64)


def harmonic_frame(frame: Float32, f0_hz: float) -> HarmonicFrame:
    """Return the harmonics and the noise of a frame.

    Args:
        frame: Magnitudes, (BINS,).
        f0_hz: Its pitch in Hz.

    Returns:
        Both; a harmonic without a peak has the magnitude at its frequency.
    """
    count = max(1, min(MOST_HARMONICS, int(HIGHEST_HZ / f0_hz)))
    centres = f0_hz * np.arange(1, count + 1) / BIN_HZ
    offsets = np.linspace(-NEAR_BINS, NEAR_BINS, 7)
    bins = np.arange(len(frame))
    near = np.interp(centres[:, None] + offsets, bins, frame)
    decibels = 20 * np.log10(np.maximum(near.max(axis=1) / PEAK, 1e-9))
    return HarmonicFrame(f0_hz, np.maximum(decibels, FLOOR_DB), _noise(frame, f0_hz))


def _noise(frame: Float32, f0_hz: float) -> Float64:
    """Return the power density between the harmonics in dB, (NOISE_BANDS,)."""
    bins = np.arange(len(frame))
    distance = np.abs((bins * BIN_HZ / f0_hz + 0.5) % 1.0 - 0.5) * f0_hz / BIN_HZ
    free = np.flatnonzero((distance > min(LOBE_BINS, 0.4 * f0_hz / BIN_HZ)) & (bins > 2))
    if not len(free):
        return np.full(len(NOISE_HZ), NOISE_FLOOR_DB)
    power = np.asarray(frame, np.float64)[free] ** 2 / NOISE_POWER
    edges = np.sqrt(NOISE_HZ[1:] * NOISE_HZ[:-1]) / BIN_HZ
    band = np.searchsorted(edges, free)
    total = np.bincount(band, power, len(NOISE_HZ))
    count = np.bincount(band, minlength=len(NOISE_HZ))
    known = np.flatnonzero(count)
    density = 10 * np.log10(total[known] / count[known] + 1e-16)
    return np.asarray(np.interp(np.arange(len(NOISE_HZ)), known, density), np.float64)


def envelope_at(harmonics: HarmonicFrame, f0_hz: float) -> Float64:
    """Return the harmonics at another pitch as an envelope on ``GRID_HZ``, (GRID_POINTS,).

    Harmonic k of the frame becomes harmonic k of the pitch; between them it is linear in dB.

    Args:
        harmonics: The frame.
        f0_hz: Pitch in Hz at which the envelope is sampled.

    Returns:
        The envelope in dB.
    """
    at = f0_hz * np.arange(1, len(harmonics.decibels) + 1)
    envelope = np.interp(GRID_HZ, at, harmonics.decibels)
    beyond = GRID_HZ > at[-1] + f0_hz
    envelope[beyond] = FLOOR_DB
    return np.asarray(envelope, np.float64)


def midi_of_hz(hz: npt.ArrayLike) -> Float64:
    """Return frequencies as MIDI notes with a fraction."""
    return np.asarray(69 + 12 * np.log2(np.asarray(hz, np.float64) / 440), np.float64)
