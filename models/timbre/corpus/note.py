"""Hold notes of an instrument, and what was left out and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
import soxr

Float64 = npt.NDArray[np.float64]

RATE = 48000  # Hz, of all notes of a corpus.


@dataclass(frozen=True)
class Note:
    """Hold one note.

    Attributes:
        name: Name of the note, unique in its corpus.
        samples: Mono audio at 48 kHz, shape (n,).
        named_midi: Pitch that the source states, MIDI; None if it states none.
        top_hz: Highest frequency that the source's sample rate can hold.
        group: Notes of one group, such as a preset, share a split; empty for a group of its own.
    """

    name: str
    samples: Float64
    named_midi: int | None = None
    top_hz: float = RATE / 2
    group: str = ""


@dataclass
class Report:
    """Count what was used, and name what was not.

    Attributes:
        used: Names of the notes that were used.
        skipped: Reason for each source that was skipped, by name.
        remarks: What else the user should know.
    """

    used: list[str] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)

    def text(self, most: int = 8) -> str:
        """Return a summary of few lines for a terminal."""
        lines = [f"{len(self.used)} notes used, {len(self.skipped)} skipped"]
        lines += [f"  skipped {name}: {why}" for name, why in [*self.skipped.items()][:most]]
        if len(self.skipped) > most:
            lines.append(f"  and {len(self.skipped) - most} more")
        lines += [f"  {remark}" for remark in self.remarks[:most]]
        if len(self.remarks) > most:
            lines.append(f"  and {len(self.remarks) - most} more remarks")
        return "\n".join(lines)


class Corpus(Protocol):
    """Give the notes of one instrument, always the same ones in the same order."""

    @property
    def source(self) -> str:
        """Return what the corpus was made of, for the model's card."""
        ...

    def notes(self, report: Report) -> Iterator[Note]:
        """Yield the notes one by one; what cannot be read is added to the report."""
        ...


def at_common_rate(samples: npt.NDArray[np.floating], sample_rate: int) -> Float64:
    """Return audio, mono (n,) or (channels, n), as mono at 48 kHz."""
    mono = np.atleast_2d(np.asarray(samples, np.float64)).mean(axis=0)
    if sample_rate == RATE:
        return np.asarray(mono)
    return np.asarray(soxr.resample(mono, sample_rate, RATE, quality="HQ"), np.float64)


@dataclass(frozen=True)
class ListCorpus:
    """Give notes that are in memory.

    Attributes:
        listed: The notes.
        source: What they were made of.
    """

    listed: tuple[Note, ...]
    source: str = "notes in memory"

    def notes(self, report: Report) -> Iterator[Note]:
        """Yield the notes."""
        yield from self.listed


def is_sound_file(path: Path) -> bool:
    """Return whether a path ends as a sound file does."""
    return path.suffix.lower() in SOUND_ENDINGS


SOUND_ENDINGS = frozenset(
    (".wav", ".flac", ".aif", ".aiff", ".aifc", ".ogg", ".mp3", ".m4a", ".opus", ".w64", ".caf")
)
