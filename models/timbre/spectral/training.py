"""Train a spectral network, block by block, resumable (section IV-C)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from models.audio.spectra.chroma import one_hot
from models.timbre.harmonic.training import BestWeights, repeatable
from models.timbre.spectral.frames import TRAIN, VALIDATION, SpectralFrames
from models.timbre.spectral.network import SpectralNetwork, SpectralNetworkConfig
from models.training.state import History, TrainingState

BLOCK = 5  # Epochs between two states on disk.
PART = 4096  # Frames of a batch without gradients.

FitShow = Callable[[int, int, float], None]


@dataclass(frozen=True)
class SpectralTraining:
    """Set the schedule of a training.

    Attributes:
        epochs: Passes over the frames; 300 in the paper.
        batch: Frames in a step; 200 in manne, the paper's code.
        learning_rate: Of Adam; it falls to 0 along half a cosine. In the paper it is 5e-4 and
            constant; a larger one needs fewer epochs.
        penalty: Weight of the sum of the squared weights.
        seed: Of weights, order and noise.
    """

    epochs: int = 100
    batch: int = 128
    learning_rate: float = 1e-3
    penalty: float = 1e-7
    seed: int = 0


def train_spectral(
    data: SpectralFrames,
    split: torch.Tensor,
    sizes: SpectralNetworkConfig,
    config: SpectralTraining,
    folder: Path | None = None,
    identity: dict[str, Any] | None = None,
    show: FitShow | None = None,
) -> tuple[SpectralNetwork, History]:
    """Train a network; a training in the folder continues.

    Args:
        data: The frames.
        split: TRAIN, VALIDATION or TEST for each frame, (N,).
        sizes: The network.
        config: The schedule.
        folder: Folder of the state; None keeps nothing on disk.
        identity: What else identifies the training, such as its corpus.
        show: Receives the epochs so far, all epochs, and the loss.

    Returns:
        The network of the best block, and one row of figures for each block.

    Raises:
        CheckpointError: The folder holds another training, or the loss is not finite.
    """
    with repeatable(config.seed):
        network = SpectralNetwork(sizes)
        frames, chroma = torch.from_numpy(data.frames), torch.from_numpy(one_hot(data.classes))
        known, aside = (torch.nonzero(split == part)[:, 0] for part in (TRAIN, VALIDATION))
        network.start_at(frames[known].mean(dim=0))
        optimiser = torch.optim.Adam(
            network.parameters(), config.learning_rate, weight_decay=2 * config.penalty
        )
        settings = {"network": asdict(sizes), "training": asdict(config), **(identity or {})}
        settings = json.loads(json.dumps(settings))  # As a file gives them: lists, no tuples.
        state = None if folder is None else TrainingState(folder)
        history = state.resume(network, optimiser, settings) if state else []
        best = BestWeights(network, state)
        for block in range(len(history), -(-config.epochs // BLOCK)):
            trained = _block(network, optimiser, (frames, chroma, known), config, block)
            loss = trained
            if len(aside):
                loss = mean_error(network, frames[aside], chroma[aside], sizes.power)
            history.append({"loss": loss, "trained": trained})
            best.update(network, history)
            if state:
                state.save(network, optimiser, settings, history)
            if show:
                show(min(config.epochs, (block + 1) * BLOCK), config.epochs, loss)
        best.restore(network, history)
        return network.eval(), history


def _block(
    network: SpectralNetwork,
    optimiser: torch.optim.Optimizer,
    data: tuple[Tensor, Tensor, Tensor],
    config: SpectralTraining,
    block: int,
) -> float:
    """Train some epochs; return the mean squared error of the last one."""
    frames, chroma, known = data
    network.train()
    errors: list[Tensor] = []
    for epoch in range(block * BLOCK, min(config.epochs, (block + 1) * BLOCK)):
        # A generator for each epoch: a resumed training draws what an uninterrupted one draws.
        generator = torch.Generator().manual_seed(config.seed * 1_000_003 + epoch)
        _set_rate(optimiser, config, epoch)
        errors = []
        for part in torch.split(
            known[torch.randperm(len(known), generator=generator)], config.batch
        ):
            noise = torch.randn(len(part), network.config.latent, generator=generator)
            loss, error = network.loss(frames[part], chroma[part], noise)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            errors.append(error.detach())
    return float(torch.stack(errors).mean())


def _set_rate(optimiser: torch.optim.Optimizer, config: SpectralTraining, epoch: int) -> None:
    rate = config.learning_rate * 0.5 * (1 + np.cos(np.pi * epoch / config.epochs))
    for group in optimiser.param_groups:
        group["lr"] = float(rate)


@torch.no_grad()
def mean_error(
    network: SpectralNetwork, frames: Tensor, chroma: Tensor, power: float = 1.0
) -> float:
    """Return the mean squared error of frames that are encoded and decoded.

    Args:
        network: The network.
        frames: Frames, (N, bins).
        chroma: One-hot note classes, (N, 12).
        power: Both sides are compared to this power.

    Returns:
        The error, a mean over frames and bins.
    """
    network.eval()
    total = 0.0
    for rows, notes in zip(torch.split(frames, PART), torch.split(chroma, PART), strict=True):
        rebuilt = network.decode(network.encode(rows, notes), notes)
        difference = rebuilt.pow(power) - rows.pow(power)
        total += float((difference**2).sum(dtype=torch.float64))
    return total / max(1, frames.numel())


@torch.no_grad()
def latents(network: SpectralNetwork, data: SpectralFrames) -> Tensor:
    """Return the latent point of each frame, (N, latent)."""
    chroma = torch.from_numpy(one_hot(data.classes))
    pairs = zip(
        torch.split(torch.from_numpy(data.frames), PART), torch.split(chroma, PART), strict=True
    )
    return torch.cat([network.encode(rows, notes) for rows, notes in pairs])
