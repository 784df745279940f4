"""What holds for all tests."""

import pytest
import torch


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """Small tensors on many threads wait for each other; and equal bits need sums in one order."""
    torch.set_num_threads(1)
