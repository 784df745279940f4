"""Run a training step by step and epoch by epoch, and save it after each epoch."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import Tensor

from datasets.atomic_write import check_writable
from datasets.errors import CheckpointError
from models.data.batches import Batch, batches, resident
from models.data.feature_cache import Clips
from models.networks.registry import Network
from models.training.onednn import safe_convolutions
from models.training.state import TrainingState, best_epoch

Epoch = dict[str, float]
VALIDATION_BATCH = 256


@dataclass(frozen=True)
class TrainConfig:
    """Hold the settings of a training; ``PAPER`` is the paper's schedule.

    Attributes:
        epochs: Most epochs.
        batch: Clips in a step, over all devices.
        learning_rate: Of AdamW, at the start. The paper's 2e-4 belongs to its 500 epochs.
        warm_up: Epochs over which the KL weight rises from 0 to 1.
        patience: Epochs without a better validation loss before the training stops.
        seed: Of weights, shuffling and noise.
        schedule: ``cosine`` over the epochs, or ``halve`` when the validation loss stalls.
        halve_after: Stalled epochs before the rate halves, for ``halve`` (section 4.2).
        weight_decay: Of AdamW.
    """

    epochs: int = 60
    batch: int = 128
    learning_rate: float = 1e-3
    warm_up: int = 10
    patience: int = 20
    seed: int = 0
    schedule: Literal["cosine", "halve"] = "cosine"
    halve_after: int = 20
    weight_decay: float = 1e-4


PAPER = TrainConfig(500, 64, 2e-4, 100, 500, 0, "halve", 20, 0.0)


@dataclass(frozen=True)
class Machine:
    """Describe where a training runs; the settings of the model do not depend on it.

    Attributes:
        accelerator: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        devices: Number of processes, one device each. They share each batch.
        compiled: Use torch.compile: minutes of compiling, then faster steps.
        precision: Of the steps. The default is bf16-mixed on CUDA and 32-true elsewhere.
    """

    accelerator: str = "auto"
    devices: int = 1
    compiled: bool = False
    precision: str = ""

    def fabric(self) -> Fabric:
        """Return the launcher of the processes.

        Raises:
            CheckpointError: This machine lacks the device or the precision.
        """
        cuda = self.accelerator in ("auto", "cuda", "gpu") and torch.cuda.is_available()
        if not cuda:
            # With AMX tiles, half precision gave other losses in every run, some of them NaN
            # (docs/research-notes/2026-11-22-amx-half-precision.md). oneDNN reads this variable
            # once, before its first computation.
            os.environ.setdefault("ONEDNN_MAX_CPU_ISA", "AVX512_CORE_BF16")
        try:
            return Fabric(
                accelerator=self.accelerator,
                devices=self.devices,
                precision=self.precision or ("bf16-mixed" if cuda else "32-true"),  # type: ignore[arg-type]
            )
        except Exception as error:  # The library raises many kinds of errors.
            raise CheckpointError(
                f"cannot train on {self.devices} x {self.accelerator} ({error}): "
                "change --accelerator, --devices or --precision"
            ) from error


class Run:
    """Hold a training: the model, the optimiser and the history, also kept on disk.

    Args:
        folder: Folder of the model.
        model: The network to train.
        config: Settings of the training.
        settings: What identifies the training; a resumed training must have the same.
        machine: Device and precision.
    """

    def __init__(
        self,
        folder: Path,
        model: Network,
        config: TrainConfig,
        settings: dict[str, Any],
        machine: Machine | None = None,
    ) -> None:
        machine = machine or Machine()
        self.folder, self.model, self.config, self.settings = folder, model, config, settings
        self.state = TrainingState(folder / "training")
        self.history: list[Epoch] = []
        self.skipped = 0  # Steps of this epoch whose gradient was not finite.
        self._fabric = machine.fabric()
        self._fabric.launch()
        # This halves the time of a step on CPUs; the numbers stay the same.
        model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        # A fused AdamW would confuse moments read from disk with channels-last weights.
        self.optimiser = torch.optim.AdamW(
            model.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay
        )
        self._judge = model.loss
        if machine.compiled:  # Validation uses the loss that is not compiled.
            model.loss = torch.compile(model.loss)  # type: ignore[method-assign]
        self._network, self._stepper = self._fabric.setup(model, self.optimiser)
        self._network.mark_forward_method("loss")

    @property
    def leads(self) -> bool:
        """Return whether this process writes the files and reports the progress."""
        return self._fabric.is_global_zero

    def place(self, clips: Mapping[str, Clips]) -> None:
        """Copy all clips to the device once; the steps then need no copies."""
        self._train = resident(clips["train"], self._fabric.device)
        self._validation = resident(clips["validation"], self._fabric.device)

    def epoch(self, number: int) -> Epoch:
        """Train one epoch, validate, and save the state; return the figures of the epoch."""
        started = time.perf_counter()
        # The seed depends on the epoch: a resumed training then draws the same numbers as an
        # uninterrupted one. All processes use one order, but each draws its own noise.
        seed, rank = self.config.seed * 100_003 + number, self._fabric.global_rank
        order = torch.Generator().manual_seed(seed)
        torch.manual_seed(seed + 1_000_000_007 * rank)
        rate = learning_rate(self.config, number, [row["loss"] for row in self.history])
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        self.model.train()
        self.skipped = 0
        steps = batches(self._train, self.config.batch, order, rank, self._fabric.world_size)
        trained = mean([self.step(batch, number) for batch in steps])
        row = {f"train_{k}": v for k, v in trained.items()} | self.validate()
        row |= {"skipped": float(self.skipped), "learning_rate": rate}
        row["seconds"] = time.perf_counter() - started
        # All processes use the figures of the leading one, and stop at the same epoch.
        self.history.append(self._fabric.broadcast(row))
        if self.leads:
            self.state.save(self.model, self.optimiser, self.settings, self.history)
        self._fabric.barrier()
        return row

    def step(self, batch: Batch, number: int) -> dict[str, Tensor]:
        """Run one optimiser step; skip and count it if its gradient is not finite.

        Args:
            batch: The clips of the step.
            number: Number of the epoch, from 0.

        Returns:
            Each term of the loss, a scalar.
        """
        warm_up = min(1.0, (number + 1) / max(1, self.config.warm_up))
        with safe_convolutions():
            with self._fabric.autocast():
                terms = self._network.loss(batch, warm_up)
            self._stepper.zero_grad(set_to_none=True)
            self._fabric.backward(terms["loss"])
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), 5.0)
        if torch.isfinite(norm):
            self._stepper.step()
        else:
            self.skipped += 1
        return {name: value.detach() for name, value in terms.items()}

    @torch.no_grad()
    def validate(self) -> Epoch:
        """Return the validation loss at full KL weight, with the same noise in every epoch."""
        self.model.eval()
        torch.manual_seed(self.config.seed)
        rows, sizes = [], []
        for batch in batches(self._validation, VALIDATION_BATCH):
            rows.append(self._judge(batch, 1.0))
            sizes.append(len(batch.unit))
        return mean(rows, sizes)

    def stalled(self) -> int:
        """Return the number of epochs since the best validation loss."""
        return len(self.history) - 1 - self.best() if self.history else 0

    def best(self) -> int:
        """Return the number of the epoch with the lowest validation loss; -1 before the first."""
        return best_epoch(self.history)

    def resume(self) -> None:
        """Resume an interrupted training, if the folder holds one.

        Raises:
            CheckpointError: The folder holds a finished model, or another training.
            StoreError: The folder cannot be made or written.
        """
        if (self.folder / "config.json").exists() and not self.state.exists():
            raise CheckpointError(
                f"{self.folder} holds a finished model, and training would overwrite it: "
                "choose another --out"
            )
        check_writable(self.folder / "config.json")  # an epoch takes minutes
        self.history = self.state.resume(self.model, self.optimiser, self.settings)

    def use_best(self) -> None:
        """Load the weights of the best epoch, and move the model to the CPU."""
        self.state.load(self.model, self.best())
        self.model.eval()
        self.model.to("cpu")


def learning_rate(config: TrainConfig, epoch: int, losses: list[float]) -> float:
    """Return the learning rate of an epoch.

    Args:
        config: Settings of the training.
        epoch: Number of the epoch, from 0.
        losses: Validation losses of the epochs before it.

    Returns:
        The learning rate.

    >>> learning_rate(TrainConfig(schedule="halve", halve_after=1, learning_rate=1.0), 2, [3, 4])
    0.5
    """
    if config.schedule == "cosine":
        share = epoch / config.epochs
        return config.learning_rate * (0.02 + 0.49 * (1 + math.cos(math.pi * share)))
    best, stalled, rate = math.inf, 0, config.learning_rate
    for loss in losses:
        stalled = 0 if loss < best else stalled + 1
        best = min(best, loss)
        if stalled == config.halve_after:
            rate, stalled = rate / 2, 0
    return rate


def mean(rows: list[dict[str, Tensor]], sizes: list[int] | None = None) -> Epoch:
    """Return the mean of each term over batches, weighted by ``sizes`` if given."""
    together = {name: torch.stack([row[name] for row in rows]).cpu() for name in rows[0]}
    return {
        name: float(np.average(values.double().numpy(), weights=sizes))
        for name, values in together.items()
    }
