"""List the sounds of a folder in natural order, and give each a safe, unique name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path

from datasets.errors import AudioError

SUFFIXES = frozenset(
    ".wav .wave .flac .ogg .oga .opus .mp3 .aif .aiff .aifc .au .caf .w64 .rf64 .m4a .mp4 .aac "
    ".wma .webm .amr .3gp".split()
)
LONGEST_NAME = 80  # characters; a path of Windows has 260
RESERVED = {
    "con",
    "prn",
    "aux",
    "nul",
    *(f"{port}{i}" for port in ("com", "lpt") for i in "123456789"),
}


def natural_key(name: str) -> tuple[tuple[int, int, str], ...]:
    """Return a sort key that orders ``kick 2`` before ``kick 10``, in any case.

    >>> sorted(["kick 10", "Kick 2", "clap"], key=natural_key)
    ['clap', 'Kick 2', 'kick 10']
    """
    parts = re.split(r"([0-9]+)", name.casefold())
    return tuple((0, int(p), "") if p.isdecimal() else (1, 0, p) for p in parts if p)


def sound_files(folder: Path) -> list[Path]:
    """Return the sound files of a folder, not of its subfolders, in natural order.

    Raises:
        AudioError: The folder cannot be read, or it has no sound file.
    """
    try:
        files = [path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES]
    except OSError as error:
        raise AudioError(f"{folder} cannot be read: {error.strerror}") from error
    found = [path for path in files if not path.name.startswith(".") and not path.is_dir()]
    if not found:
        raise AudioError(f"{folder} has no sound file: give a folder with wav, flac, mp3 ... files")
    return sorted(found, key=lambda path: (natural_key(path.name), path.name))


def safe_names(files: Iterable[Path], known: Mapping[str, str]) -> dict[str, str]:
    """Return a name for each file that is safe on every system, and unique in any case.

    Args:
        files: The sound files.
        known: Names that files already have, by file name; they stay.

    Returns:
        The name of each file, by file name.

    >>> safe_names([Path("a/b?.wav"), Path("B_.flac"), Path("nul.wav")], {})
    {'b?.wav': 'b_', 'B_.flac': 'B_ 2', 'nul.wav': 'nul_'}
    """
    taken = {name.casefold() for name in known.values()}
    names = dict(known)
    for path in files:
        if path.name not in names:
            name = _free(_safe(path.stem), taken)
            taken.add(name.casefold())
            names[path.name] = name
    return {path.name: names[path.name] for path in files}


def _safe(stem: str) -> str:
    """Return a stem with only letters, digits, spaces and ``._-+``, not empty or reserved."""
    text = unicodedata.normalize("NFC", stem)
    text = "".join(c if c.isalnum() or c in " ._-+" else "_" for c in text)
    text = text[:LONGEST_NAME].strip(" .") or "sound"
    return f"{text}_" if text.casefold().split(".")[0] in RESERVED else text


def _free(name: str, taken: set[str]) -> str:
    """Return the name, with a number if it is taken."""
    number, free = 2, name
    while free.casefold() in taken:
        free, number = f"{name} {number}", number + 1
    return free
