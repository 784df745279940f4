"""Measure how often a match finds the note of a soundfont, at known notes from MIDI 36 to 84.

    python docs/benchmarks/pitch.py [OUT.json]

The sounds are every melodic General MIDI program (0 to 95, and 104 to 111) of both soundfonts of
the recorded set. Each plays every sixth note from 36 to 84 at velocity 100. The script measures
them as a match does: it finds the onset, resamples, and measures f0 over 2 s. Right means within 50
cents, octave included. `UNSURE` programs by design do not sound the requested note, or sound
several. The script counts them separately.
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
    """Yield soundfont package, program and note of every sound."""
    for package in sorted(
        {s.pack.package for s in read_listing() if isinstance(s.recipe, Program)}
    ):
        for program in PROGRAMS:
            for note in NOTES:
                yield package, program, note


def detected_note(package: str, program: int, note: int, folder: Path) -> float | None:
    """Play a soundfont and return the note that a match finds.

    Args:
        package: The soundfont's package.
        program: General MIDI program, 0..127.
        note: MIDI note.
        folder: Folder for the WAV file.

    Returns:
        MIDI note with fractions of a semitone, or None if there is no clear pitch.
    """
    (pack,) = {s.pack for s in read_listing() if s.pack.package == package}
    sound = RecordedSound("one", "keys", note, pack, pack.copyright, Program(program, 100))
    path = folder / "one.wav"
    soundfile.write(path, play(sound), RATE, subtype="FLOAT")
    f0 = load_target(path, SPEC).f0_hz
    return None if f0 is None else 69 + 12 * math.log2(f0 / 440)


def verdict(found: float | None, note: int) -> str:
    """Return `right`, `octave` (right except for the octave), `wrong` or `none`."""
    if found is None:
        return "none"
    off = found - note
    if abs(off) <= 0.5:
        return "right"
    return "octave" if abs(off - 12 * round(off / 12)) <= 0.5 else "wrong"


def main() -> None:
    """Print the counts of all sounds, by note, and of the programs with errors."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for package, program, note in sounds():
            try:
                found = detected_note(package, program, note, Path(folder))
            except AudioError:
                continue  # the instrument has no such note
            rows.append((package, program, note, found, verdict(found, note)))
    sure = [row for row in rows if row[1] not in UNSURE]
    for name, some in (("all", rows), ("with a certain note", sure)):
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
