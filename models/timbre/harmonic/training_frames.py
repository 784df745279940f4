"""Turn analysed notes into the arrays that a network learns from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from models.timbre.harmonic.analysis import NoteFrames
from models.timbre.tone import NOISE_BANDS

Float32 = npt.NDArray[np.float32]

UNIT_DB = 20.0  # As in the paper: log10 of amplitudes.
NOISE_WEIGHT = 0.25  # Of the noise's mean square error, relative to the harmonics' envelope.
NOISE_RANGE_DB = (-110.0, 0.0)  # Noise is learned within this range, relative to the level.
LEAST_SPREAD = (1.0, 3.0)  # Semitones and dB: smallest standard deviation of a condition.
HIGHEST = 0.995  # Quantile of the highest usual values.
FRAMES_PER_NOTE = 200  # Longer notes are thinned out evenly.


@dataclass(frozen=True)
class Scaling:
    """Hold what maps frames and conditions to the network's units.

    Attributes:
        mean: Mean frame, (inputs,): cepstra and then noise, in dB.
        condition_mean: Mean of MIDI pitch and level in dB, (2,).
        condition_spread: Standard deviation of both, (2,).
        condition_low: Lowest standardised conditions of the training data, (2,).
        condition_high: Highest standardised conditions, (2,).
        highest: Highest usual value of each input, (inputs,).
    """

    mean: Float32
    condition_mean: Float32
    condition_spread: Float32
    condition_low: Float32
    condition_high: Float32
    highest: Float32

    def frames_in(self, frames_db: Float32) -> Tensor:
        """Return frames in dB (B, inputs) in the network's units."""
        return torch.from_numpy(((frames_db - self.mean) / UNIT_DB).astype(np.float32))

    def frames_out(self, frames: Tensor) -> Float32:
        """Return frames of the network in dB, (B, inputs)."""
        return np.asarray(frames.numpy() * np.float32(UNIT_DB) + self.mean, np.float32)

    def conditions(self, midi: npt.ArrayLike, level_db: npt.ArrayLike) -> Tensor:
        """Return standardised conditions (B, 2); loudness stays within the training data."""
        pairs = np.stack(np.broadcast_arrays(midi, level_db), axis=-1).astype(np.float32)
        scaled = (pairs - self.condition_mean) / self.condition_spread
        scaled[..., 1] = np.clip(scaled[..., 1], self.condition_low[1], self.condition_high[1])
        return torch.from_numpy(np.ascontiguousarray(scaled))


@dataclass(frozen=True)
class TrainingFrames:
    """Hold the frames of a corpus in the network's units.

    Attributes:
        frames: Centred frames, (N, inputs).
        conditions: Standardised pitch and level, (N, 2).
        note: Number of the note of each frame, (N,).
        weights: Weight of each value's squared error, (inputs,).
        scaling: The map from dB.
    """

    frames: Tensor
    conditions: Tensor
    note: npt.NDArray[np.int64]
    weights: Tensor
    scaling: Scaling


def raw_frames(note: NoteFrames) -> Float32:
    """Return cepstra and noise of every frame in dB, (frames, inputs)."""
    return np.hstack([note.cepstra, np.clip(note.noise_db, *NOISE_RANGE_DB)])


def midi_of(f0_hz: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return frequencies as MIDI notes with a fraction."""
    return np.asarray(69 + 12 * np.log2(np.asarray(f0_hz, np.float64) / 440), np.float64)


def gather(notes: Sequence[NoteFrames]) -> TrainingFrames:
    """Gather the usable frames of notes, each note with about the same weight.

    Args:
        notes: At least one note.

    Returns:
        The arrays.
    """
    rows, pairs, numbers = [], [], []
    for number, note in enumerate(notes):
        used = np.flatnonzero(note.usable)
        count = min(len(used), FRAMES_PER_NOTE)
        used = used[np.linspace(0, len(used) - 1, count).astype(int)]
        rows.append(raw_frames(note)[used])
        pairs.append(np.stack([midi_of(note.f0_hz[used]), note.level_db[used]], axis=1))
        numbers.append(np.full(count, number))
    frames, condition = np.concatenate(rows), np.concatenate(pairs).astype(np.float32)
    scaling = scaling_of(frames, condition)
    return TrainingFrames(
        scaling.frames_in(frames),
        scaling.conditions(condition[:, 0], condition[:, 1]),
        np.concatenate(numbers),
        weights_of(frames.shape[1]),
        scaling,
    )


def scaling_of(frames: Float32, condition: Float32) -> Scaling:
    """Return the scaling that centres frames (N, inputs) and conditions (N, 2)."""
    mean = condition.mean(axis=0)
    spread = np.maximum(condition.std(axis=0), LEAST_SPREAD).astype(np.float32)
    low, high = np.quantile((condition - mean) / spread, (0.01, 0.99), axis=0).astype(np.float32)
    highest = np.quantile(frames, HIGHEST, axis=0).astype(np.float32)
    return Scaling(frames.mean(axis=0), mean, spread, low, high, highest)


def weights_of(inputs: int) -> Tensor:
    """Return the weights of squared errors, (inputs,).

    The sum over cepstra is the mean square error of the envelope over its frequency scale. Noise
    has the weight of ``NOISE_WEIGHT`` of its mean square.
    """
    weights = torch.ones(inputs)
    weights[inputs - NOISE_BANDS :] = NOISE_WEIGHT / NOISE_BANDS
    return weights
