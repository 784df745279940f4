"""Decode a position of a frame model once for all note classes, for an audio thread to read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from models.audio.spectra.peak_phase import find_peaks
from models.audio.spectra.stft import RATE, WINDOW, Float32, Float64
from models.timbre.contract import LatentPosition, TimbreModel

KEYS = 128


@runtime_checkable
class FrameTimbre(TimbreModel, Protocol):
    """Offer magnitude frames in addition to tones: what the phase methods play."""

    def frames_of(self, position: LatentPosition) -> list[tuple[Float32, float]]:
        """Return the frame and the pitch in Hz of each note class at a position, C first."""
        ...

    def note_class(self, position: LatentPosition, midi: float) -> int:
        """Return the note class that a key plays at a position, 0 for C."""
        ...


@dataclass(frozen=True)
class FrameBank:
    """Hold the frames of one position. A bank does not change.

    Attributes:
        frames: Magnitudes of each note class with an RMS level of 1, (BINS,) each.
        peaks: Peaks of each frame in bins.
        f0_hz: Pitch of each frame, (12,).
        class_of_key: Note class that each MIDI key plays, (128,).
    """

    frames: tuple[Float32, ...]
    peaks: tuple[Float64, ...]
    f0_hz: Float64
    class_of_key: npt.NDArray[np.int64]


def make_frame_bank(model: FrameTimbre, position: LatentPosition) -> FrameBank:
    """Decode a position for all keys, in one batch; not for an audio thread.

    Args:
        model: The model.
        position: Point of its latent space.

    Returns:
        The bank.

    Raises:
        SpecError: The position does not fit the model.
    """
    pairs = model.frames_of(position)
    frames = tuple(frame / np.float32(max(level_of(frame), 1e-9)) for frame, _ in pairs)
    keys = np.array([model.note_class(position, float(key)) for key in range(KEYS)], np.int64)
    f0_hz = np.array([f0 for _, f0 in pairs])
    return FrameBank(frames, tuple(find_peaks(frame) for frame in frames), f0_hz, keys)


def level_of(frame: Float32) -> float:
    """Return the RMS level of the sound of a magnitude frame (BINS,)."""
    power = 2 * float((frame.astype(np.float64) ** 2).sum())
    return float(np.sqrt(power / (0.375 * WINDOW**2)))


def ratio_of(bank: FrameBank, key: int, midi: float, sample_rate: int) -> float:
    """Return the ratio in bins between a key's pitch and its frame.

    Args:
        bank: The bank.
        key: MIDI key, which chooses the frame.
        midi: Pitch to play, MIDI with a fraction.
        sample_rate: Rate of the sound in Hz; its bins are wider than those of the frames.

    Returns:
        The ratio.
    """
    hz = 440 * 2 ** ((midi - 69) / 12)
    return float(hz / bank.f0_hz[bank.class_of_key[key]] * RATE / sample_rate)
