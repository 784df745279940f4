"""A saved preset, and the file that exports and imports many of them."""

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

FORMAT = 1  # of exports without preset files, which older versions read
FILES_FORMAT = 2  # of exports with preset files
LONGEST_NAME, LONGEST_NOTE, MOST_TAGS = 200, 10_000, 50  # characters, characters, tags of a preset


@dataclass(frozen=True)
class SavedPreset:
    """A preset that is kept."""

    id: str
    spec: str  # the synth it is for, by name
    digest: str  # and exactly: a preset only fits the spec it was made with
    unit: tuple[float, ...]  # (P,) in [0, 1]
    name: str
    made: str  # ISO 8601, UTC
    origin: Mapping[str, Any] = field(default_factory=dict)  # as {"match": "sketch.wav"}
    note: str = ""  # the player's own words
    starred: bool = False
    tags: tuple[str, ...] = ()  # sorted
    patch: str = ""  # SHA-256 of the whole preset file that ``unit`` moves the macros of

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
        """A preset (P,) made now; ``patch`` is the digest of its file, where it is a whole file.

        Raises SpecError when it does not fit the spec, ServeError for a text that cannot be kept.
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
    """The time as it is kept."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def file_digest(file: bytes) -> str:
    """Return what a preset file is kept under: its SHA-256."""
    return hashlib.sha256(file).hexdigest()


def exported(presets: Sequence[SavedPreset], files: Mapping[str, bytes] | None = None) -> bytes:
    """Return presets, and the whole preset files of some of them, as a JSON document.

    Args:
        presets: In the order of the document.
        files: Preset files by their digest, UTF-8; none by default.
    """
    rows = [asdict(kept) for kept in presets]
    if not files:  # as versions wrote it that knew no files
        for row in rows:
            del row["patch"]
        document: dict[str, object] = {"patchwright_collection": FORMAT, "presets": rows}
    else:
        texts = {digest: file.decode() for digest, file in files.items()}
        document = {"patchwright_collection": FILES_FORMAT, "presets": rows, "files": texts}
    return json.dumps(document, indent=1).encode()


def imported(data: bytes) -> tuple[list[SavedPreset], dict[str, bytes]]:
    """Return the presets of such a document, and the preset files by their digest.

    Raises:
        ServeError: It names what is wrong with the document.
    """
    try:
        document = json.loads(data)
        if document["patchwright_collection"] not in (FORMAT, FILES_FORMAT):
            raise ValueError(f"format {document['patchwright_collection']!r}")
        texts = document.get("files", {}).values()
        files = {file_digest(file): file for file in (_text(text).encode() for text in texts)}
        presets = [_read(row) for row in document["presets"]]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, ServeError) as error:
        raise ServeError(
            f"the file is no collection ({error!r}): send one that was exported, as the whole body"
        ) from error
    for kept in presets:
        if kept.patch and kept.patch not in files:
            raise ServeError(f"the file is no collection: the file of {kept.name!r} is missing")
    return presets, files


def checked(text: str, most: int = LONGEST_NAME) -> str:
    """A text as it is kept: without spaces around it; ServeError when it is too long or empty."""
    text = text.encode(errors="replace").decode().strip()  # half a character cannot be kept
    if len(text) > most:
        raise ServeError(f"{text[:40]!r}... has {len(text)} characters: {most} at most")
    if not text and most == LONGEST_NAME:
        raise ServeError("a name or a tag is empty: give it a letter at least")
    return text


def checked_tags(tags: Sequence[str]) -> tuple[str, ...]:
    """Tags as they are kept: sorted, each once; ServeError for too many, too long, empty."""
    found = tuple(sorted({checked(tag) for tag in tags}))
    if len(found) > MOST_TAGS:
        raise ServeError(f"{len(found)} tags: a preset has {MOST_TAGS} at most")
    return found


def _read(row: Mapping[str, Any]) -> SavedPreset:
    """A preset of an export, checked: a file may come from anywhere."""
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
    if not isinstance(value, str):
        raise ValueError(f"{str(value)[:40]!r} is no text")
    return value
