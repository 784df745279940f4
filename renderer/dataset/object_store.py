"""Render into an object store: any URI that ``pyarrow.fs`` opens, such as ``s3://``.

A share of the dataset is rendered in a local folder, then copied. A file gets its final name only
when it is complete in the store. Existing files are fetched first, so an interrupted run continues,
and a different dataset in the same place is refused. The record is next to the dataset's folder, as
on a disk (``s3://bucket/folder.patchwright``). Files in transfer are there too.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from pyarrow import fs

from datasets.errors import StoreError
from datasets.storage.layout import MANIFEST, OLD_FILES, record_folder, record_of_uri
from datasets.storage.parts import PARTS
from renderer.dataset.render import RenderSummary

ARRIVING = ".arriving"  # suffix of a file in transfer
PART = re.compile(r"part-(\d+)\.parquet")


@dataclass(frozen=True)
class _Place:
    """Describe where a dataset is in an object store."""

    system: fs.FileSystem
    folder: str  # of the parts
    record: str

    def names(self, folder: str) -> list[str]:
        """Return the files of a folder, which may be absent."""
        found = self.system.get_file_info(fs.FileSelector(folder, allow_not_found=True))
        return [info.base_name for info in found if info.is_file]


def is_uri(where: str) -> bool:
    """Return whether a destination is a URI and not a folder."""
    return "://" in where


def render_to(
    uri: str, shard: tuple[int, int], render: Callable[[Path], RenderSummary]
) -> RenderSummary:
    """Run ``render`` in a local folder that represents ``uri``, and copy the new files there.

    Args:
        uri: Where the dataset goes.
        shard: (i, n): render only every n-th part, from part i on.
        render: Renders into a local folder; its errors are raised unchanged.

    Returns:
        The summary of ``render``.

    Raises:
        StoreError: The place cannot be read or written.
    """
    try:
        system, path = fs.FileSystem.from_uri(uri)
        place = _Place(system, path, record_of_uri(path))
        for folder in (place.folder, place.record):
            system.create_dir(folder, recursive=True)
        with tempfile.TemporaryDirectory(prefix="patchwright-") as temporary:
            here = Path(temporary) / "set"
            had = _fetch(place, here, shard)
            summary = render(here)
            _deliver(here, place, had)
    except (OSError, ValueError) as error:  # pyarrow's own errors are of these kinds
        raise StoreError(f"--out {uri!r}: cannot be read or written: {error}") from error
    return summary


def _fetch(place: _Place, here: Path, shard: tuple[int, int]) -> set[str]:
    """Copy this share's parts and the manifest here; return the names of the parts."""
    here.mkdir()
    parts = {name for name in place.names(place.folder) if _is_of(shard, name)}
    for name in parts:
        _copy_here(place.system, f"{place.folder}/{name}", here / name)
    for folder in (place.folder, place.record):  # older versions wrote it next to the parts
        if MANIFEST in place.names(folder):
            record_folder(here).mkdir(exist_ok=True)
            _copy_here(place.system, f"{folder}/{MANIFEST}", record_folder(here) / MANIFEST)
    return parts


def _is_of(shard: tuple[int, int], name: str) -> bool:
    part = PART.fullmatch(name)
    return part is not None and int(part[1]) % shard[1] == shard[0]


def _copy_here(system: fs.FileSystem, path: str, target: Path) -> None:
    with system.open_input_stream(path) as there, open(target, "wb") as file:
        shutil.copyfileobj(there, file)


def _deliver(here: Path, place: _Place, had: set[str]) -> None:
    """Copy the record, then every new part; move old side files to the record."""
    for file in sorted(path for path in record_folder(here).iterdir() if path.is_file()):
        _send(file, place, f"{place.record}/{file.name}")
    for file in sorted(here.glob(PARTS)):
        if file.name not in had:
            _send(file, place, f"{place.folder}/{file.name}")
    kept = place.names(place.record)
    for name in place.names(place.folder):
        if any(fnmatch(name, pattern) for pattern in OLD_FILES):
            old = f"{place.folder}/{name}"
            if name in kept:
                place.system.delete_file(old)
            else:
                place.system.move(old, f"{place.record}/{name}")


def _send(file: Path, place: _Place, path: str) -> None:
    arriving = f"{place.record}/{file.name}{ARRIVING}"
    with open(file, "rb") as here, place.system.open_output_stream(arriving) as there:
        shutil.copyfileobj(here, there)
    place.system.move(arriving, path)
