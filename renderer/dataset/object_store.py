"""Render into an object store: any URI that ``pyarrow.fs`` opens, such as ``s3://``.

A share of the dataset is rendered in a folder of this machine, then copied, every file under its
name only when it is whole there. What lies there already is fetched first, so a run that was cut
off is continued, and another dataset in the same place is refused.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from pyarrow import fs

from datasets.errors import StoreError
from renderer.dataset.render import RenderSummary

ARRIVING = ".arriving"  # suffix of a file on its way
PART = re.compile(r"part-(\d+)\.parquet")


def is_uri(where: str) -> bool:
    """Whether a destination is a URI and not a folder."""
    return "://" in where


def render_to(
    uri: str, shard: tuple[int, int], render: Callable[[Path], RenderSummary]
) -> RenderSummary:
    """Run ``render`` on a local folder that stands for ``uri``, and copy what it made.

    Raises StoreError when the place cannot be read or written, and what ``render`` raises.
    """
    try:
        system, path = fs.FileSystem.from_uri(uri)
        system.create_dir(path, recursive=True)
        with tempfile.TemporaryDirectory(prefix="patchwright-") as folder:
            had = _fetch(system, path, Path(folder), shard)
            summary = render(Path(folder))
            _deliver(Path(folder), system, path, had)
    except (OSError, ValueError) as error:  # pyarrow's own errors are of these kinds
        raise StoreError(f"--out {uri!r} cannot be used: {error}") from error
    return summary


def _fetch(system: fs.FileSystem, path: str, folder: Path, shard: tuple[int, int]) -> set[str]:
    """Bring the manifest and this share's parts; their names."""
    names = set()
    for info in system.get_file_info(fs.FileSelector(path)):
        part = PART.fullmatch(info.base_name)
        mine = part is not None and int(part[1]) % shard[1] == shard[0]
        if mine or info.base_name == "dataset.json":
            with (
                system.open_input_stream(info.path) as there,
                open(folder / info.base_name, "wb") as here,
            ):
                shutil.copyfileobj(there, here)
            names.add(info.base_name)
    return names


def _deliver(folder: Path, system: fs.FileSystem, path: str, had: set[str]) -> None:
    """Copy every file that was not there before, the manifest first: it is the same for all."""
    for file in sorted(folder.iterdir()):
        if file.name in had:
            continue
        arriving = f"{path}/{file.name}{ARRIVING}"
        with open(file, "rb") as here, system.open_output_stream(arriving) as there:
            shutil.copyfileobj(here, there)
        system.move(arriving, f"{path}/{file.name}")
