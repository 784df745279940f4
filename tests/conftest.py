"""What holds for all tests."""

from collections.abc import Iterator

import pytest
import torch


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """Small tensors on many threads wait for each other; and equal bits need sums in one order."""
    torch.set_num_threads(1)


@pytest.fixture(scope="module", autouse=True)
def _small_numbers_are_numbers() -> Iterator[None]:
    """A plugin or JACK in this process may leave it flushing subnormals to zero: put it back."""
    yield
    torch.set_flush_denormal(False)
