"""Make a network from a config that a file holds, with bounded time and memory."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from datasets.errors import CheckpointError

AnyModule = TypeVar("AnyModule", bound=nn.Module)
MOST_LAYERS = 100  # each costs time, also without weights
LAYERS = ("layers", "blocks", "waves", "transforms", "disentangling")  # endings of their names
SIZES = ("bands", "frames", "channels", "kernel", "hidden", "components", "context")
SPARE = 2**22  # numbers that a network may have in addition to its weights
MAKERS = (torch.empty, torch.zeros, torch.ones, torch.full, torch.rand, torch.randn)


def sized_network(
    make: Callable[[], AnyModule], config: Mapping[str, Any], most_bytes: int
) -> AnyModule:
    """Return a new network; its weights must fit in their file.

    Args:
        make: Makes the network.
        config: The fields of its config.
        most_bytes: Size of the file with the weights; 0 for no limit.

    Returns:
        The network.

    Raises:
        CheckpointError: A size is out of its range, or the network is larger than the file.
    """
    for name, value in config.items():
        if name.endswith(LAYERS) and not 0 <= value <= MOST_LAYERS:
            raise CheckpointError(f"{name} is {value}: must be in 0..{MOST_LAYERS}")
        if name.endswith(SIZES) and min(value if isinstance(value, tuple) else [value]) < 1:
            raise CheckpointError(f"{name} is {value}: must be at least 1")
    if not most_bytes:
        return make()
    with _Budget(4 * most_bytes + SPARE):  # weights are made, initialised, and have masks
        return make()


class _Budget(TorchFunctionMode):
    """Stop before more numbers are made than a network may have."""

    def __init__(self, numbers: int) -> None:
        super().__init__()
        self._left = numbers

    # PyTorch gives this method's signature.
    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:  # noqa: ANN401
        """Count what a call makes; raise CheckpointError if it is too much."""
        if func in MAKERS:
            shape = (kwargs or {}).get("size", args[0] if args else ())
            shape = args if isinstance(shape, int) else shape
            self._take(math.prod(one for one in shape if isinstance(one, int)))
        return func(*args, **(kwargs or {}))

    def _take(self, numbers: int) -> None:
        self._left -= numbers
        if self._left < 0:
            raise CheckpointError(
                "the config describes a network that is larger than the file of its weights: "
                "copy the complete folder again"
            )
