"""Save and load a small network as safetensors in half precision, with its config."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
from torch import nn

from datasets.atomic_write import replace_file
from datasets.errors import CheckpointError

DESCRIBED = "patchwright"  # Entry of the file's metadata that holds config and metrics.
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


def read_network(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Read config and weights (single precision) from a file of `save_network`.

    Raises:
        CheckpointError: The file is damaged.
    """
    try:
        with safetensors.safe_open(path, "pt") as file:
            described = json.loads(file.metadata()[DESCRIBED])["config"]
            weights = {name: file.get_tensor(name) for name in file.keys()}
    except (OSError, safetensors.SafetensorError, KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"{path} is damaged ({error}): {REMEDY}") from error
    return {k: tuple(v) if isinstance(v, list) else v for k, v in described.items()}, weights


def fill(network: nn.Module, weights: Mapping[str, Any], path: Path) -> None:
    """Put weights into a network, ready to use.

    Args:
        network: The network to fill.
        weights: Tensors by name.
        path: The file they came from, for the message.

    Raises:
        CheckpointError: The weights belong to another network.
    """
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        raise CheckpointError(f"{path} does not fit its config ({error}): {REMEDY}") from error
    network.eval()
