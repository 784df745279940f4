"""Save and load a small network as safetensors in half precision, with its config."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

import safetensors
import safetensors.torch
from torch import nn

from datasets.atomic_write import replace_file
from datasets.errors import CheckpointError, reason
from datasets.foreign_files import typed
from models.networks.sized import sized_network

DESCRIBED = "patchwright"  # Entry of the file's metadata that holds config and metrics.
# What a tensor library raises for values that do not fit each other.
DAMAGE = (
    *(KeyError, TypeError, ValueError, AttributeError),
    *(IndexError, ArithmeticError, RuntimeError),
)
Config = TypeVar("Config")
Network = TypeVar("Network", bound=nn.Module)
REMEDY = "run patchwright estimator again"


def save_network(network: nn.Module, path: Path, metrics: Mapping[str, Any]) -> None:
    """Write a network whose ``config`` is a dataclass of plain values.

    Args:
        network: The network.
        path: The file to write.
        metrics: Plain values that the file keeps beside the config.
    """
    weights = {
        name: (
            value.half() if value.is_floating_point() else value
        ).contiguous()  # Masks keep their type.
        for name, value in network.state_dict().items()
    }
    described = {"config": asdict(network.config), "metrics": dict(metrics)}  # type: ignore[call-overload]
    # A single entry, because safetensors writes several in a different order each time.

    replace_file(path, safetensors.torch.save(weights, {DESCRIBED: json.dumps(described)}))


def read_network(path: Path, config: type[Config], make: Callable[[Config], Network]) -> Network:
    """Read a network from a file of `save_network`, ready to use.

    Args:
        path: The file.
        config: Class of the network's config.
        make: Makes the network from its config.

    Returns:
        The network in single precision.

    Raises:
        CheckpointError: The file is damaged.
    """
    try:
        with safetensors.safe_open(path, "pt") as file:
            described = json.loads(file.metadata()[DESCRIBED])["config"]
            weights = {name: file.get_tensor(name) for name in file.keys()}
    except (*DAMAGE, OSError, safetensors.SafetensorError) as error:
        raise CheckpointError(f"{path} is damaged ({reason(error)}): {REMEDY}") from error
    values = typed(config, described, f"{path}, config:", CheckpointError)
    try:
        network = sized_network(lambda: make(values), vars(values), path.stat().st_size)
        network.load_state_dict(weights)
    except (*DAMAGE, CheckpointError) as error:
        raise CheckpointError(
            f"{path} does not fit its config ({reason(error)}): {REMEDY}"
        ) from error
    network.eval()
    return network
