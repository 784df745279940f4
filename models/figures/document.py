"""Hold the result of a figure: pictures with captions, sounds and numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Track:
    """Hold a sound to play."""

    label: str
    source: str  # path relative to the report


@dataclass(frozen=True)
class Plate:
    """Hold a picture, its caption, and the sounds it shows."""

    source: str  # path relative to the report
    alt: str
    caption: str
    heading: str = ""
    tracks: tuple[Track, ...] = ()
    table: tuple[tuple[str, ...], ...] = ()  # rows of cells; the first row has the column heads


@dataclass(frozen=True)
class Section:
    """Hold one figure of the paper."""

    key: str  # key in figures.json, and anchor in the report
    title: str
    lead: str
    plates: tuple[Plate, ...] = ()
    numbers: dict[str, Any] = field(default_factory=dict)
    omitted: str = ""  # why this model or dataset has no such figure
