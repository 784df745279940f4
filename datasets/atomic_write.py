"""Write a file so that readers see the old content or the new one, never a part."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from datasets.errors import StoreError


def replace_file(path: Path, content: bytes) -> None:
    """Write a file whole or not at all: temporary name, sync, rename.

    Raises StoreError when the disk is full or read-only; the temporary file is removed.
    """
    with replaced(path) as file:
        file.write(content)


@contextmanager
def replaced(path: Path, staging: Path | None = None) -> Iterator[BinaryIO]:
    """Yield a file to write that takes the place of ``path`` when it is whole and on the disk.

    Args:
        path: The file to replace.
        staging: Folder of the temporary file, made if it is missing; on the same disk as ``path``.
            Default: the folder of ``path``.

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
            f"cannot write {path}: {error.strerror}; free the disk or write elsewhere"
        ) from error
