"""How often is the note of a sound heard right? Soundfonts at known notes, MIDI 36 to 84.

    python docs/benchmarks/pitch.py [OUT.json]

Every melodic General MIDI program (0 to 95, and 104 to 111) of both soundfonts of the recorded set,
every sixth note from 36 to 84, velocity 100, as a match hears it: onset found, resampled, f0
measured over 2 s. Right means within 50 cents, octave included. ``UNSURE`` programs do not sound
the note that is asked for, or no single one, by construction; they are counted apart.
"""

from __future__ import annotations

import json
import math
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import soundfile

from datasets.errors import AudioError
from datasets.recorded.listing import Program, RecordedSound, read_listing
from datasets.recorded.play import RATE, play
from datasets.spec import load_spec
from models.matching.sound_target import load_target

PROGRAMS = (*range(96), *range(104, 112))
NOTES = range(36, 85, 6)
UNSURE = {
    16: "drawbar organ: a 16' stop, an octave lower",
    17: "percussive organ: the same",
    18: "rock organ: the same",
    31: "guitar harmonics: an octave higher",
    47: "timpani",
    55: "orchestra hit",
    86: "fifths lead: two notes",
}
SPEC = load_spec("amsynth-34")


def sounds() -> Iterator[tuple[str, int, int]]:
    """Soundfont package, program and note."""
    for package in sorted(
        {s.pack.package for s in read_listing() if isinstance(s.recipe, Program)}
    ):
        for program in PROGRAMS:
            for note in NOTES:
                yield package, program, note


def heard(package: str, program: int, note: int, folder: Path) -> float | None:
    """The note that a match would play, in fractions of a semitone; None for no clear pitch."""
    (pack,) = {s.pack for s in read_listing() if s.pack.package == package}
    sound = RecordedSound("one", "keys", note, pack, pack.copyright, Program(program, 100))
    path = folder / "one.wav"
    soundfile.write(path, play(sound), RATE, subtype="FLOAT")
    f0 = load_target(path, SPEC).f0_hz
    return None if f0 is None else 69 + 12 * math.log2(f0 / 440)


def verdict(found: float | None, note: int) -> str:
    """``right``, ``octave`` (right but for octaves), ``wrong`` or ``none``."""
    if found is None:
        return "none"
    off = found - note
    if abs(off) <= 0.5:
        return "right"
    return "octave" if abs(off - 12 * round(off / 12)) <= 0.5 else "wrong"


def main() -> None:
    """Print a table by package and note, and by program what is not always right."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for package, program, note in sounds():
            try:
                found = heard(package, program, note, Path(folder))
            except AudioError:
                continue  # the instrument has no such note
            rows.append((package, program, note, found, verdict(found, note)))
    sure = [row for row in rows if row[1] not in UNSURE]
    for name, some in (("all", rows), ("sure of their note", sure)):
        counts = Counter(row[4] for row in some)
        print(f"{name}: {len(some)}, right {counts['right'] / len(some):.3f}", dict(counts))
    for note in NOTES:
        print(note, dict(Counter(row[4] for row in sure if row[2] == note)))
    missed = Counter((row[1], row[4]) for row in rows if row[4] != "right")
    print("programs:", sorted(missed.items(), key=lambda item: -item[1])[:40])
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(json.dumps(rows), encoding="utf-8")


if __name__ == "__main__":
    main()
