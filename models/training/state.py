"""Save and resume a training: weights, optimiser and history."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import Tensor, nn

from datasets.atomic_write import replace_file
from datasets.errors import CheckpointError

History = list[dict[str, float]]


@dataclass(frozen=True)
class TrainingState:
    """The folder ``training`` of a model."""

    folder: Path

    def exists(self) -> bool:
        """Whether there is a training to take up."""
        return (self.folder / "history.json").exists()

    def save(
        self,
        model: nn.Module,
        optimiser: torch.optim.Optimizer,
        settings: dict[str, Any],
        history: History,
    ) -> None:
        """Weights and optimiser under the epoch's number, then the history that counts on them.

        A kill at any point leaves the history and the files of the epoch before it.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        number = len(history) - 1
        weights = {name: value.contiguous() for name, value in model.state_dict().items()}
        replace_file(self._weights(number), safetensors.torch.save(weights))
        moments = {
            f"{i}.{name}": value.contiguous()
            for i, entry in optimiser.state_dict()["state"].items()
            for name, value in entry.items()
        }
        replace_file(self._optimiser(number), safetensors.torch.save(moments))
        text = json.dumps({"settings": settings, "history": history}, indent=1)
        replace_file(self.folder / "history.json", text.encode())
        needed = {
            self._weights(number),
            self._weights(best_epoch(history)),
            self._optimiser(number),
        }
        for path in set(self.folder.glob("*.safetensors")) - needed:
            path.unlink()

    def resume(
        self, model: nn.Module, optimiser: torch.optim.Optimizer, settings: dict[str, Any]
    ) -> History:
        """Load the last epoch; its history, empty when there is no training here.

        Raises CheckpointError when it is damaged, or of other settings.
        """
        if not self.exists():
            return []
        path = self.folder / "history.json"
        try:
            saved = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise CheckpointError(f"{path} is damaged: {error}") from error
        if saved["settings"] != settings:
            raise CheckpointError(
                f"{self.folder.parent} holds a training with other settings or data: "
                "choose another --out"
            )
        history: History = saved["history"]
        number = len(history) - 1
        self.load(model, number)
        moments: dict[int, dict[str, Tensor]] = {}
        for key, value in _tensors(self._optimiser(number)).items():
            parameter, name = key.split(".", 1)
            moments.setdefault(int(parameter), {})[name] = value
        groups = optimiser.state_dict()["param_groups"]
        optimiser.load_state_dict({"state": moments, "param_groups": groups})
        return history

    def load(self, model: nn.Module, number: int) -> None:
        """Give a model its weights after an epoch."""
        model.load_state_dict(_tensors(self._weights(number)))

    def _weights(self, number: int) -> Path:
        return self.folder / f"epoch-{number:04d}.safetensors"

    def _optimiser(self, number: int) -> Path:
        return self.folder / f"optimiser-{number:04d}.safetensors"


def best_epoch(history: History) -> int:
    """Position of the epoch with the lowest validation loss; -1 before the first.

    Raises CheckpointError when no epoch has a finite one.
    """
    losses = [row["loss"] if math.isfinite(row["loss"]) else math.inf for row in history]
    if losses and min(losses) == math.inf:
        raise CheckpointError(
            f"the validation loss is not finite after {len(losses)} epochs: lower --learning-rate"
        )
    return losses.index(min(losses)) if losses else -1


def _tensors(path: Path) -> dict[str, Tensor]:
    """A safetensors file of a training; CheckpointError when it is damaged or gone."""
    try:
        return safetensors.torch.load_file(path)
    except (OSError, safetensors.SafetensorError) as error:
        raise CheckpointError(
            f"{path} is damaged ({error}): remove {path.parent} to train from the beginning"
        ) from error
