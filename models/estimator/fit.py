"""Fit a small network to rows in memory, with early stopping.

The learning rate runs through one cycle (Smith and Topin, "Super-convergence", 2018). Every epoch
ends with a validation, and the best weights are kept. A fit takes minutes on one core and cannot be
resumed.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

Loss = Callable[..., Tensor]  # Takes a batch's rows, one tensor for each column of the data.
Progress = Callable[[int, float, float], None]  # Epoch, training loss, validation loss.


@dataclass(frozen=True)
class FitConfig:
    """Set the length and the speed of a fit."""

    epochs: int = 30
    batch: int = 128  # Rows in a step.
    learning_rate: float = 1.5e-3  # Highest rate of the cycle, for AdamW.
    weight_decay: float = 1e-2
    seed: int = 0  # Decides the order of rows and the dropout.
    clip: float = 5.0  # Largest norm of a step's gradient.


@dataclass(frozen=True)
class Fitted:
    """Report the course of a fit."""

    history: tuple[tuple[float, float], ...]  # Training and validation loss of every epoch.
    best: int  # Epoch of the kept weights.

    @property
    def validation(self) -> float:
        """Return the validation loss of the kept weights."""
        return self.history[self.best][1]


def fit(
    network: nn.Module,
    loss: Loss,
    training: Sequence[Tensor],
    validation: Sequence[Tensor],
    config: FitConfig,
    progress: Progress | None = None,
) -> Fitted:
    """Minimise a loss over the training rows; the network ends in evaluation mode.

    Args:
        network: The network to train in place.
        loss: Called with a batch of each tensor's rows. It returns a scalar, the mean over rows.
        training: Columns of the training rows, one tensor each.
        validation: Columns of the validation rows.
        config: Length and speed.
        progress: Called after every epoch with its number and both losses.

    Returns:
        The losses and the best epoch.
    """
    torch.manual_seed(config.seed)
    optimiser = torch.optim.AdamW(
        network.parameters(), config.learning_rate, weight_decay=config.weight_decay
    )
    per_epoch = len(list(_batches(training, config.batch, shuffled=True)))
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, config.learning_rate, config.epochs * per_epoch
    )
    history: list[tuple[float, float]] = []
    best, kept = 0, copy.deepcopy(network.state_dict())
    for epoch in range(config.epochs):
        network.train()
        total = 0.0
        for rows in _batches(training, config.batch, shuffled=True):
            step = loss(*rows)
            optimiser.zero_grad()
            step.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(network.parameters(), config.clip)
            optimiser.step()
            schedule.step()
            total += float(step.detach())
        history.append((total / per_epoch, _validate(network, loss, validation)))
        if history[-1][1] <= history[best][1]:
            best, kept = epoch, copy.deepcopy(network.state_dict())
        if progress:
            progress(epoch, *history[-1])
    network.load_state_dict(kept)
    network.eval()
    return Fitted(tuple(history), best)


@torch.no_grad()
def _validate(network: nn.Module, loss: Loss, rows: Sequence[Tensor]) -> float:
    network.eval()
    parts = list(_batches(rows, 1024, shuffled=False))
    weighted = sum(float(loss(*part)) * len(part[0]) for part in parts)
    return weighted / len(rows[0])


def _batches(columns: Sequence[Tensor], size: int, shuffled: bool) -> Iterator[tuple[Tensor, ...]]:
    """Yield batches of rows; a shuffled pass drops a short last one, unless it is the only one."""
    count = len(columns[0])
    order = torch.randperm(count) if shuffled else torch.arange(count)
    last = count - size + 1 if shuffled and count >= size else count
    for start in range(0, last, size):
        rows = order[start : start + size]
        yield tuple(column[rows] for column in columns)
