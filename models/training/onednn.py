"""Keep a fault of oneDNN out of training."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch


@contextmanager
def safe_convolutions() -> Iterator[None]:
    """Keep gradients of convolutions from damaging memory, for the duration of the context.

    In torch 2.13 they do with one thread on processors without AVX-512: the training of a ResNet
    ends in "double free or corruption". PyTorch's own convolutions replace oneDNN's there.

    Yields:
        Nothing. oneDNN is disabled where it is needed, and back as it was afterwards.

    >>> with safe_convolutions():
    ...     float(torch.nn.functional.conv1d(torch.ones(1, 1, 3), torch.ones(1, 1, 3)))
    3.0
    """
    backend: Any = torch.backends.mkldnn  # PyTorch's name of oneDNN
    found = backend.enabled
    if torch.get_num_threads() == 1 and "AVX512" not in torch.backends.cpu.get_cpu_capability():
        backend.enabled = False
    try:
        yield
    finally:
        backend.enabled = found
