"""Training, one file read downward: clips, epochs, validation, early stop, checkpoint."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.torch
import torch
from torch import Tensor

from datasets.errors import CheckpointError
from datasets.store import Store, replace_file
from models.checkpoint import Checkpoint, save_checkpoint
from models.curves import TERMS, draw_curves
from models.feature_cache import Clips, load_clips
from models.features import FeatureSettings
from models.flow_vae import FlowVAE, FlowVAEConfig
from models.library import build_library
from models.macros import calibrate_macros, central_preset

Epoch = dict[str, float]


@dataclass(frozen=True)
class TrainConfig:
    """How long and how fast to train."""

    epochs: int = 60  # at most; the learning rate falls along a cosine over them
    batch: int = 128  # clips in a step
    learning_rate: float = 1e-3  # Adam; the paper's 2e-4 is for its 500 epochs
    warm_up: int = 10  # epochs over which the KL weight rises from 0 to 1
    patience: int = 20  # epochs without a better validation loss before stopping
    seed: int = 0


def train(
    store: Store,
    folder: Path,
    config: TrainConfig,
    network: dict[str, Any] | None = None,
    progress: Callable[[int, Epoch], None] | None = None,
    features_progress: Callable[[int, int], None] | None = None,
) -> Checkpoint:
    """Train a flow-VAE on a dataset and write the checkpoint to ``folder``; resumes what is there.

    ``network`` overrides fields of FlowVAEConfig. Raises CheckpointError when ``folder`` holds a
    training with other settings or data, StoreError when the dataset has no usable clips.
    """
    spec = store.spec
    features = FeatureSettings(
        sample_rate=spec.sample_rate, duration_s=spec.note.length_s, reference_note=60
    )
    clips = {
        split: load_clips(store, features, (split,), features_progress)
        for split in ("train", "validation")
    }
    torch.manual_seed(config.seed)
    model = FlowVAE(
        FlowVAEConfig(
            bands=features.bands,
            frames=features.frames,
            continuous=tuple(spec.continuous.tolist()),
            stepped=tuple(spec.stepped.tolist()),
            steps=spec.steps,
            **(network or {}),
        )
    )
    normalise(model, clips["train"])
    # Half the time per step on CPUs; the numbers stay the same.
    model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    run = Run(folder, model, config, identity(store, config, model))
    run.resume()
    for epoch in range(len(run.history), config.epochs):
        if run.stalled() >= config.patience:
            break
        row = run.epoch(epoch, clips["train"], clips["validation"])
        if progress:
            progress(epoch, row)
    run.use_best()
    return finish(run, store, features, clips)


def normalise(model: FlowVAE, clips: Clips) -> None:
    """Zero mean, unit variance over the training split only (the paper, section 4.1)."""
    some = np.asarray(clips.mel[:: max(1, len(clips) // 2000)], np.float32)
    model.mel_mean.fill_(float(some.mean()))
    model.mel_std.fill_(float(some.std()))


def identity(store: Store, config: TrainConfig, model: FlowVAE) -> dict[str, Any]:
    """What a training is: resuming with anything else is refused."""
    data = {k: store.manifest[k] for k in ("spec_digest", "seed", "count", "canary")}
    settings = {"data": data, "train": asdict(config), "network": asdict(model.config)}
    return json.loads(json.dumps(settings))  # type: ignore[no-any-return]


class Run:
    """A training under way: the model, the optimiser and the history, in step with the disk."""

    def __init__(
        self, folder: Path, model: FlowVAE, config: TrainConfig, settings: dict[str, Any]
    ) -> None:
        self.folder, self.model, self.config, self.settings = folder, model, config, settings
        self.optimiser = torch.optim.AdamW(
            model.parameters(), lr=config.learning_rate, weight_decay=1e-4
        )
        self.history: list[Epoch] = []

    @property
    def state(self) -> Path:
        """Where resuming finds its state."""
        return self.folder / "training"

    def epoch(self, number: int, train: Clips, validation: Clips) -> Epoch:
        """One pass over the training split and one over validation; saved before it returns."""
        started = time.perf_counter()
        # Seeded by epoch: a resumed training draws what an uninterrupted one would have.
        torch.manual_seed(self.config.seed * 100_003 + number)
        for group in self.optimiser.param_groups:
            share = number / self.config.epochs
            group["lr"] = self.config.learning_rate * (
                0.02 + 0.49 * (1 + math.cos(math.pi * share))
            )
        self.model.train()
        learnt = mean([self.step(batch, number) for batch in batches(train, self.config.batch)])
        row = {f"train_{k}": v for k, v in learnt.items()} | self.validate(validation)
        row["seconds"] = time.perf_counter() - started
        self.history.append(row)
        self.save()
        return row

    def step(self, batch: tuple[Tensor, Tensor, Tensor], number: int) -> Epoch:
        """One step of the optimiser."""
        warm_up = min(1.0, (number + 1) / max(1, self.config.warm_up))
        terms = self.model.loss(*batch, warm_up)
        self.optimiser.zero_grad(set_to_none=True)
        terms["loss"].backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 5.0)
        self.optimiser.step()
        return {name: float(value.detach()) for name, value in terms.items()}

    @torch.no_grad()
    def validate(self, clips: Clips) -> Epoch:
        """The objective on validation, at full KL weight."""
        self.model.eval()
        rows, sizes = [], []
        for batch in batches(clips, 256, shuffle=False):
            rows.append({k: float(v) for k, v in self.model.loss(*batch, 1.0).items()})
            sizes.append(len(batch[0]))
        return mean(rows, sizes)

    def stalled(self) -> int:
        """Epochs since the best validation loss."""
        return len(self.history) - 1 - self.best() if self.history else 0

    def best(self) -> int:
        """Number of the epoch with the lowest validation loss."""
        losses = [row["loss"] for row in self.history]
        return losses.index(min(losses))

    def save(self) -> None:
        """Weights and optimiser under the epoch's number, then the history that counts on them.

        A kill at any point leaves the history and the files of the epoch before it.
        """
        self.state.mkdir(parents=True, exist_ok=True)
        number = len(self.history) - 1
        weights = safetensors.torch.save(contiguous(self.model.state_dict()))
        replace_file(self.weights(number), weights)
        moments = {
            f"{i}.{name}": value.contiguous()
            for i, entry in self.optimiser.state_dict()["state"].items()
            for name, value in entry.items()
        }
        replace_file(self.optimiser_file(number), safetensors.torch.save(moments))
        text = json.dumps({"settings": self.settings, "history": self.history}, indent=1)
        replace_file(self.state / "history.json", text.encode())
        needed = {self.weights(number), self.weights(self.best()), self.optimiser_file(number)}
        for path in set(self.state.glob("*.safetensors")) - needed:
            path.unlink()

    def weights(self, number: int) -> Path:
        """The weights after an epoch."""
        return self.state / f"epoch-{number:04d}.safetensors"

    def optimiser_file(self, number: int) -> Path:
        """The optimiser's moments after an epoch."""
        return self.state / f"optimiser-{number:04d}.safetensors"

    def resume(self) -> None:
        """Take up a training that was cut off; nothing to do when there is none."""
        try:
            saved = json.loads((self.state / "history.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            if (self.folder / "config.json").exists():
                raise CheckpointError(
                    f"{self.folder} holds a finished model without its training state: "
                    "choose another --out, it would be overwritten"
                ) from None
            return
        except ValueError as error:
            raise CheckpointError(f"{self.state / 'history.json'} is damaged: {error}") from error
        if saved["settings"] != self.settings:
            raise CheckpointError(
                f"{self.folder} holds a training with other settings or data: choose another --out"
            )
        number = len(saved["history"]) - 1
        self.model.load_state_dict(load_tensors(self.weights(number)))
        moments: dict[int, dict[str, Tensor]] = {}
        for key, value in load_tensors(self.optimiser_file(number)).items():
            parameter, name = key.split(".", 1)
            moments.setdefault(int(parameter), {})[name] = value
        groups = self.optimiser.state_dict()["param_groups"]
        self.optimiser.load_state_dict({"state": moments, "param_groups": groups})
        self.history = saved["history"]

    def use_best(self) -> None:
        """Load the weights of the best epoch."""
        self.model.load_state_dict(load_tensors(self.weights(self.best())))
        self.model.eval()


def finish(
    run: Run, store: Store, features: FeatureSettings, clips: dict[str, Clips]
) -> Checkpoint:
    """The checkpoint of a finished training: weights, library, macros, metrics, curves."""
    best = run.history[run.best()]
    metrics = {f"validation_{k}": best[k] for k in TERMS}
    metrics["round_trip_max"] = round_trip(run.model, clips["train"])
    everything_but_test = load_clips(store, features, ("train", "validation"))
    checkpoint = Checkpoint(
        name=run.folder.name,
        spec=store.spec,
        features=features,
        model=run.model,
        macros=calibrate_macros(run.model, store.spec, clips["train"]),
        start=central_preset(run.model, clips["train"]),
        metrics=metrics,
        training=run.settings | {"epochs_run": len(run.history), "best_epoch": run.best() + 1},
        library=build_library(everything_but_test),
    )
    save_checkpoint(checkpoint, run.folder)
    draw_curves(run.history, run.folder / "learning.png")
    return checkpoint


def round_trip(model: FlowVAE, clips: Clips, presets: int = 1000) -> float:
    """Largest error of preset -> z -> preset, on some presets and as many corners of the cube."""
    some = torch.from_numpy(clips.unit[:presets])
    corners = torch.bernoulli(
        torch.full_like(some, 0.5), generator=torch.Generator().manual_seed(0)
    )
    return model.round_trip(torch.cat([some, corners]))


def load_tensors(path: Path) -> dict[str, Tensor]:
    """A safetensors file of a training; CheckpointError when it is damaged or gone."""
    try:
        return safetensors.torch.load_file(path)
    except (OSError, safetensors.SafetensorError) as error:
        raise CheckpointError(
            f"{path} is damaged ({error}): remove {path.parent} to train from the beginning"
        ) from error


def batches(
    clips: Clips, size: int, shuffle: bool = True
) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """(mel, note, unit) batches; the last one of a shuffled pass is dropped if it is short."""
    order = torch.randperm(len(clips)).numpy() if shuffle else np.arange(len(clips))
    last = len(order) - size + 1 if shuffle and len(order) >= size else len(order)
    for start in range(0, last, size):
        rows = order[start : start + size]
        yield (
            torch.from_numpy(clips.mel[rows].astype(np.float32)),
            torch.from_numpy(clips.note[rows].astype(np.float32)),
            torch.from_numpy(clips.unit[rows]),
        )


def mean(rows: list[Epoch], sizes: list[int] | None = None) -> Epoch:
    """Mean of each term over batches, weighted by their sizes unless those are equal."""
    return {name: float(np.average([row[name] for row in rows], weights=sizes)) for name in rows[0]}


def contiguous(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """The tensors as safetensors takes them."""
    return {name: value.contiguous() for name, value in state.items()}
