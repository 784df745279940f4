"""Save and load a harmonic model: ``timbre.json``, ``model.safetensors`` and ``card.md``."""

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
from models.timbre.harmonic.card import model_card
from models.timbre.harmonic.cepstrum import EnvelopeSettings
from models.timbre.harmonic.latent_axes import LatentAxes
from models.timbre.harmonic.model import HarmonicModel, KnownNotes
from models.timbre.harmonic.network import EnvelopeNetwork, EnvelopeNetworkConfig
from models.timbre.harmonic.shape_over_time import TimeShapes
from models.timbre.harmonic.training_frames import Scaling

FORMAT, VERSION = "patchwright timbre", 1
HALF = ("shapes.level_db", "shapes.path")  # Large arrays that need no more precision.
Arrays = dict[str, np.ndarray[Any, Any]]


def save_model(model: HarmonicModel, folder: Path) -> None:
    """Write a model. ``timbre.json`` is last, with the hash of the arrays.

    Raises:
        StoreError: The folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    arrays = {key: np.ascontiguousarray(value) for key, value in _arrays(model).items()}
    content = safetensors.numpy.save(arrays)
    config = {
        "format": FORMAT,
        "version": VERSION,
        "kind": model.kind,
        "name": model.name,
        "envelope": asdict(model.envelope),
        "network": asdict(model.network.config),
        "sustained": model.shapes.sustained,
        "loudness_db": list(model.loudness),
        "gain_db": model.gain_db,
        "top_hz": model.top_hz,
        "notes": list(model.known.names),
        "facts": dict(model.facts),
        "arrays_sha256": hashlib.sha256(content).hexdigest(),
    }
    replace_file(folder / "model.safetensors", content)
    replace_file(folder / "card.md", model_card(model).encode())
    replace_file(folder / "timbre.json", json.dumps(config, indent=1).encode())


def _arrays(model: HarmonicModel) -> Arrays:
    """Return all arrays of a model by name."""
    weights = model.network.state_dict()
    arrays: Arrays = {f"network.{name}": value.numpy() for name, value in weights.items()}
    for name, part in (
        ("scaling", model.scaling),
        ("latent", model.latent),
        ("shapes", model.shapes),
        ("known", model.known),
    ):
        for key, value in vars(part).items():
            if isinstance(value, np.ndarray):
                arrays[f"{name}.{key}"] = value
    return {k: v.astype(np.float16) if k in HALF else v for k, v in arrays.items()}


def load_harmonic(folder: Path, config: Mapping[str, Any]) -> HarmonicModel:
    """Load a harmonic model.

    Args:
        folder: Folder of the model.
        config: Content of its ``timbre.json``, of this format and version.

    Returns:
        The model.

    Raises:
        CheckpointError: A file is missing or damaged.
    """
    try:
        arrays = arrays_of(folder, str(config["arrays_sha256"]))
        return _model(config, arrays, (folder / "model.safetensors").stat().st_size)
    except (*DAMAGE, OSError, safetensors.SafetensorError, PatchwrightError) as error:
        if isinstance(error, CheckpointError) and str(folder) in str(error):
            raise
        raise CheckpointError(
            f"{folder} is damaged ({reason(error)}): copy it again, or fit it again"
        ) from error


def arrays_of(folder: Path, digest: str) -> Arrays:
    """Return the arrays of a model, with its curves in single precision.

    Args:
        folder: Folder of the model.
        digest: SHA-256 of the file, from ``timbre.json``.

    Returns:
        The arrays by name.

    Raises:
        CheckpointError: The file is missing, or it belongs to another ``timbre.json``.
    """
    path = folder / "model.safetensors"
    if not path.is_file():
        raise CheckpointError(f"{path} is missing: copy the complete folder again")
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != digest:
        raise CheckpointError(
            f"{path} is incomplete, or belongs to another timbre.json: copy the folder again"
        )
    arrays = safetensors.numpy.load(content)
    return {k: v.astype(np.float32) if k in HALF else v for k, v in arrays.items()}


def _model(config: Mapping[str, Any], arrays: Arrays, size: int) -> HarmonicModel:
    """Return the model of a config and its arrays.

    Raises:
        CheckpointError: They do not fit each other.
    """
    envelope = typed(EnvelopeSettings, config["envelope"], "envelope:", CheckpointError)
    sizes = typed(EnvelopeNetworkConfig, config["network"], "network:", CheckpointError)
    network = sized_network(lambda: EnvelopeNetwork(sizes), asdict(sizes), size)
    weights = _part(arrays, "network")
    network.load_state_dict({name: torch.from_numpy(value) for name, value in weights.items()})
    shapes = TimeShapes(**_part(arrays, "shapes"), sustained=bool(config["sustained"]))
    low, high = (float(level) for level in config["loudness_db"])
    return HarmonicModel(
        str(config["name"]),
        envelope,
        network.eval(),
        Scaling(**_part(arrays, "scaling")),
        LatentAxes(**_part(arrays, "latent")),
        shapes,
        KnownNotes(tuple(map(str, config["notes"])), **_part(arrays, "known")),
        (low, high),
        float(config["gain_db"]),
        float(config["top_hz"]),
        dict(config["facts"]),
    )


def _part(arrays: Arrays, name: str) -> dict[str, Any]:
    """Return the arrays whose names start with ``name.``, without that."""
    start = f"{name}."
    return {key[len(start) :]: value for key, value in arrays.items() if key.startswith(start)}
