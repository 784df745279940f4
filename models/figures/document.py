"""The result of a figure: pictures with captions, sounds and numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Track:
    """A sound to play."""

    label: str
    source: str  # path relative to the report


@dataclass(frozen=True)
class Plate:
    """A picture, what to look at in it, and the sounds it shows."""

    source: str  # path relative to the report
    alt: str
    caption: str
    heading: str = ""
    tracks: tuple[Track, ...] = ()
    table: tuple[tuple[str, ...], ...] = ()  # rows of cells, the first are the column heads


@dataclass(frozen=True)
class Section:
    """A figure of the paper."""

    key: str  # in figures.json, and the anchor in the report
    title: str
    lead: str
    plates: tuple[Plate, ...] = ()
    numbers: dict[str, Any] = field(default_factory=dict)
    omitted: str = ""  # why this model or dataset has no such figure
