"""A training in progress: settings, device, steps and epochs, saved after each epoch."""

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

from datasets.errors import CheckpointError
from models.data.batches import Batch, batches, resident
from models.data.feature_cache import Clips
from models.networks.registry import Network
from models.training.state import TrainingState, best_epoch

Epoch = dict[str, float]
VALIDATION_BATCH = 256


@dataclass(frozen=True)
class TrainConfig:
    """How long and how fast to train; ``PAPER`` is the paper's schedule."""

    epochs: int = 60  # at most
    batch: int = 128  # clips in a step, over all devices
    learning_rate: float = 1e-3  # Adam; the paper's 2e-4 is for its 500 epochs
    warm_up: int = 10  # epochs over which the KL weight rises from 0 to 1
    patience: int = 20  # epochs without a better validation loss before stopping
    seed: int = 0
    schedule: Literal["cosine", "halve"] = "cosine"  # over the epochs, or halved when stalled
    halve_after: int = 20  # stalled epochs, for ``halve`` (section 4.2)
    weight_decay: float = 1e-4  # of AdamW


PAPER = TrainConfig(500, 64, 2e-4, 100, 500, 0, "halve", 20, 0.0)


@dataclass(frozen=True)
class Machine:
    """Where to train; it changes no setting of the model."""

    accelerator: str = "auto"  # cpu, cuda, mps
    devices: int = 1  # processes, one device each; a batch is shared between them
    compiled: bool = False  # torch.compile: minutes of compiling, then faster steps
    precision: str = ""  # of the steps; default: bf16-mixed on CUDA, 32-true elsewhere

    def fabric(self) -> Fabric:
        """The launcher; CheckpointError names what this machine lacks."""
        cuda = self.accelerator in ("auto", "cuda", "gpu") and torch.cuda.is_available()
        if not cuda:
            # In half precision on AMX tiles the same training gives other losses at every run, NaN
            # among them (docs/research-notes/2026-11-22-amx-half-precision.md). oneDNN reads the
            # variable once, before a process computes anything.
            os.environ.setdefault("ONEDNN_MAX_CPU_ISA", "AVX512_CORE_BF16")
        try:
            return Fabric(
                accelerator=self.accelerator,
                devices=self.devices,
                precision=self.precision or ("bf16-mixed" if cuda else "32-true"),  # type: ignore[arg-type]
            )
        except Exception as error:  # of many kinds, each worded by the library
            raise CheckpointError(
                f"cannot train on {self.devices} x {self.accelerator}: {error}"
            ) from error


class Run:
    """A training under way: the model, the optimiser and the history, in step with the disk."""

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
        self.skipped = 0  # steps of this epoch whose gradient was not finite
        self._fabric = machine.fabric()
        self._fabric.launch()
        # Half the time per step on CPUs; the numbers stay the same.
        model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        # Not fused: that mixes up moments read from the disk with channels-last weights.
        self.optimiser = torch.optim.AdamW(
            model.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay
        )
        self._judge = model.loss
        if machine.compiled:  # its steps only; validation stays as it is
            model.loss = torch.compile(model.loss)  # type: ignore[method-assign]
        self._network, self._stepper = self._fabric.setup(model, self.optimiser)
        self._network.mark_forward_method("loss")

    @property
    def leads(self) -> bool:
        """Whether this is the process that writes and tells, of those that share the batches."""
        return self._fabric.is_global_zero

    def place(self, clips: Mapping[str, Clips]) -> None:
        """Put the clips on the device: no step waits for a copy."""
        self._train = resident(clips["train"], self._fabric.device)
        self._validation = resident(clips["validation"], self._fabric.device)

    def epoch(self, number: int) -> Epoch:
        """One pass over the training split and one over validation; saved before it returns."""
        started = time.perf_counter()
        # Seeded by epoch: a resumed training draws what an uninterrupted one would have. Processes
        # that share batches draw one order, but each its own noise.
        seed, rank = self.config.seed * 100_003 + number, self._fabric.global_rank
        order = torch.Generator().manual_seed(seed)
        torch.manual_seed(seed + 1_000_000_007 * rank)
        rate = learning_rate(self.config, number, [row["loss"] for row in self.history])
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        self.model.train()
        self.skipped = 0
        steps = batches(self._train, self.config.batch, order, rank, self._fabric.world_size)
        learnt = mean([self.step(batch, number) for batch in steps])
        row = {f"train_{k}": v for k, v in learnt.items()} | self.validate()
        row |= {"skipped": float(self.skipped), "learning_rate": rate}
        row["seconds"] = time.perf_counter() - started
        # The leading process judges: all go on, or stop, by the same figures.
        self.history.append(self._fabric.broadcast(row))
        if self.leads:
            self.state.save(self.model, self.optimiser, self.settings, self.history)
        self._fabric.barrier()
        return row

    def step(self, batch: Batch, number: int) -> dict[str, Tensor]:
        """One step of the optimiser; one whose gradient is not finite is left out and counted."""
        warm_up = min(1.0, (number + 1) / max(1, self.config.warm_up))
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
        """The objective on validation, at full KL weight, with the same noise in every epoch."""
        self.model.eval()
        torch.manual_seed(self.config.seed)
        rows, sizes = [], []
        for batch in batches(self._validation, VALIDATION_BATCH):
            rows.append(self._judge(batch, 1.0))
            sizes.append(len(batch.unit))
        return mean(rows, sizes)

    def stalled(self) -> int:
        """Epochs since the best validation loss."""
        return len(self.history) - 1 - self.best() if self.history else 0

    def best(self) -> int:
        """Number of the epoch with the lowest validation loss; -1 before the first."""
        return best_epoch(self.history)

    def resume(self) -> None:
        """Take up a training that was cut off; nothing to do when there is none."""
        if (self.folder / "config.json").exists() and not self.state.exists():
            raise CheckpointError(
                f"{self.folder} holds a finished model without its training state: "
                "choose another --out, it would be overwritten"
            )
        self.history = self.state.resume(self.model, self.optimiser, self.settings)

    def use_best(self) -> None:
        """Load the weights of the best epoch, and leave the device."""
        self.state.load(self.model, self.best())
        self.model.eval()
        self.model.to("cpu")


def learning_rate(config: TrainConfig, epoch: int, losses: list[float]) -> float:
    """The learning rate of an epoch, from the validation losses before it.

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
    """Mean of each term over batches, weighted by their sizes unless those are equal."""
    together = {name: torch.stack([row[name] for row in rows]).cpu() for name in rows[0]}
    return {
        name: float(np.average(values.double().numpy(), weights=sizes))
        for name, values in together.items()
    }
