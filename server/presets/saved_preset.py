"""Define a saved preset, and the file format that exports and imports them."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np

from datasets.errors import ServeError
from datasets.spec import FloatArray, SynthSpec

FORMAT = 1  # exports without preset files; older versions can read them
FILES_FORMAT = 2  # exports with preset files
LONGEST_NAME, LONGEST_NOTE, MOST_TAGS = 200, 10_000, 50  # characters, characters, tags of a preset


@dataclass(frozen=True)
class SavedPreset:
    """Hold a saved preset."""

    id: str
    spec: str  # Name of the synth's spec.
    digest: str  # Digest of the spec; a preset fits only the spec it was made with.
    unit: tuple[float, ...]  # Unit values, shape (P,), in 0..1.
    name: str
    made: str  # Time of saving, ISO 8601 in UTC.
    origin: Mapping[str, Any] = field(default_factory=dict)  # As {"match": "sketch.wav"}.
    note: str = ""  # The player's note.
    starred: bool = False
    tags: tuple[str, ...] = ()  # Sorted.
    patch: str = ""  # SHA-256 of the whole preset file; then ``unit`` holds its macros.

    @classmethod
    def new(
        cls,
        spec: SynthSpec,
        unit: FloatArray,
        name: str,
        origin: Mapping[str, Any] | None = None,
        note: str = "",
        starred: bool = False,
        tags: Sequence[str] = (),
        patch: str = "",
    ) -> SavedPreset:
        """Return a new preset with a new id and the current time.

        Args:
            spec: Spec of the synth.
            unit: Unit values, shape (P,).
            name: Name, 1 to 200 characters.
            origin: Where the preset comes from, as {"match": "sketch.wav"}; empty by default.
            note: The player's note, at most 10,000 characters.
            starred: Mark the preset with a star.
            tags: At most 50 tags of 1 to 200 characters.
            patch: SHA-256 of the whole preset file, if the preset is one.

        Returns:
            The preset.

        Raises:
            SpecError: The unit values do not fit the spec.
            ServeError: The name, the note or a tag is empty or too long.
        """
        spec.to_native(unit)
        return cls(
            id=uuid.uuid4().hex,
            spec=spec.name,
            digest=spec.digest(),
            unit=tuple(float(x) for x in np.asarray(unit, np.float32)),
            name=checked(name),
            made=now(),
            origin=dict(origin or {}),
            note=checked(note, LONGEST_NOTE),
            starred=starred,
            tags=checked_tags(tags),
            patch=patch,
        )


def now() -> str:
    """Return the current time as ISO 8601 in UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def file_digest(file: bytes) -> str:
    """Return the SHA-256 of a preset file, which identifies it in the database."""
    return hashlib.sha256(file).hexdigest()


def exported(presets: Sequence[SavedPreset], files: Mapping[str, bytes] | None = None) -> bytes:
    """Return presets, and the whole preset files of some of them, as a JSON document.

    Args:
        presets: Presets in the order of the document.
        files: Preset files (UTF-8) by digest; none by default.

    Returns:
        The document, UTF-8.
    """
    rows = [asdict(kept) for kept in presets]
    if not files:  # write the older format, which older versions can read
        for row in rows:
            del row["patch"]
        document: dict[str, object] = {"patchwright_collection": FORMAT, "presets": rows}
    else:
        texts = {digest: file.decode() for digest, file in files.items()}
        document = {"patchwright_collection": FILES_FORMAT, "presets": rows, "files": texts}
    return json.dumps(document, indent=1).encode()


def imported(data: bytes) -> tuple[list[SavedPreset], dict[str, bytes]]:
    """Return the presets of an exported document, and its preset files by digest.

    Raises:
        ServeError: The document is not an export, or a part of it is wrong or missing.
    """
    try:
        document = json.loads(data)
        _check_format(document["patchwright_collection"])
        texts = document.get("files", {}).values()
        files = {file_digest(file): file for file in (_text(text).encode() for text in texts)}
        presets = [_read(row) for row in document["presets"]]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, ServeError) as error:
        raise ServeError(
            f"the file is not an exported collection ({error!r}): send an exported file as the "
            "whole body"
        ) from error
    for kept in presets:
        if kept.patch and kept.patch not in files:
            raise ServeError(
                f"the file is not an exported collection: the preset file of {kept.name!r} is "
                "missing. Export it again"
            )
    return presets, files


def _check_format(number: object) -> None:
    if number not in (FORMAT, FILES_FORMAT):
        raise ValueError(f"format {number!r}: this version reads {FORMAT} and {FILES_FORMAT}")


def checked(text: str, most: int = LONGEST_NAME) -> str:
    """Return a text as it is stored: without spaces at its ends.

    Args:
        text: A name, a tag or a note.
        most: Largest number of characters.

    Returns:
        The text.

    Raises:
        ServeError: The text is too long, or a name or a tag is empty.
    """
    text = text.encode(errors="replace").decode().strip()  # SQLite cannot store lone surrogates
    if len(text) > most:
        raise ServeError(
            f"{text[:40]!r}...: {len(text)} characters, but {most} at most are allowed"
        )
    if not text and most == LONGEST_NAME:
        raise ServeError("a name or a tag is empty: give at least one character")
    return text


def checked_tags(tags: Sequence[str]) -> tuple[str, ...]:
    """Return tags as they are stored: sorted, without duplicates.

    Raises:
        ServeError: There are too many tags, or a tag is empty or too long.
    """
    found = tuple(sorted({checked(tag) for tag in tags}))
    if len(found) > MOST_TAGS:
        raise ServeError(f"{len(found)} tags: a preset can have {MOST_TAGS} at most")
    return found


def _read(row: Mapping[str, Any]) -> SavedPreset:
    """Return a preset of an export; check all values, because the file may come from anywhere."""
    unit = tuple(float(x) for x in row["unit"])
    if not unit or not all(0 <= x <= 1 for x in unit):
        raise ValueError(f"preset {str(row['id'])[:64]!r}: a unit value is outside 0..1")
    texts = {name: _text(row[name]) for name in ("spec", "digest", "made")}
    return SavedPreset(
        id=uuid.UUID(hex=row["id"]).hex,
        unit=unit,
        name=checked(_text(row["name"])),
        note=checked(_text(row["note"]), LONGEST_NOTE),
        starred=bool(row["starred"]),
        tags=checked_tags([_text(tag) for tag in row["tags"]]),
        origin=dict(row["origin"]),
        patch=_text(row.get("patch", "")),
        **texts,
    )


def _text(value: object) -> str:
    """Return a value that must be text."""
    if not isinstance(value, str):
        raise ValueError(f"{str(value)[:40]!r} is not text")
    return value
