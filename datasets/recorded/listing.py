"""Read and check ``sounds.toml``, the list of recorded sounds."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from datasets.errors import SpecError
from datasets.foreign_files import read_toml

LISTING = Path(__file__).with_name("sounds.toml")
LOWEST, HIGHEST = 36, 84  # MIDI: the range of notes in the evaluation protocol
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
    """Describe a note of a soundfont, played by fluidsynth."""

    program: int  # General MIDI, 0..127, in bank 0
    velocity: int  # 1..127


@dataclass(frozen=True)
class Vowel:
    """Describe a vowel that espeak-ng holds on one pitch."""

    voice: str  # language, or language+variant
    phoneme: str  # a long vowel in espeak-ng's own notation
    pitch: int  # espeak-ng's 0..99; its note depends on the voice


@dataclass(frozen=True)
class Sample:
    """Describe a part of a sound file, used without changes."""

    file: str  # in the pack's folder
    start_s: float
    length_s: float


Recipe = Program | Vowel | Sample
RECIPES: dict[str, type[Recipe]] = {"soundfont": Program, "vowels": Vowel, "samples": Sample}


@dataclass(frozen=True)
class Pack:
    """Describe a Debian package that sounds come from."""

    package: str
    player: str  # the package of the program that plays it; "" for files that are only read
    path: str  # the soundfont, or the folder of samples; "" for a voice
    licence: str  # SPDX, from /usr/share/doc/PACKAGE/copyright
    copyright: str

    @property
    def needs(self) -> tuple[str, ...]:
        """Return the packages that are needed to play it."""
        return (self.package, self.player) if self.player else (self.package,)


@dataclass(frozen=True)
class RecordedSound:
    """Describe one clip of the set."""

    name: str  # of its file
    family: str
    note: int  # MIDI, its pitch
    pack: Pack
    copyright: str  # of this sound, if its pack has several authors
    recipe: Recipe


def read_listing(path: Path = LISTING) -> tuple[RecordedSound, ...]:
    """Return every sound of the set, in the order of the file.

    Raises:
        SpecError: The file is wrong; the message names the sound and the key.
    """
    packs = read_toml(path, SpecError, path.name)["pack"]
    sounds = tuple(sound for pack in packs for sound in _sounds(dict(pack)))
    twice = [name for name, count in Counter(sound.name for sound in sounds).items() if count > 1]
    if twice:
        raise SpecError(f"{path.name}: two sounds are called {', '.join(twice)}: rename one")
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
        raise SpecError(
            f"{name}: family {sound.family!r} does not exist: use one of {', '.join(FAMILIES)}"
        )
    if not LOWEST <= sound.note <= HIGHEST:
        raise SpecError(f"{name}: note {sound.note} must be in {LOWEST}..{HIGHEST}")
    return sound
