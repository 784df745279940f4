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
from datasets.errors import CheckpointError, reason
from models.estimator.weights import DAMAGE

History = list[dict[str, float]]


@dataclass(frozen=True)
class TrainingState:
    """Save and load the folder ``training`` of a model."""

    folder: Path

    def exists(self) -> bool:
        """Return whether the folder holds a training to continue."""
        return (self.folder / "history.json").exists()

    def save(
        self,
        model: nn.Module,
        optimiser: torch.optim.Optimizer,
        settings: dict[str, Any],
        history: History,
    ) -> None:
        """Save the weights and the optimiser of the last epoch, then the history.

        If the process is killed at any point, the files of the previous epoch remain usable.

        Args:
            model: The network.
            optimiser: The optimiser, with its moments.
            settings: What identifies the training.
            history: The figures of every epoch so far.
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
        """Load the last epoch into the model and the optimiser.

        Args:
            model: The network.
            optimiser: The optimiser.
            settings: What identifies the training; must equal the saved settings.

        Returns:
            The history, empty if the folder holds no training.

        Raises:
            CheckpointError: The state is damaged, or has other settings.
        """
        if not self.exists():
            return []
        path = self.folder / "history.json"
        saved = _history(path)
        if saved["settings"] != settings:
            raise CheckpointError(
                f"{self.folder.parent} holds a training with other settings or data: "
                "choose another --out"
            )
        history: History = saved["history"]
        number = len(history) - 1
        self.load(model, number)
        moments: dict[int, dict[str, Tensor]] = {}
        try:
            for key, value in _tensors(self._optimiser(number)).items():
                parameter, name = key.split(".", 1)
                moments.setdefault(int(parameter), {})[name] = value
            groups = optimiser.state_dict()["param_groups"]
            optimiser.load_state_dict({"state": moments, "param_groups": groups})
        except DAMAGE as error:
            raise _damaged(self._optimiser(number), error) from error
        return history

    def load(self, model: nn.Module, number: int) -> None:
        """Load the weights that a model had after an epoch.

        Raises:
            CheckpointError: The file is damaged or missing, or of another network.
        """
        path = self._weights(number)
        try:
            model.load_state_dict(_tensors(path))
        except DAMAGE as error:
            raise _damaged(path, error) from error

    def _weights(self, number: int) -> Path:
        return self.folder / f"epoch-{number:04d}.safetensors"

    def _optimiser(self, number: int) -> Path:
        return self.folder / f"optimiser-{number:04d}.safetensors"


def best_epoch(history: History) -> int:
    """Return the number of the epoch with the lowest validation loss; -1 before the first.

    Raises:
        CheckpointError: No epoch has a finite loss.
    """
    losses = [row["loss"] if math.isfinite(row["loss"]) else math.inf for row in history]
    if losses and min(losses) == math.inf:
        raise CheckpointError(
            f"the validation loss is not finite after {len(losses)} epochs: lower --learning-rate"
        )
    return losses.index(min(losses)) if losses else -1


def _tensors(path: Path) -> dict[str, Tensor]:
    """Read a safetensors file of a training.

    Raises:
        CheckpointError: The file is damaged or missing.
    """
    try:
        return safetensors.torch.load_file(path)
    except (*DAMAGE, OSError, safetensors.SafetensorError) as error:
        raise _damaged(path, error) from error


def _history(path: Path) -> dict[str, Any]:
    """Return the settings and the history of a training.

    Raises:
        CheckpointError: The file is damaged.
    """
    try:
        saved = json.loads(path.read_bytes())
        rows = saved["history"]
        losses = [float(row["loss"]) for row in rows]
        if not losses or not isinstance(rows, list) or not isinstance(saved["settings"], dict):
            raise ValueError("it has no history")
    except (*DAMAGE, OSError, RecursionError) as error:
        raise _damaged(path, error) from error
    return {"settings": saved["settings"], "history": rows}


def _damaged(path: Path, error: Exception) -> CheckpointError:
    """Return the error of a damaged file."""
    return CheckpointError(
        f"{path} is damaged ({reason(error)}): remove {path.parent} to train from the beginning"
    )
