"""Store uploaded sounds in the temporary folder, and remove those of a server that was killed.

Each server has one folder with a lock file. The lock ends with its process, however that ends.
"""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import BinaryIO

from datasets.errors import ServeError

if sys.platform != "win32":
    import fcntl

PREFIX, LOCK = "patchwright-uploads-", "lock"
STARTING_S = 60.0  # a folder without a lock may belong to a server that has just begun


def upload_folder() -> Path:
    """Create a folder for one uploaded sound; remove it after use.

    Raises:
        ServeError: The temporary folder is full or not writable.
    """
    try:
        return Path(tempfile.mkdtemp(dir=_own_folder()))
    except OSError as error:
        raise storing_failed(error) from error


def storing_failed(error: OSError) -> ServeError:
    """Return the error of an upload that cannot be stored."""
    return ServeError(
        f"the sound cannot be stored in the temporary folder of the server ({error.strerror}): "
        "free space there, then send it again"
    )


def clean_uploads() -> None:
    """Remove the uploads of servers that no longer run."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            if _is_ours(folder) and _is_left(folder):
                shutil.rmtree(folder, ignore_errors=True)


@functools.cache
def _own_folder() -> Path:
    """Create and lock the folder of this process; the lock stays until the process ends."""
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    file = (folder / LOCK).open("wb")
    _lock(file)
    _held.append(file)
    return folder


_held: list[BinaryIO] = []  # Python closes an open file without a reference


def _is_ours(folder: Path) -> bool:
    """Return whether a folder belongs to this user; anyone can write in the temporary folder."""
    if folder.is_symlink() or not folder.is_dir():
        return False
    return sys.platform == "win32" or folder.stat().st_uid == os.getuid()


def _is_left(folder: Path) -> bool:
    """Return whether the server of a folder has ended."""
    lock = folder / LOCK
    if not lock.exists() and time.time() - folder.stat().st_mtime < STARTING_S:
        return False
    if sys.platform == "win32":  # an open file cannot be removed there
        lock.unlink(missing_ok=True)
        return True
    with lock.open("wb") as file:
        return _lock(file)


def _lock(file: BinaryIO) -> bool:
    """Lock a file; return whether no other process holds it."""
    if sys.platform != "win32":
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True
