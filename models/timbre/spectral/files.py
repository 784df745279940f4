"""Save and load a spectral model: ``timbre.json``, ``model.safetensors`` and ``card.md``."""

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
from models.timbre.harmonic.files import FORMAT, VERSION, Arrays, arrays_of
from models.timbre.spectral.card import spectral_card
from models.timbre.spectral.model import KnownScales, SpectralModel
from models.timbre.spectral.network import SpectralNetwork, SpectralNetworkConfig

PLAIN = ("order", "low", "high", "centre", "counts")


def save_spectral(model: SpectralModel, folder: Path) -> None:
    """Write a model. ``timbre.json`` is last, with the hash of the arrays.

    Raises:
        StoreError: The folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    weights = model.network.state_dict()
    arrays: Arrays = {f"network.{k}": v.numpy().astype(np.float16) for k, v in weights.items()}
    arrays |= {name: getattr(model, name) for name in PLAIN}
    known = model.known
    arrays |= {"known.latent": known.latent, "known.midi": known.midi}
    arrays["known.classes"] = known.classes
    content = safetensors.numpy.save({k: np.ascontiguousarray(v) for k, v in arrays.items()})
    config = {
        "format": FORMAT,
        "version": VERSION,
        "kind": model.kind,
        "name": model.name,
        "network": asdict(model.network.config),
        "notes": list(known.names),
        "facts": dict(model.facts),
        "arrays_sha256": hashlib.sha256(content).hexdigest(),
    }
    replace_file(folder / "model.safetensors", content)
    replace_file(folder / "card.md", spectral_card(model).encode())
    replace_file(folder / "timbre.json", json.dumps(config, indent=1).encode())


def load_spectral(folder: Path, config: Mapping[str, Any]) -> SpectralModel:
    """Load a spectral model.

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


def _model(config: Mapping[str, Any], arrays: Arrays, size: int) -> SpectralModel:
    """Return the model of a config and its arrays.

    Raises:
        CheckpointError: They do not fit each other.
    """
    sizes = typed(SpectralNetworkConfig, config["network"], "network:", CheckpointError)
    network = sized_network(lambda: SpectralNetwork(sizes), asdict(sizes), size)
    network.load_state_dict(
        {
            name.removeprefix("network."): torch.from_numpy(value.astype(np.float32))
            for name, value in arrays.items()
            if name.startswith("network.")
        }
    )
    plain = {name: arrays[name] for name in PLAIN}
    names = tuple(map(str, config["notes"]))
    known = KnownScales(
        names, arrays["known.latent"], arrays["known.midi"], arrays["known.classes"]
    )
    latent = sizes.latent
    shapes = [known.latent.shape, known.midi.shape, known.classes.shape, plain["counts"].shape]
    wanted = [(len(names), latent), (len(names),), (len(names),), (12,)]
    if shapes != wanted or sorted(plain["order"].tolist()) != list(range(latent)):
        raise CheckpointError("arrays and config do not fit each other")
    return SpectralModel(
        str(config["name"]), network.eval(), **plain, known=known, facts=dict(config["facts"])
    )
