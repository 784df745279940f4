"""Fit library, surrogate and posterior on a dataset (``patchwright estimator``).

- library: Rendered presets with compact features. A search starts from them.
- surrogate: Predicts the sound of a preset, to screen presets before they are rendered.
- posterior: Samples presets for a sound. A search starts from these too.

The modules are in ``models.estimator``. All three share the library's feature space. Their files
are beside the model's weights. You can fit them again, on more clips than the flow was trained
on; the weights do not change.
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

LIBRARY_PRESETS = 40_000  # At most; they take 16 MB.


@dataclass(frozen=True)
class EstimatorConfig:
    """Hold the settings of both fits and the size of the library.

    Attributes:
        surrogate: Settings of the surrogate's fit.
        posterior: Settings of the posterior's fit.
        library: Most presets in the library.
    """

    surrogate: FitConfig = field(default_factory=lambda: FitConfig(epochs=40))
    posterior: FitConfig = field(default_factory=lambda: FitConfig(epochs=15, learning_rate=1e-3))
    library: int = LIBRARY_PRESETS

    @classmethod
    def of(cls, library: int, epochs: int | None, seed: int) -> EstimatorConfig:
        """Return the default settings with another size, other epochs and another seed.

        Args:
            library: Most presets in the library.
            epochs: Epochs of each network; None keeps the defaults, 40 and 15.
            seed: Of weights and shuffling.

        Returns:
            The settings.
        """
        default = cls()
        return cls(
            replace(default.surrogate, epochs=epochs or default.surrogate.epochs, seed=seed),
            replace(default.posterior, epochs=epochs or default.posterior.epochs, seed=seed),
            library,
        )


@dataclass(frozen=True)
class Rows:
    """Hold clips in the form that both networks take.

    Attributes:
        unit: Unit values, shape (N, P).
        note: MIDI notes, shape (N,).
        features: Features in the library's space, dB, shape (N, K).
        level: RMS level, dBFS, shape (N,).
    """

    unit: Tensor
    note: Tensor
    features: Tensor
    level: Tensor


def fit_estimator(
    store: Store,
    folder: Path,
    config: EstimatorConfig,
    tell: Callable[[str], None] = lambda line: None,
) -> dict[str, Any]:
    """Fit library, surrogate and posterior for a model, and write them beside its weights.

    Args:
        store: The dataset.
        folder: Folder of the model.
        config: Settings of the fits.
        tell: Called with each line of progress.

    Returns:
        The figures of the fits.

    Raises:
        CheckpointError: The model belongs to another synth than the dataset.
        StoreError: The dataset is incomplete.
    """
    checkpoint = load_checkpoint(folder)
    if store.spec.digest() != checkpoint.spec.digest():
        raise CheckpointError(
            f"{store.folder} has spec {store.spec.name} ({store.spec.digest()}), but {folder} has "
            f"{checkpoint.spec.name} ({checkpoint.spec.digest()}): use a dataset of that spec"
        )
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
    """Fit a surrogate.

    Args:
        store: The dataset.
        training: Clips to fit on.
        validation: Clips to validate on.
        config: Settings of the fit.
        tell: Called with each line of progress.

    Returns:
        The surrogate and its figures. ``unexplained`` is the share of the variance of the
        features that the surrogate misses.
    """
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
    """Fit a posterior.

    Args:
        store: The dataset.
        training: Clips to fit on.
        validation: Clips to validate on.
        config: Settings of the fit.
        tell: Called with each line of progress.

    Returns:
        The posterior and its figures.
    """
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
    """Join both splits, and keep the first ``count`` clips in the order of the dataset."""
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
    """Return the features (N, K) of log-mels (N, bands, frames), in the library's space."""
    return np.concatenate(
        [library.project(mels[i : i + 1000].astype(np.float32)) for i in range(0, len(mels), 1000)]
    )
