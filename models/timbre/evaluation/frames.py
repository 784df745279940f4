"""Hold the steady frames of an instrument, and train networks on some of its notes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch

from models.timbre.harmonic.analysis import NoteFrames
from models.timbre.harmonic.network import EnvelopeNetwork, EnvelopeNetworkConfig
from models.timbre.harmonic.training import TrainingConfig, train_network
from models.timbre.harmonic.training_frames import Scaling, TrainingFrames, midi_of, scaling_of

Float32 = npt.NDArray[np.float32]
BoolArray = npt.NDArray[np.bool_]

FRAMES_PER_NOTE = 40
BATCH = 256


@dataclass(frozen=True)
class SteadyFrames:
    """Hold frames of the sustain of all notes, without level and noise, as the paper has them.

    Attributes:
        cepstra: Envelopes in dB, (N, order).
        midi: Measured pitch of each frame, (N,).
        level_db: Level of each frame, (N,).
        pitch: Nearest semitone of the frame's note, (N,).
        note: Number of the frame's note, (N,).
    """

    cepstra: Float32
    midi: Float32
    level_db: Float32
    pitch: npt.NDArray[np.int64]
    note: npt.NDArray[np.int64]

    def where(self, chosen: BoolArray) -> SteadyFrames:
        """Return the chosen frames."""
        return replace(self, **{name: value[chosen] for name, value in vars(self).items()})

    def mean(self) -> Float32:
        """Return the mean envelope, (order,)."""
        return np.asarray(self.cepstra.mean(axis=0), np.float32)

    def mean_at(self, pitch: int) -> Float32:
        """Return the mean envelope of a pitch, (order,)."""
        return np.asarray(self.cepstra[self.pitch == pitch].mean(axis=0), np.float32)


def steady_frames(notes: Sequence[NoteFrames]) -> SteadyFrames:
    """Return at most ``FRAMES_PER_NOTE`` frames of the sustain of each note."""
    parts = []
    for number, note in enumerate(notes):
        used = np.flatnonzero(note.sustain)
        used = used[np.linspace(0, len(used) - 1, min(len(used), FRAMES_PER_NOTE)).astype(int)]
        parts.append(
            (
                note.cepstra[used],
                midi_of(note.f0_hz[used]).astype(np.float32),
                note.level_db[used],
                np.full(len(used), round(note.midi)),
                np.full(len(used), number),
            )
        )
    return SteadyFrames(*(np.concatenate(column) for column in zip(*parts, strict=True)))


@dataclass(frozen=True)
class TrainedEnvelopes:
    """Hold a network with its scaling."""

    network: EnvelopeNetwork
    scaling: Scaling

    @torch.no_grad()
    def rebuilt(self, frames: SteadyFrames) -> Float32:
        """Return the envelopes that the network makes of its own inputs, (N, order)."""
        condition = self.scaling.conditions(frames.midi, frames.level_db)
        mean, _ = self.network.encode(self.scaling.frames_in(frames.cepstra), condition)
        return self.scaling.frames_out(self.network.decode(mean, condition))

    @torch.no_grad()
    def generated(self, midi: npt.ArrayLike, level_db: npt.ArrayLike) -> Float32:
        """Return the envelopes of the latent point 0 at pitches, (N, order)."""
        condition = self.scaling.conditions(midi, level_db)
        zeros = torch.zeros(len(condition), self.network.config.latent)
        return self.scaling.frames_out(self.network.decode(zeros, condition))


def train_on(
    frames: SteadyFrames, kind: str, seed: int, steps: int, **sizes: float
) -> TrainedEnvelopes:
    """Train a network of the paper's sizes on frames.

    Args:
        frames: The frames.
        kind: Network.
        seed: Seed of the training.
        steps: Steps of the training, whatever the number of frames.
        sizes: Fields of the network's config that differ from the paper's.

    Returns:
        The network.
    """
    paper = EnvelopeNetworkConfig(
        kind, frames.cepstra.shape[1], hidden=91, latent=32, beta=0.1, loudness=False
    )
    condition = np.stack([frames.midi, frames.level_db], axis=1)
    scaling = scaling_of(frames.cepstra, condition)
    data = TrainingFrames(
        scaling.frames_in(frames.cepstra),
        scaling.conditions(frames.midi, frames.level_db),
        frames.note,
        torch.ones(frames.cepstra.shape[1]),
        scaling,
    )
    steps_in_epoch = -(-len(frames.note) // BATCH)
    config = TrainingConfig(max(1, steps // steps_in_epoch), BATCH, seed=seed, hold_out=False)
    network, _ = train_network(data, replace(paper, **sizes), config)  # type: ignore[arg-type]
    return TrainedEnvelopes(network, scaling)


def error_db(found: Float32, real: Float32) -> float:
    """Return the RMS difference of envelopes (N, order) in dB, over frames and frequency."""
    return float(np.sqrt(((found - real).astype(np.float64) ** 2).sum(axis=1).mean()))
