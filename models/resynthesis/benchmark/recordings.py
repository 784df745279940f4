"""Read the recorded sounds of the benchmark, in two halves: one to choose, one to report."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import soundfile

from datasets.errors import AudioError
from datasets.recorded.listing import Program, RecordedSound, read_listing
from datasets.recorded.play import RATE, play
from datasets.recorded.shape import shape
from datasets.spec import FloatArray

LENGTH_S = 3.0  # length of every clip; the key is held all the time
INSTRUMENTS = 24
INTERVALS = (-12, -7, 7, 12)  # semitones from the root
# Sounds are sorted by name. Even positions choose the parameters, odd positions are reported.
Half = Literal["even", "odd"]


@dataclass(frozen=True)
class Recording:
    """Hold one recorded clip.

    Attributes:
        name: Name of the sound.
        family: Family of the instrument.
        note: MIDI note.
        audio: Mono, from the onset on, shape (n,).
    """

    name: str
    family: str
    note: int
    audio: FloatArray


def read_recordings(folder: Path, half: Half) -> list[Recording]:
    """Read one half of the recorded sounds.

    Raises:
        AudioError: The folder lacks the index that `python -m datasets.recorded` writes, or a
            clip has another sample rate.
    """
    index = folder / "sounds.json"
    if not index.is_file():
        raise AudioError(f"{index} is missing: run python -m datasets.recorded {folder}")
    rows = sorted(json.loads(index.read_text())["sounds"], key=lambda row: str(row["name"]))
    chosen = rows[0 if half == "even" else 1 :: 2]
    return [_read(folder, row) for row in chosen]


def _read(folder: Path, row: dict[str, str]) -> Recording:
    audio, rate = soundfile.read(folder / row["file"], dtype="float32")
    if rate != RATE:
        raise AudioError(
            f"{folder / row['file']} has {rate} Hz, expected {RATE}: "
            f"run python -m datasets.recorded {folder}"
        )
    clip: FloatArray = audio[: round(LENGTH_S * RATE)]
    return Recording(row["name"], row["family"], int(row["note"]), clip)


def instruments(half: Half) -> list[RecordedSound]:
    """Return 24 soundfont instruments whose other notes can be recorded.

    The programs are sorted by name. Every third program is in the half that reports. The program
    after each of them is in the half that chooses.
    """
    programs = sorted(
        (sound for sound in read_listing() if isinstance(sound.recipe, Program)),
        key=lambda sound: sound.name,
    )
    return programs[0 if half == "odd" else 1 :: 3][:INSTRUMENTS]


def record(sound: RecordedSound, note: int) -> FloatArray:
    """Record another note of an instrument, made like the recorded sounds, shape (n,)."""
    clip: FloatArray = shape(play(replace(sound, note=note)))[: round(LENGTH_S * RATE)]
    return clip
