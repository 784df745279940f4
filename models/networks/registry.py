"""Make every network by its name: ours, and those of the paper."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, asdict, fields
from typing import Any

from datasets.errors import CheckpointError
from datasets.foreign_files import typed
from datasets.spec import SynthSpec
from models.audio.features import FeatureSettings
from models.networks.blocks import FlowVAEConfig
from models.networks.esling2019 import MODELS, PaperConfig, PaperModel
from models.networks.flow_vae import FlowVAE
from models.networks.sized import sized_network

Network = FlowVAE | PaperModel
OURS = "flow_vae"
KINDS = (OURS, *MODELS)


def new_network(
    kind: str,
    spec: SynthSpec,
    features: FeatureSettings,
    pairs: int = 0,
    overrides: Mapping[str, Any] | None = None,
) -> Network:
    """Make a network with fresh weights for a synth.

    Args:
        kind: One of ``KINDS``.
        spec: The synth.
        features: Settings of the log-mel.
        pairs: Number of semantic tag pairs.
        overrides: Fields of the config to change.

    Returns:
        The network.

    Raises:
        CheckpointError: The kind or a field does not exist.
    """
    if kind not in KINDS:
        raise CheckpointError(f"{kind!r}: no such kind of model. Use one of {', '.join(KINDS)}")
    sizes: dict[str, Any] = {"bands": features.bands, "frames": features.frames, "pairs": pairs}
    if kind == OURS:
        sizes["continuous"] = tuple(spec.continuous.tolist())
        sizes |= {"stepped": tuple(spec.stepped.tolist()), "steps": spec.steps}
    else:
        sizes |= {"kind": kind, "parameters": len(spec)}
    return network_of(kind, sizes | dict(overrides or {}))


def network_of(kind: str, config: Mapping[str, Any], most_bytes: int = 0) -> Network:
    """Make a network with fresh weights from a config as ``config_of`` returns it.

    Args:
        kind: One of ``KINDS``.
        config: Value of each field by name.
        most_bytes: Size of the file with its weights; a larger network is refused before its
            memory is taken. 0: any size.

    Returns:
        The network.

    Raises:
        CheckpointError: The kind does not exist, or the config does not fit it or the file.
    """
    what = f"config of a {kind!r} network"
    if kind not in KINDS:
        raise CheckpointError(f"{what}: no such kind of model. Use one of {', '.join(KINDS)}")
    if kind == OURS:
        ours = typed(FlowVAEConfig, config, f"{what}:", CheckpointError)
        return sized_network(lambda: FlowVAE(ours), asdict(ours), most_bytes)
    paper = typed(PaperConfig, config, f"{what}:", CheckpointError)
    return sized_network(lambda: MODELS[kind](paper), asdict(paper), most_bytes)


def kind_of(network: Network) -> str:
    """Return the kind of a network, one of ``KINDS``."""
    return OURS if isinstance(network, FlowVAE) else network.config.kind


def config_of(network: Network) -> dict[str, Any]:
    """Return the config of a network as plain JSON values."""
    return asdict(network.config)


def read_overrides(kind: str, texts: Sequence[str]) -> dict[str, Any]:
    """Read fields of a network's config from texts ``field=value`` with JSON values.

    Args:
        kind: One of ``KINDS``.
        texts: The texts.

    Returns:
        Value of each field by name.

    Raises:
        CheckpointError: The config has no such field, or the value has another type.

    >>> read_overrides("cnn", ["channels=32", "dropout=0.1"])
    {'channels': 32, 'dropout': 0.1}
    """
    config = FlowVAEConfig if kind == OURS else PaperConfig
    known = {field.name: field.default for field in fields(config) if field.name != "pairs"}
    found: dict[str, Any] = {}
    for text in texts:
        name, _, value = text.partition("=")
        if known.get(name, MISSING) is MISSING:
            free = ", ".join(n for n, default in known.items() if default is not MISSING)
            raise CheckpointError(
                f"--set {text!r}: {kind} has no field {name!r}. Use one of: {free}"
            )
        try:
            found[name] = json.loads(value)
        except ValueError:
            raise CheckpointError(
                f"--set {text!r}: {value!r} is not a number or a list. Use {name}={known[name]!r} "
                "or a value like it."
            ) from None
        if isinstance(found[name], list):
            found[name] = tuple(found[name])
        wanted = (int, float) if isinstance(known[name], float) else type(known[name])
        if not isinstance(found[name], wanted):
            raise CheckpointError(
                f"--set {text!r}: {name} has the wrong type. Use a value like {known[name]!r}."
            )
    return found
