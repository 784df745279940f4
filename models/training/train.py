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
    """Train a model on a dataset and write the checkpoint to ``folder``; resumes what is there.

    ``kind`` is one of ``models.networks.registry.KINDS``; ``network`` overrides fields of its
    config. Tag pairs are learnt where the dataset has tags. Raises CheckpointError when ``folder``
    holds a training with other settings or data, StoreError when the dataset has no usable clips.
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
    """Count the tag pairs to learn: all, as many as there are dimensions, or none without tags.

    Raises:
        StoreError: Only some pairs have tags, so a knob would be named after nothing; or tags are
            ``required`` and there are none.
    """
    known = np.any(clips.signs, axis=0).tolist()
    if required and not any(known):
        raise StoreError(f"{store.folder} has no tags for flow_dis: run patchwright tag first")
    bare = [pair.name for pair, has in zip(PAIRS, known, strict=True) if not has]
    if any(known) and bare:
        raise StoreError(
            f"{store.folder} has tags, but none of {', '.join(bare)}: tag it without --replace"
        )
    return min(len(PAIRS), len(store.spec.continuous)) if any(known) else 0


def normalise(model: Network, clips: Clips) -> None:
    """Zero mean, unit variance over the training split only (the paper, section 4.1)."""
    some = np.asarray(clips.mel[:: max(1, len(clips) // 2000)], np.float32)
    model.mel_mean.fill_(float(some.mean()))
    model.mel_std.fill_(float(some.std()))
    if isinstance(model, PaperModel):
        model.clips.fill_(len(clips))


def identity(store: Store, config: TrainConfig, model: Network, clips: Clips) -> dict[str, Any]:
    """What a training is, its tags included: resuming with anything else is refused."""
    data = {k: store.manifest[k] for k in ("spec_digest", "seed", "count", "canary")}
    data["recipe"] = store.manifest.get("recipe_digest", "")
    data["tags"] = hashlib.sha256(clips.signs.tobytes()).hexdigest()[:16]
    settings = {"data": data, "train": asdict(config), "model": kind_of(model)}
    return json.loads(json.dumps(settings | {"network": config_of(model)}))  # type: ignore[no-any-return]
