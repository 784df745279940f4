"""Use one thread for arithmetic, because render workers need the cores."""

from __future__ import annotations

import torch
from threadpoolctl import threadpool_limits


def one_thread() -> None:
    """From now on one thread for torch's and numpy's arithmetic.

    On many threads small tensors wait for each other, tenfold while workers render beside them.
    """
    torch.set_num_threads(1)
    threadpool_limits(limits=1)
