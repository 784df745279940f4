"""``patchwright estimator``: fit library, surrogate and posterior on a dataset.

    library     rendered presets with compact features: where a search starts
    surrogate   predicts the sound of a preset: screens what is rendered
    posterior   presets that may have made a sound: more places to start from

The modules are in ``models.estimator``. All three share one feature space, the library's. They lie
beside a model's weights and can be fitted again, on more clips than the flow was trained on,
without touching it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from datasets.atomic_write import replace_file
from datasets.errors import CheckpointError
from datasets.spec import FloatArray
from datasets.storage.store import Store
from models.checkpoint import POSTERIOR_FILE, SURROGATE_FILE, load_checkpoint
from models.data.feature_cache import Clips, load_clips
from models.estimator.fit import FitConfig, Fitted, fit
from models.estimator.library import Library, build_library
from models.estimator.posterior import Posterior, PosteriorConfig
from models.estimator.surrogate import Surrogate, SurrogateConfig
from models.estimator.weights import save_network

LIBRARY_PRESETS = 40_000  # at most: 16 MB of library


@dataclass(frozen=True)
class EstimatorConfig:
    """How long each part is fitted, and how much of the dataset the library holds."""

    surrogate: FitConfig = field(default_factory=lambda: FitConfig(epochs=40))
    posterior: FitConfig = field(default_factory=lambda: FitConfig(epochs=15, learning_rate=1e-3))
    library: int = LIBRARY_PRESETS

    @classmethod
    def of(cls, library: int, epochs: int | None, seed: int) -> EstimatorConfig:
        """The default with so many presets, so many epochs of each network, and a seed."""
        default = cls()
        return cls(
            replace(default.surrogate, epochs=epochs or default.surrogate.epochs, seed=seed),
            replace(default.posterior, epochs=epochs or default.posterior.epochs, seed=seed),
            library,
        )


@dataclass(frozen=True)
class Rows:
    """Clips as the two networks see them."""

    unit: Tensor  # (N, P)
    note: Tensor  # (N,) MIDI
    features: Tensor  # (N, K) dB, of the library
    level: Tensor  # (N,) dBFS, RMS


def fit_estimator(
    store: Store,
    folder: Path,
    config: EstimatorConfig,
    tell: Callable[[str], None] = lambda line: None,
) -> dict[str, Any]:
    """Fit library, surrogate and posterior for the model in ``folder``; the figures of the fits.

    Raises CheckpointError for a model of another synth, StoreError when the dataset is unfinished.
    """
    checkpoint = load_checkpoint(folder)
    if store.spec.digest() != checkpoint.spec.digest():
        raise CheckpointError(f"{store.folder} is of {store.spec.name}, not {checkpoint.spec.name}")
    clips = {
        split: load_clips(store, checkpoint.features, (split,), scored=False)
        for split in ("train", "validation")
    }
    library = build_library(_first(clips["train"], clips["validation"], config.library))
    tell(f"library: {len(library)} presets")
    training, validation = (_rows(store, library, clips[s]) for s in clips)
    surrogate, of_surrogate = fit_surrogate(store, training, validation, config.surrogate, tell)
    posterior, of_posterior = fit_posterior(store, training, validation, config.posterior, tell)
    figures: dict[str, Any] = {"presets": len(library), "clips": len(training.unit)}
    figures |= {"surrogate": of_surrogate, "posterior": of_posterior}
    replace_file(folder / "library.safetensors", library.to_bytes())
    save_network(surrogate, folder / SURROGATE_FILE, of_surrogate)
    save_network(posterior, folder / POSTERIOR_FILE, of_posterior)
    return figures


def fit_surrogate(
    store: Store, training: Rows, validation: Rows, config: FitConfig, tell: Callable[[str], None]
) -> tuple[Surrogate, dict[str, Any]]:
    """A surrogate and its figures; ``unexplained``: the share of variance that it misses."""
    torch.manual_seed(config.seed)
    network = Surrogate(SurrogateConfig.of(store.spec, training.features.shape[1]))
    goals = [torch.cat([rows.features, rows.level[:, None]], 1) for rows in (training, validation)]
    network.mean.copy_(goals[0].mean(0))
    network.scale.fill_(float((goals[0][:, :-1] - network.mean[:-1]).square().mean().sqrt()))
    network.scale[-1] = goals[0][:, -1].std()

    def loss(unit: Tensor, note: Tensor, goal: Tensor) -> Tensor:
        wanted = (goal - network.mean) / network.scale
        return (network.normalised(unit, note) - wanted).square().mean()

    def show(epoch: int, of_training: float, of_validation: float) -> None:
        tell(f"surrogate: epoch {epoch + 1}, {of_training:.3f}, validation {of_validation:.3f}")

    seen = training.unit, training.note, goals[0]
    fitted = fit(network, loss, seen, (validation.unit, validation.note, goals[1]), config, show)
    return network, _figures(fitted) | _errors(network, validation, goals[1])


@torch.no_grad()
def _errors(network: Surrogate, rows: Rows, goals: Tensor) -> dict[str, float]:
    features, level = network(rows.unit, rows.note)
    missed = (features - rows.features).square().sum()
    whole = (rows.features - network.mean[:-1]).square().sum()
    off = (level - goals[:, -1]).abs().median()
    return {"unexplained": float(missed / whole), "level_off_db": float(off)}


def fit_posterior(
    store: Store, training: Rows, validation: Rows, config: FitConfig, tell: Callable[[str], None]
) -> tuple[Posterior, dict[str, Any]]:
    """A posterior and its figures."""
    torch.manual_seed(config.seed)
    network = Posterior(PosteriorConfig.of(store.spec, training.features.shape[1]))
    network.mean.copy_(training.features.mean(0))
    network.scale.copy_(training.features.std(0).clamp(min=1e-3))

    def show(epoch: int, of_training: float, of_validation: float) -> None:
        tell(f"posterior: epoch {epoch + 1}, {of_training:.3f}, validation {of_validation:.3f}")

    seen, unseen = ((rows.features, rows.note, rows.unit) for rows in (training, validation))
    return network, _figures(fit(network, network.loss, seen, unseen, config, show))


def _figures(fitted: Fitted) -> dict[str, Any]:
    return {
        "epochs": len(fitted.history),
        "best_epoch": fitted.best + 1,
        "validation": fitted.validation,
    }


def _first(training: Clips, validation: Clips, count: int) -> Clips:
    """Both splits together, the first clips of the dataset when there are more than ``count``."""
    names = Clips.__dataclass_fields__
    joined = {n: np.concatenate([getattr(training, n), getattr(validation, n)]) for n in names}
    order = np.argsort(joined["index"], kind="stable")[:count]
    return Clips(**{name: values[order] for name, values in joined.items()})


def _rows(store: Store, library: Library, clips: Clips) -> Rows:
    columns = store.columns("index", "rms_db")
    level = np.empty(int(columns["index"].max()) + 1, np.float32)
    level[columns["index"]] = columns["rms_db"]
    return Rows(
        torch.from_numpy(np.array(clips.unit)),
        torch.from_numpy(clips.note.astype(np.float32)),
        torch.from_numpy(project(library, clips.mel)),
        torch.from_numpy(level[clips.index]),
    )


def project(library: Library, mels: np.ndarray[Any, Any]) -> FloatArray:
    """Features (N, K) of log-mels (N, bands, frames)."""
    return np.concatenate(
        [library.project(mels[i : i + 1000].astype(np.float32)) for i in range(0, len(mels), 1000)]
    )
