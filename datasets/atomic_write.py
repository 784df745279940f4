"""Write a file in one step: readers see the old content or the new one, never a part."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from datasets.errors import StoreError


def replace_file(path: Path, content: bytes) -> None:
    """Write a complete file or nothing: temporary name, sync, rename.

    Raises:
        StoreError: The disk is full or read-only; the temporary file is removed.
    """
    with replaced(path) as file:
        file.write(content)


def check_writable(path: Path) -> None:
    """Check that a file can be written, before the work that makes its content; make its folder.

    Args:
        path: The file, which may exist already.

    Raises:
        StoreError: The folder cannot be made or written, or the path is a folder.
    """
    if path.is_dir():
        raise StoreError(f"{path} is a folder: give the name of a file")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{path.parent}: cannot make this folder ({error.strerror})") from error
    # Several processes may check the same file at once, such as those of one training.
    probe = path.with_name(f".{path.name}.{platform.node()}.{os.getpid()}.writable")
    replace_file(probe, b"")
    probe.unlink(missing_ok=True)


@contextmanager
def replaced(path: Path, staging: Path | None = None) -> Iterator[BinaryIO]:
    """Yield a file to write; it replaces ``path`` when it is complete and on the disk.

    Args:
        path: The file to replace.
        staging: Folder of the temporary file, created if missing; on the same disk as ``path``.
            Default: the folder of ``path``.

    Yields:
        The open file.

    Raises:
        StoreError: The disk is full or read-only; the temporary file is removed.
    """
    folder = staging or path.parent
    temporary = folder / f".{path.name}.{platform.node()}.{os.getpid()}.tmp"
    try:
        if staging is not None:
            staging.mkdir(parents=True, exist_ok=True)
        with open(temporary, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise StoreError(
            f"{path} cannot be written: {error.strerror}. Free space, or choose another folder."
        ) from error
