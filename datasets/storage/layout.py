"""Define where the files of a dataset are: parts in its folder, all others in a record next to it.

    data/vital/                part-00000.parquet, part-00001.parquet, ... and nothing else

    data/vital.patchwright/    the record: dataset.json, audit.json, _README.md, tags.json,
                               descriptors.parquet, features/, and unfinished files

Readers that open a whole folder skip different files. Polars reads every file at any depth, hidden
or not, so the folder may contain only parts. Each part carries the manifest, so the folder alone is
a dataset; the other files of the record can be made again.
"""

from __future__ import annotations

import os
import platform
import shutil
from contextlib import suppress
from pathlib import Path

RECORD = ".patchwright"  # suffix of the record's folder; its whole name inside the dataset's folder
MANIFEST, AUDIT, CARD = "dataset.json", "audit.json", "_README.md"
FOLDER_OF_FEATURES = "features"
# Versions up to 0.7 wrote these files next to the parts.
OLD_FILES = (MANIFEST, AUDIT, "audit-*-of-*.json", "tags.json", "descriptors.parquet")


def record_folder(folder: Path) -> Path:
    """Return the folder of a dataset's record, which may not exist yet.

    It is ``NAME.patchwright`` next to the dataset's folder. If the folder is a mount point, or its
    parent cannot be written, it is ``.patchwright`` inside the folder; all readers except Polars
    skip it there.

    Args:
        folder: The dataset's folder; symbolic links are followed.

    Returns:
        The record's folder.
    """
    real = folder.resolve()
    inside = real / RECORD
    if not real.name:
        return inside
    beside = real.with_name(real.name + RECORD)
    for existing in (beside, inside):
        if existing.is_dir():
            return existing
    return inside if os.path.ismount(real) or _is_closed(real.parent) else beside


def record_of_uri(path: str) -> str:
    """Return the record's path in an object store, for the path of a dataset there.

    The record of a whole bucket is inside it, because nothing can be next to a bucket.
    """
    path = path.rstrip("/")
    return path + RECORD if "/" in path.strip("/") else f"{path}/{RECORD}"


def _is_closed(parent: Path) -> bool:
    """Return whether a folder exists and cannot be written."""
    return parent.is_dir() and not os.access(parent, os.W_OK)


def record_file(folder: Path, name: str) -> Path:
    """Return where a file of the record is, or will be written.

    Args:
        folder: The dataset's folder.
        name: Path of the file within the record, such as ``dataset.json``.

    Returns:
        The file next to the parts, if only that exists (a folder of version 0.7 or older);
        otherwise the file in the record.
    """
    path, old = record_folder(folder) / name, folder / name
    return old if old.exists() and not path.exists() else path


def move_old_files(folder: Path) -> None:
    """Move the files that older versions wrote next to the parts into the record.

    Each file moves by one rename, and readers look in both places. So nothing is lost if the
    process is killed. Files that the record already has do not change. A folder of this version
    does not change.

    Raises:
        OSError: The folder cannot be written.
    """
    found = _old_files(folder)
    record = record_folder(folder)
    if found:
        record.mkdir(parents=True, exist_ok=True)
    for path in found:
        with suppress(FileNotFoundError):  # another process of this dataset was faster
            _move(path, record / path.name)


def remove_record(folder: Path) -> None:
    """Remove the record of another dataset, in its own folder or in files next to the parts."""
    record = record_folder(folder)
    beside = [] if (record / MANIFEST).exists() else _old_files(folder)
    for path in ([record] if record.is_dir() else []) + beside:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _old_files(folder: Path) -> list[Path]:
    """Return what older versions wrote next to the parts."""
    found = [path for name in OLD_FILES for path in sorted(folder.glob(name))]
    features = folder / FOLDER_OF_FEATURES
    return [*found, features] if features.is_dir() else found


def _move(path: Path, target: Path) -> None:
    if not target.exists():
        path.replace(target)
    elif path.is_file():
        path.unlink()  # the file in the record is newer
    else:
        for child in path.iterdir():
            _move(child, target / child.name)
        path.rmdir()


def remove_unfinished(folder: Path) -> None:
    """Remove unfinished files of killed processes on this machine; keep other machines' files."""
    for path in folder.glob(f".*.{platform.node()}.*.tmp"):
        process = path.name.split(".")[-2]
        if process.isdecimal() and not _runs(int(process)):
            path.unlink(missing_ok=True)


def _runs(process: int) -> bool:
    """Return whether a process with this number exists; True if the system does not answer."""
    if os.name != "posix":
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
