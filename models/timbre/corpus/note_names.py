"""Read the pitch of a note from the name of its file."""

from __future__ import annotations

import re

STEPS = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}
ACCIDENTALS = {"": 0, "#": 1, "s": 1, "♯": 1, "b": -1, "♭": -1}
# A letter, an accidental and an octave, not inside a word: A4, Bb3, c#5, Ds2, C-1.
PITCH_NAME = re.compile(r"(?<![a-zA-Z0-9])([a-gA-G])([#sb♯♭]?)(-1|[0-9])(?![0-9a-zA-Z#])")
NUMBER = re.compile(r"(?<![0-9.])([0-9]{2,3})(?![0-9])")
LOWEST, HIGHEST = 21, 108  # A number outside the range of a piano is not a pitch.


def midi_of_name(name: str) -> int | None:
    """Return the MIDI note that a file's name states; None if it states none, or several.

    Args:
        name: Name of the file without its ending. C4 is 60.

    Returns:
        The note.

    >>> [midi_of_name(n) for n in ("violin_A4", "Bb3 mf", "060", "vln-61-p", "take two", "c-1")]
    [69, 58, 60, 61, None, 0]
    >>> midi_of_name("scale from A3 to C5") is None
    True
    """
    pitches = {
        12 * (int(octave) + 1) + STEPS[letter.lower()] + ACCIDENTALS[accidental]
        for letter, accidental, octave in PITCH_NAME.findall(name)
    }
    if not pitches:
        pitches = {int(n) for n in NUMBER.findall(name) if LOWEST <= int(n) <= HIGHEST}
    return pitches.pop() if len(pitches) == 1 else None
