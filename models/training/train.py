"""Train a model on a dataset, from clips to checkpoint."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch

from datasets.errors import StoreError
from datasets.storage.store import Store
from datasets.tags import PAIRS
from models.audio.features import FeatureSettings
from models.checkpoint import Checkpoint
from models.data.feature_cache import Clips, load_clips
from models.networks.esling2019 import PaperModel
from models.networks.registry import OURS, Network, config_of, kind_of, new_network
from models.training.export import finish
from models.training.run import Epoch, Machine, Run, TrainConfig


def train(
    store: Store,
    folder: Path,
    config: TrainConfig,
    network: Mapping[str, Any] | None = None,
    progress: Callable[[int, Epoch], None] | None = None,
    features_progress: Callable[[int, int], None] | None = None,
    kind: str = OURS,
    machine: Machine | None = None,
) -> Checkpoint[Network]:
    """Train a model on a dataset and write its checkpoint; continue an interrupted training.

    The model learns tag pairs if the dataset has tags.

    Args:
        store: The dataset.
        folder: Folder of the model.
        config: Settings of the training.
        network: Fields of the network's config to override.
        progress: Called with the number and the figures of each epoch.
        features_progress: Called with the parts done and all parts while features are computed.
        kind: One of ``models.networks.registry.KINDS``.
        machine: Device and precision.

    Returns:
        The checkpoint with the weights of the best epoch.

    Raises:
        CheckpointError: ``folder`` holds a training with other settings or data.
        StoreError: The dataset is incomplete, has no usable clips, or lacks tags.
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
    pairs = learnt_pairs(store, clips["train"], required=kind == "flow_dis")
    model = new_network(kind, spec, features, pairs, network)
    normalise(model, clips["train"])
    settings = identity(store, config, model, clips["train"])
    run = Run(folder, model, config, settings, machine or Machine())
    run.resume()
    run.place(clips)
    for epoch in range(len(run.history), config.epochs):
        if run.stalled() >= config.patience:
            break
        row = run.epoch(epoch)
        if progress and run.leads:
            progress(epoch, row)
    run.use_best()
    return finish(run, store, features, clips)


def learnt_pairs(store: Store, clips: Clips, required: bool = False) -> int:
    """Count the tag pairs to learn: all that the latent space has room for, or 0 without tags.

    Args:
        store: The dataset.
        clips: The training clips.
        required: Whether the model cannot train without tags.

    Returns:
        The number of pairs.

    Raises:
        StoreError: Only some pairs have tags, or ``required`` and there are no tags.
    """
    known = np.any(clips.signs, axis=0).tolist()
    if required and not any(known):
        raise StoreError(f"{store.folder} has no tags for flow_dis: run patchwright tag first")
    bare = [pair.name for pair, has in zip(PAIRS, known, strict=True) if not has]
    if any(known) and bare:
        raise StoreError(
            f"{store.folder} has tags, but none of {', '.join(bare)}: "
            "run patchwright tag without --replace"
        )
    return min(len(PAIRS), len(store.spec.continuous)) if any(known) else 0


def normalise(model: Network, clips: Clips) -> None:
    """Store the mean and deviation of the training log-mels in the model (section 4.1)."""
    some = np.asarray(clips.mel[:: max(1, len(clips) // 2000)], np.float32)
    model.mel_mean.fill_(float(some.mean()))
    model.mel_std.fill_(float(some.std()))
    if isinstance(model, PaperModel):
        model.clips.fill_(len(clips))


def identity(store: Store, config: TrainConfig, model: Network, clips: Clips) -> dict[str, Any]:
    """Return what identifies a training: data, tags, settings and network.

    A training resumes only if these are the same.

    Args:
        store: The dataset.
        config: Settings of the training.
        model: The network.
        clips: The training clips, for their tags.

    Returns:
        Plain JSON values.
    """
    data = {k: store.manifest[k] for k in ("spec_digest", "seed", "count", "canary")}
    data["recipe"] = store.manifest.get("recipe_digest", "")
    if split := store.manifest.get("split"):  # only then, so older trainings resume
        data["split"] = split
    data["tags"] = hashlib.sha256(clips.signs.tobytes()).hexdigest()[:16]
    settings = {"data": data, "train": asdict(config), "model": kind_of(model)}
    return json.loads(json.dumps(settings | {"network": config_of(model)}))  # type: ignore[no-any-return]
