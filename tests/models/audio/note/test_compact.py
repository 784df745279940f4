"""The compact form of a long note keeps its beginning and its release."""

import numpy as np
import pytest

from models.audio.note.compact import FADE_S, compact_note
from models.audio.note.shape import NoteShape, measure_shape
from tests.models.audio.tones import RATE, harmonic_tone, times

HOLD_S, LENGTH_S = 2.0, 3.0


@pytest.mark.parametrize("hold_s", [3.0, 12.0, 28.0])
def test_beginning_and_release_stay(hold_s: float) -> None:
    seconds = times(hold_s + 2)
    tone = harmonic_tone(np.full(len(seconds), 220.0), np.array([1.0, 0.5]))
    sound = (tone * np.exp(-9 * np.maximum(seconds - hold_s, 0))).astype(np.float32)
    shape = NoteShape(hold_s, hold_s + 2, "sustained")
    short, found = compact_note(sound, RATE, shape, HOLD_S, LENGTH_S)
    assert (found.hold_s, found.length_s) == (HOLD_S, LENGTH_S)
    cut, fade, start = (round(s * RATE) for s in (HOLD_S, FADE_S, hold_s))
    assert len(short) == round(LENGTH_S * RATE)
    assert np.array_equal(short[: cut - fade], sound[: cut - fade])
    assert np.array_equal(short[cut:], sound[start : start + len(short) - cut])
    assert measure_shape(short, RATE).hold_s == pytest.approx(HOLD_S, abs=0.05)


def test_a_note_without_a_release_is_held_to_the_end() -> None:
    sound = harmonic_tone(np.full(20 * RATE, 220.0), np.array([1.0])).astype(np.float32)
    short, found = compact_note(sound, RATE, NoteShape(20.0, 20.0, "decaying"), HOLD_S, LENGTH_S)
    assert found.hold_s == found.length_s == LENGTH_S
    assert np.array_equal(short, sound[: len(short)])
