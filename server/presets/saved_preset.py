"""Define a saved preset, and the rules for its texts."""

from __future__ import annotations

import math
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np

from datasets.errors import ServeError
from datasets.spec import FloatArray, SynthSpec

LONGEST_NAME, LONGEST_NOTE, MOST_TAGS = 200, 10_000, 50  # characters, characters, tags of a preset
LONGEST_ORIGIN = 10_000  # characters of its JSON


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
    template: str = ""  # SHA-256 of the player's own patch; "" for the model's own template.

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
        template: str = "",
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
            template: SHA-256 of the player's own patch, if the preset is on one.

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
            origin=plain_json(origin or {}),
            note=checked(note, LONGEST_NOTE),
            starred=starred,
            tags=checked_tags(tags),
            patch=patch,
            template=template,
        )


def now() -> str:
    """Return the current time as ISO 8601 in UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def utc(text: str) -> str:
    """Return a time as ``now`` writes it: the presets are sorted by this text.

    Raises:
        ValueError: The text is not a time with its offset from UTC.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time without its offset, as +00:00")
    try:
        return moment.astimezone(UTC).isoformat(timespec="milliseconds")
    except OverflowError as error:
        raise ValueError("a time outside the years 1 to 9999") from error


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


def plain_json(value: object) -> Any:  # noqa: ANN401  any JSON
    """Return JSON that any reader accepts: no NaN, no infinity and no lone surrogates."""
    if isinstance(value, str):
        return value.encode(errors="replace").decode()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {plain_json(str(key)): plain_json(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain_json(one) for one in value]
    return value
