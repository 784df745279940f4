"""Names of files state pitches in many ways; ambiguous ones state none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.timbre.corpus.note_names import ACCIDENTALS, STEPS, midi_of_name


@pytest.mark.parametrize(
    ("name", "midi"),
    [
        ("A4", 69),
        ("violin a#4 mf", 70),
        ("Bb3_take2", 58),
        ("C-1", 0),
        ("060", 60),
        ("vln-61-pp", 61),
        ("C4_v100", 60),
        ("Ds2", 39),
        ("take two", None),
        ("A3 to C5", None),
        ("48 60", None),
        ("Cello", None),
        ("b", None),
        ("x1999", None),
        ("", None),
    ],
)
def test_names(name: str, midi: int | None) -> None:
    assert midi_of_name(name) == midi


@given(
    st.sampled_from(sorted(STEPS)),
    st.sampled_from(sorted(ACCIDENTALS)),
    st.integers(0, 8),
    st.sampled_from(["", "violin_", "my note ", "01-"]),
)
def test_any_letter_accidental_and_octave(
    letter: str, accidental: str, octave: int, before: str
) -> None:
    expected = 12 * (octave + 1) + STEPS[letter] + ACCIDENTALS[accidental]
    assert midi_of_name(f"{before}{letter.upper()}{accidental}{octave}") == expected
