"""Export a finished training: weights of the best epoch, knobs, start preset and library."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from datasets.storage.store import Store
from models.audio.features import FeatureSettings
from models.checkpoint import Checkpoint, save_checkpoint
from models.data.feature_cache import Clips, load_clips
from models.estimator.library import build_library
from models.networks.flow_vae import FlowVAE
from models.networks.registry import Network
from models.training.loss_plot import draw_curves
from models.training.macros import calibrate_macros, central_preset
from models.training.run import Run


def finish(
    run: Run, store: Store, features: FeatureSettings, clips: Mapping[str, Clips]
) -> Checkpoint[Network]:
    """Make the checkpoint of a finished training; the leading process writes it to disk.

    A ``FlowVAE`` also gets a library, macro-knobs and a start preset.

    Args:
        run: The training, with the weights of its best epoch.
        store: The dataset.
        features: Settings of the log-mel.
        clips: The clips of each split.

    Returns:
        The checkpoint.
    """
    model, history, folder = run.model, run.history, run.folder
    best = history[run.best()]
    metrics: dict[str, Any] = {
        f"validation_{k}": v
        for k, v in best.items()
        if f"train_{k}" in best  # the terms of the loss, without rates and seconds
    }
    checkpoint: Checkpoint[Network] = Checkpoint(
        name=folder.name,
        spec=store.spec,
        features=features,
        model=model,
        macros=(),
        start=np.median(clips["train"].unit, axis=0).astype(np.float32),
        metrics=metrics,
        training=run.settings | {"epochs_run": len(history), "best_epoch": run.best() + 1},
    )
    if isinstance(model, FlowVAE):
        metrics["round_trip_max"] = round_trip(model, clips["train"])
        checkpoint = _playable(checkpoint, model, store, clips)
    if run.leads:
        save_checkpoint(checkpoint, folder)
        draw_curves(history, folder / "learning.png")
    return checkpoint


def _playable(
    checkpoint: Checkpoint[Network], model: FlowVAE, store: Store, clips: Mapping[str, Clips]
) -> Checkpoint:
    """Add the macro-knobs, the start preset and the library to a checkpoint."""
    everything_but_test = load_clips(store, checkpoint.features, ("train", "validation"))
    return Checkpoint(
        checkpoint.name,
        checkpoint.spec,
        checkpoint.features,
        model,
        calibrate_macros(model, store.spec, clips["train"]),
        central_preset(model, clips["train"]),
        checkpoint.metrics,
        checkpoint.training,
        build_library(everything_but_test),
    )


def round_trip(model: FlowVAE, clips: Clips, presets: int = 1000) -> float:
    """Return the largest error of preset -> z -> preset.

    Args:
        model: The network.
        clips: Clips whose presets are used.
        presets: Number of presets, and of random corners of the unit cube.

    Returns:
        The largest absolute error of a unit value.
    """
    some = torch.from_numpy(clips.unit[:presets])
    corners = torch.bernoulli(
        torch.full_like(some, 0.5), generator=torch.Generator().manual_seed(0)
    )
    return model.round_trip(torch.cat([some, corners]))
