"""Train a network of images, block by block, resumable."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from models.timbre.one_shot.network import HitNetwork, HitNetworkConfig
from models.timbre.one_shot.training_images import UNIT_DB, ImageVariations
from models.training.onednn import safe_convolutions
from models.training.state import History, TrainingState

BLOCK = 100  # Steps between two states on disk.

Progress = Callable[[int, int, float], None]


@dataclass(frozen=True)
class HitTrainingConfig:
    """Set the schedule of a training.

    Attributes:
        steps: Steps of Adam.
        batch: Images in a step.
        learning_rate: Of Adam; it falls to 0 along half a cosine.
        seed: Of weights, order and noise.
    """

    steps: int = 1500
    batch: int = 32
    learning_rate: float = 2e-3
    seed: int = 0


def train_hits(
    data: tuple[Tensor, Tensor, Tensor],
    sizes: HitNetworkConfig,
    config: HitTrainingConfig,
    vary: ImageVariations,
    folder: Path | None = None,
    identity: dict[str, Any] | None = None,
    show: Progress | None = None,
) -> tuple[HitNetwork, History]:
    """Train a network; a training in the folder continues.

    Args:
        data: Images, scalars and labels.
        sizes: The network.
        config: The schedule.
        vary: Varies the images.
        folder: Folder of the state; None keeps nothing on disk.
        identity: What else identifies the training, such as its corpus.
        show: Receives the steps so far, all steps, and the error in dB.

    Returns:
        The network, and one row of figures for each block.

    Raises:
        CheckpointError: The folder holds another training.
    """
    with repeatable(config.seed):
        network = HitNetwork(sizes)
        network.scale_to(data[0], data[1])
        optimiser = torch.optim.Adam(network.parameters(), lr=config.learning_rate)
        settings = {"network": asdict(sizes), "training": asdict(config), **(identity or {})}
        state = None if folder is None else TrainingState(folder)
        history = state.resume(network, optimiser, settings) if state else []
        for block in range(len(history), -(-config.steps // BLOCK)):
            history.append({"loss": _block(network, optimiser, data, config, vary, block)})
            if state:
                state.save(network, optimiser, settings, history)
            if show:
                done = min(config.steps, (block + 1) * BLOCK)
                show(done, config.steps, history[-1]["loss"])
        return network.eval(), history


@contextmanager
def repeatable(seed: int) -> Iterator[None]:
    """Use one thread, whose sums have one order, and leave the global random state as it was."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.random.fork_rng(devices=[]), safe_convolutions():
            torch.manual_seed(seed)
            yield
    finally:
        torch.set_num_threads(threads)


def _block(
    network: HitNetwork,
    optimiser: torch.optim.Optimizer,
    data: tuple[Tensor, Tensor, Tensor],
    config: HitTrainingConfig,
    vary: ImageVariations,
    block: int,
) -> float:
    """Train some steps; return the RMS error of the images in dB."""
    images, scalars, labels = data
    network.train()
    errors: list[Tensor] = []
    for step in range(block * BLOCK, min(config.steps, (block + 1) * BLOCK)):
        # A generator for each step: a resumed training draws what an uninterrupted one draws.
        random = torch.Generator().manual_seed(config.seed * 1_000_003 + step)
        rate = config.learning_rate * 0.5 * (1 + np.cos(np.pi * step / config.steps))
        for group in optimiser.param_groups:
            group["lr"] = float(rate)
        rows = torch.randint(len(images), (config.batch,), generator=random)
        clean, numbers = vary.moved(images[rows], scalars[rows], random)
        noise = torch.randn(len(rows), network.config.latent, generator=random)
        loss, error = network.loss(
            (vary.noisy(clean, random), numbers), (clean, numbers), labels[rows], noise
        )
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(network.parameters(), 100.0)
        optimiser.step()
        errors.append(error.detach())
    return UNIT_DB * float(torch.stack(errors).mean().sqrt())
