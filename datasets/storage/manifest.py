"""Read and check the manifest of a dataset, which identifies its clips."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from datasets.errors import StoreError, reason
from datasets.storage.layout import MANIFEST, record_file

MOST_PARTS = 1_000_000
FORMAT = 2
READABLE = (1, 2)  # format 1 lacks the column "reason"
IDENTITY = (
    *("format", "template_sha256", "spec_digest", "recipe_digest", "seed", "part_size"),
    *("isolation", "engine", "canary", "split"),
)


def check_manifest(manifest: Mapping[str, Any], folder: Path) -> None:
    """Check the format, the sizes and the spec of a manifest.

    Raises:
        StoreError: It is of a newer version, or damaged.
    """
    if manifest.get("format") not in READABLE:
        raise StoreError(
            f"{folder}: dataset format {manifest.get('format')}, but this version reads up to "
            f"{FORMAT}: install a newer patchwright"
        )
    count, size = manifest.get("count"), manifest.get("part_size")
    if isinstance(manifest.get("spec"), Mapping) and type(count) is int and type(size) is int:
        if 0 < size and 0 <= count <= size * MOST_PARTS:
            return
    raise StoreError(
        f"{folder}: the manifest is damaged: count {str(count)[:40]}, part_size {str(size)[:40]}, "
        f"or the spec. Remove {MANIFEST} from the record; then the manifest in the parts is used"
    )


def recorded_manifest(folder: Path) -> dict[str, Any] | None:
    """Return the manifest of the record, or of an old folder; None if there is none.

    Raises:
        StoreError: The file cannot be read.
    """
    path = record_file(folder, MANIFEST)
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise StoreError(
            f"{path} cannot be read: {reason(error)}. Remove it; then the manifest in the parts "
            "is used."
        ) from error


def clash(one: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    """Return the first key that shows that two manifests are of different datasets, or ""."""
    return next((key for key in IDENTITY if one.get(key) != other.get(key)), "")
