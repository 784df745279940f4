"""Refuse a dataset that no index or disk can hold, before anything is rendered."""

from __future__ import annotations

import shutil
from pathlib import Path

from datasets.errors import StoreError
from datasets.spec import SynthSpec
from datasets.storage.manifest import MOST_PARTS

LEAST_SHARE = 0.02  # Least size of a stored clip, relative to 16-bit samples; usual are 0.2 to 0.6.


def check_count(count: int, part_size: int) -> None:
    """Check that a dataset has at least one clip, and no more than its reader accepts.

    Args:
        count: Clips of the whole dataset.
        part_size: Clips in a part. The index of every clip then fits 64 bits.

    Raises:
        StoreError: The count is out of range.
    """
    most = part_size * MOST_PARTS
    if not 1 <= count <= most:
        raise StoreError(f"--count {count}: must be from 1 to {most}")


def check_space(spec: SynthSpec, count: int, clips: int, folder: Path) -> None:
    """Check that the disk can hold the clips of a run, by the least size of a clip.

    Args:
        spec: The synth; it gives the length of a clip.
        count: Clips of the whole dataset, for the message.
        clips: Clips of this run, with those that are present.
        folder: Folder of the dataset, which may not exist yet.

    Raises:
        StoreError: They cannot fit. Parts that are present do not count as needed.
    """
    present = sum(part.stat().st_size for part in folder.glob("part-*.parquet"))
    needed = LEAST_SHARE * spec.clip_bytes * clips - present
    place = next((one for one in (folder, *folder.absolute().parents) if one.is_dir()), None)
    free = needed if place is None else shutil.disk_usage(place).free
    if needed > free:
        raise StoreError(
            f"--count {count}: the clips need at least {needed / 1e9:,.0f} GB, but {folder} has "
            f"{free / 1e9:,.0f} GB free. Give a smaller --count, a --shard, or another disk"
        )
