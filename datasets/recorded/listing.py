"""Read and check ``sounds.toml``, the list of recorded sounds."""

from __future__ import annotations

import tomllib
from collections import Counter
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from datasets.errors import SpecError

LISTING = Path(__file__).with_name("sounds.toml")
LOWEST, HIGHEST = 36, 84  # MIDI: the notes that the protocol plays
FAMILIES = (
    "keys",
    "percussion",  # struck, with a clear pitch
    "plucked",
    "strings",
    "brass",
    "reeds",
    "flutes",
    "voice",
    "synth",
)


@dataclass(frozen=True)
class Program:
    """A note of a soundfont, played by fluidsynth."""

    program: int  # General MIDI, 0..127, in bank 0
    velocity: int  # 1..127


@dataclass(frozen=True)
class Vowel:
    """A vowel held on one pitch by espeak-ng."""

    voice: str  # language, or language+variant
    phoneme: str  # a long vowel in espeak-ng's own notation
    pitch: int  # espeak-ng's 0..99; which note that is depends on the voice


@dataclass(frozen=True)
class Sample:
    """A part of a sound file, as it is."""

    file: str  # in the pack's folder
    start_s: float
    length_s: float


Recipe = Program | Vowel | Sample
RECIPES: dict[str, type[Recipe]] = {"soundfont": Program, "vowels": Vowel, "samples": Sample}


@dataclass(frozen=True)
class Pack:
    """A Debian package that sounds come from."""

    package: str
    player: str  # the package of the program that plays it; "" where a file is only read
    path: str  # the soundfont, or the folder of samples; "" for a voice
    licence: str  # SPDX, from /usr/share/doc/PACKAGE/copyright
    copyright: str

    @property
    def needs(self) -> tuple[str, ...]:
        """The packages without which it cannot be played."""
        return (self.package, self.player) if self.player else (self.package,)


@dataclass(frozen=True)
class RecordedSound:
    """One clip of the set."""

    name: str  # of its file
    family: str
    note: int  # MIDI, the pitch that it has
    pack: Pack
    copyright: str  # of this sound, where its pack collects several authors
    recipe: Recipe


def read_listing(path: Path = LISTING) -> tuple[RecordedSound, ...]:
    """Every sound of the set, in the order of the file.

    Raises SpecError, naming the sound and the key, where the file is not as this module says.
    """
    packs = tomllib.loads(path.read_text(encoding="utf-8"))["pack"]
    sounds = tuple(sound for pack in packs for sound in _sounds(dict(pack)))
    twice = [name for name, count in Counter(sound.name for sound in sounds).items() if count > 1]
    if twice:
        raise SpecError(f"{path.name}: two sounds are called {', '.join(twice)}")
    return sounds


def _sounds(table: dict[str, Any]) -> list[RecordedSound]:
    rows, kind = table.pop("sounds"), RECIPES[table.pop("kind")]
    pack = Pack(**{"player": "", "path": ""} | table)
    return [_sound(dict(row), pack, kind) for row in rows]


def _sound(row: dict[str, Any], pack: Pack, kind: type[Recipe]) -> RecordedSound:
    name = row.get("name", "a sound without a name")
    try:
        recipe = kind(**{field.name: row.pop(field.name) for field in fields(kind)})
        sound = RecordedSound(**{"copyright": pack.copyright} | row, pack=pack, recipe=recipe)
    except (KeyError, TypeError) as error:
        raise SpecError(f"{name} of {pack.package}: {error} is missing or unknown") from error
    if sound.family not in FAMILIES:
        raise SpecError(f"{name}: no family {sound.family!r}; choose of {', '.join(FAMILIES)}")
    if not LOWEST <= sound.note <= HIGHEST:
        raise SpecError(f"{name}: note {sound.note} is outside {LOWEST}..{HIGHEST}")
    return sound
