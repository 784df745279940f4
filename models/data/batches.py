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
    """A block in which nothing is computed in half precision: flows and densities need every digit.

    Tensors from outside have to be made float32 by hand.
    """
    return torch.autocast(like.device.type, enabled=False)


class Batch(NamedTuple):
    """Some clips of a dataset."""

    mel: Tensor  # (B, bands, frames) dB relative to the clip's maximum
    note: Tensor  # (B,) MIDI
    unit: Tensor  # (B, P) in [0, 1]
    signs: Tensor  # (B, T) of each tag pair: -1, +1, or 0 where no tag is known
    scores: Tensor  # (B, T) of each pair's descriptor: about N(0, 1) over the training split


def resident(clips: Clips, device: torch.device | str = "cpu") -> Batch:
    """All clips on one device; log-mels stay in half precision until they are used."""
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
    """Batches of so many clips; a shuffled pass drops a short last one, if it has another.

    ``shuffle`` draws the order, on the CPU, so that every device draws the same; of ``world``
    processes each takes its own rows of every batch: together they see the batches that one would.
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
