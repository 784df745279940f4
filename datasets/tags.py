"""Define the tags of sounds: pairs of opposite words, and instruments found in preset names.

A dataset's column ``tags`` holds them in lower case, in no particular order.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from datasets.errors import StoreError
from datasets.presets import PresetBank, near_duplicates
from datasets.recipe import preset_id
from datasets.spec import FloatArray

MAX_INDEX = 2**63 - 1  # largest value of the column ``index``


@dataclass(frozen=True)
class TagPair:
    """Describe two opposite words.

    A low value of the descriptor is ``negative``, a high one ``positive``.

    >>> PAIRS[0].name, PAIRS[0].descriptor
    ('Dark/Bright', 'brightness')
    """

    negative: str
    positive: str
    descriptor: str  # a name of ``models.audio.descriptors.DESCRIPTORS``

    @property
    def words(self) -> tuple[str, str]:
        """Return (negative, positive), as in the column ``tags``."""
        return self.negative, self.positive

    @property
    def name(self) -> str:
        """Return the name of the pair, as on a knob."""
        return f"{self.negative.capitalize()}/{self.positive.capitalize()}"


PAIRS: tuple[TagPair, ...] = (
    TagPair("dark", "bright", "brightness"),
    TagPair("soft", "aggressive", "aggressiveness"),
    TagPair("constant", "moving", "movement"),
    TagPair("percussive", "sustained", "sustain"),
    TagPair("thin", "phat", "thickness"),
    TagPair("harmonic", "noisy", "noisiness"),
)

# Each instrument tag with the words that mean it in a preset's name. Words are singular; a plural s
# is added automatically. A word of two letters is listed only if banks use it as a prefix and it is
# not an English word.
INSTRUMENTS: dict[str, tuple[str, ...]] = {
    "arp": ("arp", "arpeggio", "arpeggiator", "arpeggiated"),
    "bass": ("bass", "basses", "bs", "bss", "ba", "subbass"),
    "bell": ("bell", "chime", "glockenspiel", "celesta", "tubular", "carillon"),
    "brass": ("brass", "brasses", "br", "brs", "horn", "trumpet", "trombone", "tuba", "flugelhorn"),
    "drum": (
        *("drum", "drm", "drumkit", "percussion", "perc", "prc", "kick", "snare", "tom", "hihat"),
        *("hat", "clap", "cymbal", "conga", "bongo", "cowbell", "timpani", "tabla", "taiko"),
    ),
    "flute": ("flute", "piccolo", "recorder", "panflute", "ocarina", "whistle"),
    "fx": ("fx", "sfx", "efx", "effect", "riser", "impact", "soundscape"),
    "guitar": ("guitar", "gtr", "banjo", "ukulele", "sitar", "mandolin"),
    "keys": (
        *("keys", "keyz", "ky", "kbd", "keyboard", "ep", "epiano", "rhodes", "wurli", "wurlitzer"),
        *("clav", "clavi", "clavinet", "harpsichord"),
    ),
    "lead": ("lead", "leed", "ld", "solo"),
    "mallet": ("mallet", "marimba", "xylophone", "vibraphone", "vibe", "kalimba"),
    "organ": ("organ", "org", "hammond", "leslie", "harmonium", "accordion", "accordian"),
    "pad": ("pad", "pd"),
    "piano": ("piano", "pno", "pianoforte"),
    "pluck": ("pluck", "plk", "pl", "plucked", "pizzicato", "pizz", "harp"),
    "reed": ("reed", "sax", "saxophone", "clarinet", "oboe", "bassoon"),
    "sequence": ("sequence", "seq", "sq", "sequencer"),
    "strings": ("strings", "string", "str", "strgs", "violin", "viola", "cello"),
    "synth": ("synth", "syn", "sy", "synthesizer", "polysynth"),
    "voice": ("voice", "vox", "vocal", "choir", "choral", "soprano", "vocoder", "chorale"),
}
_HUMPS = re.compile(r"(?<=[^\W\d_A-Z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


@cache
def _instrument_of() -> Mapping[str, str]:
    """Return the tag of each word, with plurals; a listed word is never read as a plural."""
    listed = {word: tag for tag, words in INSTRUMENTS.items() for word in words}
    return {f"{word}s": tag for word, tag in listed.items()} | listed


def words_in(name: str) -> tuple[str, ...]:
    """Return the instruments in a preset's name, each once, in the order of the name.

    Only whole words count, in any case. Digits, signs and capitals (``PureLead``) separate words.

    >>> words_in("FMBells & warmPad 2"), words_in("Bassoon"), words_in("LD Padded Cell")
    (('bell', 'pad'), ('reed',), ('lead',))
    """
    known = _instrument_of()
    found: dict[str, None] = {}
    for run in re.findall(r"[^\W\d_]+", unicodedata.normalize("NFC", name)):
        for word in (*_HUMPS.split(run), run):  # the whole run too: PADs is one word
            if tag := known.get(word.lower()):
                found.setdefault(tag)
    return tuple(found)


def tag_signs(
    tags: Sequence[Sequence[str] | None] | npt.NDArray[np.object_],
) -> npt.NDArray[np.int8]:
    """Return an array (N, len(PAIRS)): -1 for a pair's negative word, +1 for the positive, else 0.

    Case does not matter. A clip with both words of a pair, or without tags (None), has 0.

    >>> tag_signs([["Bright", "soft"], []]).tolist()
    [[1, -1, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0]]
    """
    signs = np.zeros((len(tags), len(PAIRS)), np.int8)
    for row, words in enumerate(tags):
        held = {word.lower() for word in words} if words is not None else set()
        if held:
            signs[row] = [(pair.positive in held) - (pair.negative in held) for pair in PAIRS]
    return signs


@dataclass(frozen=True, eq=False)
class PresetNames:
    """Find the name of a clip's preset in a bank by the clip's parents.

    A parent's id is a hash of a preset's vector; it contains no name. Near-duplicates share it.
    """

    spec: str  # name of the spec with which the bank was read
    bank: PresetBank
    _rows: dict[str, int] = field(init=False, repr=False)
    _groups: npt.NDArray[np.int64] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        rows = {preset_id(self.spec, vector): i for i, vector in enumerate(self.bank.unit)}
        object.__setattr__(self, "_rows", rows)
        object.__setattr__(self, "_groups", near_duplicates(self.bank.unit))

    def name_of(self, parents: Iterable[str], unit: FloatArray) -> str:
        """Return the name of the preset that a clip is, or from which it was changed.

        Args:
            parents: The clip's parents.
            unit: The clip's unit vector (P,).

        Returns:
            The name; of near-duplicates, the nearest one's. It is empty for a clip of two presets,
            for a clip without a preset, and for a preset that the bank lacks.
        """
        distinct = set(parents)
        row = self._rows.get(distinct.pop()) if len(distinct) == 1 else None
        if row is None:
            return ""
        near = np.flatnonzero(self._groups == self._groups[row])
        distances = np.square(self.bank.unit[near] - unit).sum(axis=1)
        return self.bank.presets[int(near[distances.argmin()])].name


def read_tags_csv(path: str | Path) -> dict[int, list[str]]:
    """Read a user's tags from a CSV file with the columns index and tags.

    Tags of a clip are separated by ``;`` or spaces. Other columns are ignored.

    Args:
        path: The CSV file, in UTF-8.

    Returns:
        Tags by clip index, in lower case, each once.

    Raises:
        StoreError: The file is not of this form; the message has the line, the value and the fix.
    """
    path = Path(path)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.reader(file, strict=True)
            columns = _columns(next(rows, []), path.name)
            width = max(columns) + 1
            found: dict[int, list[str]] = {}
            for row in rows:
                if any(cell.strip() for cell in row):
                    _add(found, row, columns, width, f"{path.name}, line {rows.line_num}")
            return found
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise StoreError(f"{path.name} is not UTF-8 ({error.reason}): save it as UTF-8") from error
    except csv.Error as error:
        raise StoreError(f"{path.name}, line {rows.line_num}: not CSV: {error}") from error


def _columns(header: Sequence[str], name: str) -> tuple[int, int]:
    """Return the positions of the columns index and tags.

    Raises:
        StoreError: One of them is missing.
    """
    titles = [title.strip().lower() for title in header]
    for wanted in ("index", "tags"):
        if titles.count(wanted) != 1:
            raise StoreError(
                f"{name}, line 1: {','.join(header)[:60]!r} has {titles.count(wanted)} columns "
                f"{wanted!r}: begin the file with the line 'index,tags'"
            )
    return titles.index("index"), titles.index("tags")


def _add(
    found: dict[int, list[str]], row: Sequence[str], columns: tuple[int, int], width: int, at: str
) -> None:
    """Add one line of a user's file.

    Raises:
        StoreError: The line cannot be used.
    """
    if len(row) < width:
        raise StoreError(f"{at}: {','.join(row)[:60]!r} lacks a column: write INDEX,TAG;TAG")
    index = _index(row[columns[0]].strip(), at)
    if index in found:
        raise StoreError(f"{at}: index {index} occurs twice: put its tags on one line")
    words = [word for word in re.split(r"[;\s]+", row[columns[1]].lower()) if word]
    found[index] = list(dict.fromkeys(words))
    for pair in PAIRS:
        if set(pair.words) <= set(words):
            raise StoreError(f"{at}: index {index} is both {' and '.join(pair.words)}: keep one")


def _index(text: str, at: str) -> int:
    if text.isascii() and text.isdecimal() and len(text) < 20 and int(text) <= MAX_INDEX:
        return int(text)
    raise StoreError(f"{at}: index {text[:40]!r} is not a whole number: give the clip's index")
