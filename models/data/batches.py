"""Serve clips as tensors, in batches, on the device that trains."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from torch import Tensor

if TYPE_CHECKING:
    from models.data.feature_cache import Clips


def exactly(like: Tensor) -> torch.autocast:
    """Return a context in which nothing runs in half precision.

    Flows and densities need every digit. Convert tensors from outside the block to float32 first.
    """
    return torch.autocast(like.device.type, enabled=False)


class Batch(NamedTuple):
    """Hold some clips of a dataset."""

    mel: Tensor  # (B, bands, frames) dB relative to the clip's maximum.
    note: Tensor  # (B,) MIDI
    unit: Tensor  # (B, P) in [0, 1]
    signs: Tensor  # (B, T) Sign of each tag pair: -1, +1, or 0 if no tag is known.
    scores: Tensor  # (B, T) Score of each pair's descriptor, about N(0, 1) in the training split.


def resident(clips: Clips, device: torch.device | str = "cpu") -> Batch:
    """Return all clips on one device; log-mels stay in half precision until use."""
    return Batch(
        torch.from_numpy(np.ascontiguousarray(clips.mel)).to(device),
        torch.from_numpy(clips.note.astype(np.float32)).to(device),
        torch.from_numpy(np.array(clips.unit)).to(device),
        torch.from_numpy(clips.signs.astype(np.float32)).to(device),
        torch.from_numpy(clips.scores).to(device),
    )


def batches(
    everything: Batch,
    size: int,
    shuffle: torch.Generator | None = None,
    rank: int = 0,
    world: int = 1,
) -> Iterator[Batch]:
    """Yield batches of clips in order, or shuffled.

    A shuffled pass drops a short last batch, unless it is the only one.

    Args:
        everything: All clips.
        size: Clips in a batch, over all processes.
        shuffle: Generator of the order, on the CPU. Every device then draws the same order.
        rank: Number of this process, from 0.
        world: Number of processes. Each takes its own rows of every batch. Together they use the
            same batches as one process would.

    Yields:
        The rows of this process.
    """
    count = len(everything.unit)
    order = torch.randperm(count, generator=shuffle) if shuffle else torch.arange(count)
    last = count - size + 1 if shuffle and count >= size else count
    for start in range(0, last, size):
        rows = order[start : start + size][rank::world].to(everything.unit.device)
        yield Batch(
            everything.mel[rows].float(),
            everything.note[rows],
            everything.unit[rows],
            everything.signs[rows],
            everything.scores[rows],
        )
