"""Assign clips to training, validation or test by their parent presets."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from datasets.errors import StoreError

SPLITS = ("train", "validation", "test")


def parse_split(text: str) -> str:
    """Return one of ``SPLITS``, or the empty text for all.

    Raises:
        StoreError: The text is another word.
    """
    if text and text not in SPLITS:
        raise StoreError(f"--split {text!r}: must be one of {', '.join(SPLITS)}")
    return text


def split_of(parents: Sequence[str]) -> str:
    """Return ``train`` (80 %), ``validation`` or ``test`` (10 % each).

    The split depends on a hash of the first parent, so it is the same on every machine. The shares
    are the paper's (section 4.1).
    """
    bucket = int.from_bytes(hashlib.sha256(parents[0].encode()).digest()[:8], "big") % 10
    return "train" if bucket < 8 else "validation" if bucket == 8 else "test"
