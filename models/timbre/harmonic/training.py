"""Train an envelope network, block by block, resumable."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from models.timbre.harmonic.network import EnvelopeNetwork, EnvelopeNetworkConfig
from models.timbre.harmonic.training_frames import TrainingFrames
from models.training.state import History, TrainingState, best_epoch

BLOCK = 10  # Epochs between two states on disk.
HELD_OUT_OF = 8  # One note of this many is held out, if there are enough notes.
FEWEST_FOR_HOLDING_OUT = 16

Progress = Callable[[int, int, float], None]


@dataclass(frozen=True)
class TrainingConfig:
    """Set the schedule of a training.

    Attributes:
        epochs: Passes over the frames; 2000 in the paper.
        batch: Frames in a step.
        learning_rate: Of Adam; it falls to 0 along half a cosine.
        seed: Of weights, order and noise.
        hold_out: True to hold out some notes, and keep the best block on them.
    """

    epochs: int = 200
    batch: int = 512
    learning_rate: float = 1e-3
    seed: int = 0
    hold_out: bool = True


def held_out(notes: int, config: TrainingConfig) -> list[int]:
    """Return the numbers of the notes that validate a training."""
    if not config.hold_out or notes < FEWEST_FOR_HOLDING_OUT:
        return []
    return list(range(HELD_OUT_OF // 2, notes, HELD_OUT_OF))


def train_network(
    data: TrainingFrames,
    sizes: EnvelopeNetworkConfig,
    config: TrainingConfig,
    folder: Path | None = None,
    identity: dict[str, Any] | None = None,
    show: Progress | None = None,
) -> tuple[EnvelopeNetwork, History]:
    """Train a network; a training in the folder continues.

    Args:
        data: The frames.
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
        network = EnvelopeNetwork(sizes)
        optimiser = torch.optim.Adam(network.parameters(), lr=config.learning_rate)
        settings = {"network": asdict(sizes), "training": asdict(config), **(identity or {})}
        state = None if folder is None else TrainingState(folder)
        history = state.resume(network, optimiser, settings) if state else []
        best = BestWeights(network, state)
        blocks = -(-config.epochs // BLOCK)
        for block in range(len(history), blocks):
            history.append(_block(network, optimiser, data, config, block))
            best.update(network, history)
            if state:
                state.save(network, optimiser, settings, history)
            if show:
                show(min(config.epochs, (block + 1) * BLOCK), config.epochs, history[-1]["loss"])
        best.restore(network, history)
        return network.eval(), history


@contextmanager
def repeatable(seed: int) -> Iterator[None]:
    """Use one thread, whose sums have one order, and leave the global random state as it was."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            yield
    finally:
        torch.set_num_threads(threads)


class BestWeights:
    """Keep the weights of the best block, in memory or in the state on disk."""

    def __init__(self, network: nn.Module, state: TrainingState | None) -> None:
        self._state = state
        self._weights = {name: value.clone() for name, value in network.state_dict().items()}

    def update(self, network: nn.Module, history: History) -> None:
        """Copy the weights if the last block is the best one."""
        if best_epoch(history) == len(history) - 1:
            self._weights = {name: value.clone() for name, value in network.state_dict().items()}

    def restore(self, network: nn.Module, history: History) -> None:
        """Load the best weights into the network."""
        if self._state:
            self._state.load(network, best_epoch(history))
        else:
            network.load_state_dict(self._weights)


def _block(
    network: EnvelopeNetwork,
    optimiser: torch.optim.Optimizer,
    data: TrainingFrames,
    config: TrainingConfig,
    block: int,
) -> dict[str, float]:
    """Train some epochs; return the losses of training and validation."""
    aside = np.isin(data.note, held_out(int(data.note.max()) + 1, config))
    rows = torch.from_numpy(np.flatnonzero(~aside))
    network.train()
    errors: list[Tensor] = []
    for epoch in range(block * BLOCK, min(config.epochs, (block + 1) * BLOCK)):
        # A generator for each epoch: a resumed training draws what an uninterrupted one draws.
        generator = torch.Generator().manual_seed(config.seed * 1_000_003 + epoch)
        _set_rate(optimiser, config, epoch)
        order = rows[torch.randperm(len(rows), generator=generator)]
        for part in torch.split(order, config.batch):
            noise = torch.randn(len(part), network.config.latent, generator=generator)
            loss, error = network.loss(
                data.frames[part], data.conditions[part], data.weights, noise
            )
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            errors.append(error.detach())
    trained = float(torch.stack(errors).mean())
    validated = _validate(network, data, aside) if aside.any() else trained
    return {"loss": validated, "trained": trained}


def _set_rate(optimiser: torch.optim.Optimizer, config: TrainingConfig, epoch: int) -> None:
    rate = config.learning_rate * 0.5 * (1 + np.cos(np.pi * epoch / config.epochs))
    for group in optimiser.param_groups:
        group["lr"] = float(rate)


@torch.no_grad()
def _validate(
    network: EnvelopeNetwork, data: TrainingFrames, aside: npt.NDArray[np.bool_]
) -> float:
    """Return the error of the notes that were held out, decoded from their mean."""
    network.eval()
    frames, condition = data.frames[aside], data.conditions[aside]
    rebuilt = network.decode(network.encode(frames, condition)[0], condition)
    return float((data.weights * (rebuilt - frames) ** 2).sum(dim=1).mean())
