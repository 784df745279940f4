"""Limit arithmetic to one thread, because render workers need the cores."""

from __future__ import annotations

import torch
from threadpoolctl import threadpool_limits


def one_thread() -> None:
    """Limit torch and numpy to one thread from now on.

    With many threads, small tensors wait for each other. While workers render, that is ten times
    slower.
    """
    torch.set_num_threads(1)
    threadpool_limits(limits=1)
