"""Keep the record of a bank, ``bank.json``: which sounds are matched, with which options."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from datasets.atomic_write import replace_file
from datasets.errors import StoreError
from datasets.foreign_files import file_content, parse_json

NAME, FORMAT = "bank.json", 1
DONE, FAILED = "done", "failed"


@dataclass(frozen=True)
class BankSound:
    """Hold the state of one sound.

    Attributes:
        file: Name of the sound file.
        name: Safe name; the folder and the preset have it.
        sha256: Hash of the sound file when it was matched; empty if it could not be read.
        status: "done" or "failed".
        preset: Path of the collected preset, relative to the bank; empty if the match failed.
        reason: Why the match failed, in one line.
        seconds: Wall-clock time of the match.
    """

    file: str
    name: str
    sha256: str
    status: str
    preset: str = ""
    reason: str = ""
    seconds: float = 0.0


@dataclass
class BankRecord:
    """Hold the options of a bank and the state of its sounds, by file name."""

    settings: dict[str, Any]
    sounds: dict[str, BankSound] = field(default_factory=dict)

    def save(self, out: Path) -> None:
        """Write the record; raise StoreError if the folder cannot be written."""
        content = {
            "format": FORMAT,
            "settings": self.settings,
            "sounds": [asdict(sound) for sound in self.sounds.values()],
        }
        replace_file(out / NAME, json.dumps(content, indent=1).encode())

    def is_done(self, path: Path, out: Path) -> bool:
        """Return whether a sound is matched, has not changed since, and its files exist."""
        sound = self.sounds.get(path.name)
        if sound is None or sound.status != DONE or sound.sha256 != hash_of(path):
            return False
        files = (out / sound.preset, sound_folder(out, sound.name) / "match.json")
        return all(file.is_file() for file in files)


def open_record(out: Path, settings: Mapping[str, Any]) -> BankRecord:
    """Return the record of a folder, or a new one.

    Args:
        out: Folder of the bank.
        settings: Options of this run, as JSON values.

    Returns:
        The record, with the same settings.

    Raises:
        StoreError: The folder has a bank of other options, or its record is damaged.
    """
    plain = json.loads(json.dumps(settings))
    path = out / NAME
    if not path.is_file():
        return BankRecord(plain)
    try:
        found = parse_json(file_content(path), f"{path} is damaged")
        sounds = {row["file"]: BankSound(**row) for row in found["sounds"]}
        before = dict(found["settings"])
    except (KeyError, TypeError, ValueError) as error:
        raise StoreError(f"{path} is damaged: delete it to match all sounds again") from error
    changed = [key for key in {**before, **plain} if before.get(key) != plain.get(key)]
    if changed:
        key = changed[0]
        raise StoreError(
            f"{out} was made with {key} {before.get(key)!r}, now it is {plain.get(key)!r}: use the "
            f"same options, give another --out, or delete {path} to match all sounds again"
        )
    return BankRecord(plain, sounds)


def sound_folder(out: Path, name: str) -> Path:
    """Return the folder of one sound's match."""
    return out / "sounds" / name


def hash_of(path: Path) -> str:
    """Return the SHA-256 of a file, or "" if it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
