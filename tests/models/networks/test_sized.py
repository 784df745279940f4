"""Networks from a config of unknown origin: bounded before their memory is taken."""

from collections.abc import Mapping
from typing import Any

import pytest
import torch
from torch import nn

from datasets.errors import CheckpointError
from models.networks.sized import sized_network


def linear() -> nn.Linear:
    return nn.Linear(1000, 100_000_000)  # 400 GB


def test_a_network_larger_than_its_file_takes_no_memory() -> None:
    with pytest.raises(CheckpointError, match="larger than the file of its weights"):
        sized_network(linear, {}, 2**20)


def test_many_small_layers_count_together() -> None:
    with pytest.raises(CheckpointError, match="larger than the file"):
        sized_network(lambda: nn.Sequential(*(nn.Linear(1000, 1000) for _ in range(90))), {}, 1)


def test_a_network_that_fits_is_made_as_without_a_limit() -> None:
    made = []
    for most_bytes in (0, 4 * 6):
        torch.manual_seed(1)
        made.append(sized_network(lambda: nn.Linear(2, 2), {"layers": 1}, most_bytes).weight)
    assert torch.equal(*made)


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"layers": 101}, r"layers is 101: must be in 0\.\.100"),
        ({"latent_transforms": -1}, "latent_transforms is -1"),
        ({"flow_hidden": (8, 0)}, r"flow_hidden is \(8, 0\): must be at least 1"),
        ({"kernel": 0}, "kernel is 0"),
    ],
)
def test_sizes_out_of_range_are_named(config: Mapping[str, Any], words: str) -> None:
    with pytest.raises(CheckpointError, match=words):
        sized_network(lambda: nn.Linear(1, 1), config, 100)
