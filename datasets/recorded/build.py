"""Build the recorded sounds in a folder: one WAV file each, and ``sounds.json``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from datasets.atomic_write import replace_file
from datasets.clip import hash_of
from datasets.errors import StoreError
from datasets.recorded.listing import RecordedSound
from datasets.recorded.packages import installed_versions
from datasets.recorded.play import RATE, play
from datasets.recorded.shape import LENGTH_S, shape, wav_bytes

INDEX = "sounds.json"


def build(sounds: Sequence[RecordedSound], out: Path) -> list[dict[str, Any]]:
    """Build the sounds in a folder; the same packages give the same bytes.

    Args:
        sounds: The sounds to build.
        out: A folder that contains only this set.

    Returns:
        The rows of the index.

    Raises:
        AudioError: A package is missing; nothing is written. Or a sound cannot be played.
        StoreError: The folder holds other sounds, or cannot be written.
    """
    versions = installed_versions(package for sound in sounds for package in sound.pack.needs)
    _prepare(out, sounds)
    rows = [_make(sound, out, versions) for sound in sounds]
    index = {"sample_rate": RATE, "length_s": LENGTH_S, "packages": versions, "sounds": rows}
    text = json.dumps(index, indent=1, ensure_ascii=False) + "\n"
    replace_file(out / INDEX, text.encode())
    return rows


def _prepare(out: Path, sounds: Iterable[RecordedSound]) -> None:
    """Create the folder, and check that it has no other sounds: an evaluation uses all it finds."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"{out} cannot be created: {error.strerror}. Choose another folder."
        ) from error
    others = {path.name for path in out.glob("*.wav")} - {_file(sound) for sound in sounds}
    if others:
        raise StoreError(
            f"{out} has {min(others)}, which is not in this set: remove it or choose another folder"
        )


def _make(sound: RecordedSound, out: Path, versions: dict[str, str]) -> dict[str, Any]:
    clip = shape(play(sound))
    replace_file(out / _file(sound), wav_bytes(clip))
    return {
        "name": sound.name,
        "file": _file(sound),
        "family": sound.family,
        "note": sound.note,
        "package": sound.pack.package,
        "version": versions[sound.pack.package],
        "licence": sound.pack.licence,
        "copyright": sound.copyright,
        "recipe": asdict(sound.recipe),
        "sha256": hash_of(clip),  # of the float32 samples that a reader decodes
    }


def _file(sound: RecordedSound) -> str:
    return f"{sound.name}.wav"
