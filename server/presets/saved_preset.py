"""A saved preset, and the file that exports and imports many of them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np

from datasets.errors import ServeError
from datasets.spec import FloatArray, SynthSpec

FORMAT = 1  # of exports
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
    ) -> SavedPreset:
        """A preset (P,) made now.

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
        )


def now() -> str:
    """The time as it is kept."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def exported(presets: Sequence[SavedPreset]) -> bytes:
    """Presets as a JSON document."""
    document = {"patchwright_collection": FORMAT, "presets": [asdict(kept) for kept in presets]}
    return json.dumps(document, indent=1).encode()


def imported(data: bytes) -> list[SavedPreset]:
    """The presets of such a document; ServeError names what is wrong with it."""
    try:
        document = json.loads(data)
        if document["patchwright_collection"] != FORMAT:
            raise ValueError(f"format {document['patchwright_collection']!r}")
        return [_read(row) for row in document["presets"]]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, ServeError) as error:
        raise ServeError(
            f"the file is no collection ({error!r}): send one that was exported, as the whole body"
        ) from error


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
        **texts,
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{str(value)[:40]!r} is no text")
    return value
