"""Save and load a one-shot model: ``timbre.json``, ``model.safetensors`` and ``card.md``."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy
import torch

from datasets.atomic_write import replace_file
from datasets.errors import CheckpointError, PatchwrightError, reason
from datasets.foreign_files import typed
from models.estimator.weights import DAMAGE
from models.networks.sized import sized_network
from models.timbre.harmonic.files import FORMAT, VERSION
from models.timbre.harmonic.latent_axes import LatentAxes
from models.timbre.one_shot.card import hit_card
from models.timbre.one_shot.images.image import ImageSettings
from models.timbre.one_shot.model import KnownHits, OneShotModel
from models.timbre.one_shot.network import HitNetwork, HitNetworkConfig
from models.timbre.one_shot.training_images import ImageScaling

Arrays = dict[str, np.ndarray[Any, Any]]
HALF = ("network.", "scaling.mean")  # Starts of the names of arrays in half precision.
LABELS = "known.labels"


def save_hits(model: OneShotModel, folder: Path) -> None:
    """Write a model. ``timbre.json`` is last, with the hash of the arrays.

    Raises:
        StoreError: The folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    content = safetensors.numpy.save(_arrays(model))
    config = {
        "format": FORMAT,
        "version": VERSION,
        "kind": model.kind,
        "name": model.name,
        "classes": list(model.classes),
        "image": asdict(model.image),
        "network": asdict(model.network.config),
        "sounds": list(model.known.names),
        "facts": dict(model.facts),
        "arrays_sha256": hashlib.sha256(content).hexdigest(),
    }
    replace_file(folder / "model.safetensors", content)
    replace_file(folder / "card.md", hit_card(model).encode())
    replace_file(folder / "timbre.json", json.dumps(config, indent=1).encode())


def _arrays(model: OneShotModel) -> Arrays:
    """Return all arrays of a model by name."""
    weights = model.network.state_dict()
    arrays: Arrays = {f"network.{name}": value.numpy() for name, value in weights.items()}
    for name, part in (
        ("scaling", model.scaling),
        ("latent", model.latent),
        ("known", model.known),
    ):
        for key, value in vars(part).items():
            if isinstance(value, np.ndarray):
                arrays[f"{name}.{key}"] = value
    return {
        name: np.ascontiguousarray(value.astype(np.float16) if name.startswith(HALF) else value)
        for name, value in arrays.items()
    }


def load_hits(folder: Path, config: Mapping[str, Any]) -> OneShotModel:
    """Load a one-shot model.

    Args:
        folder: Folder of the model.
        config: Content of its ``timbre.json``, of this format and version.

    Returns:
        The model.

    Raises:
        CheckpointError: A file is missing or damaged.
    """
    path = folder / "model.safetensors"
    try:
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() != config["arrays_sha256"]:
            raise CheckpointError("model.safetensors belongs to another timbre.json")
        arrays = safetensors.numpy.load(content)
        return _model(config, arrays, len(content))
    except (*DAMAGE, OSError, safetensors.SafetensorError, PatchwrightError) as error:
        raise CheckpointError(
            f"{folder} is damaged ({reason(error)}): copy it again, or fit it again"
        ) from error


def _model(config: Mapping[str, Any], arrays: Arrays, size: int) -> OneShotModel:
    """Return the model of a config and its arrays."""
    arrays = {k: v if k == LABELS else v.astype(np.float32) for k, v in arrays.items()}
    image = typed(ImageSettings, config["image"], "image:", CheckpointError)
    sizes = typed(HitNetworkConfig, config["network"], "network:", CheckpointError)
    network = sized_network(lambda: HitNetwork(sizes), asdict(sizes), size)
    weights = _part(arrays, "network")
    network.load_state_dict({name: torch.from_numpy(value) for name, value in weights.items()})
    return OneShotModel(
        str(config["name"]),
        tuple(map(str, config["classes"])),
        image,
        network.eval(),
        ImageScaling(**_part(arrays, "scaling")),
        LatentAxes(**_part(arrays, "latent")),
        KnownHits(tuple(map(str, config["sounds"])), **_part(arrays, "known")),
        dict(config["facts"]),
    )


def _part(arrays: Arrays, name: str) -> dict[str, Any]:
    """Return the arrays whose names start with ``name.``, without that."""
    start = f"{name}."
    return {key[len(start) :]: value for key, value in arrays.items() if key.startswith(start)}
