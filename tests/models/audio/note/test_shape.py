"""Hold and length of notes that were made with known ones."""

import numpy as np
import pytest

from models.audio.note.shape import measure_shape
from tests.models.audio.tones import RATE, Float64, harmonic_tone, times


def note(hold_s: float, length_s: float, decay: float, release: float) -> Float64:
    """Return a note whose level falls by ``decay``, and by ``release`` after its hold, in 1/s."""
    seconds = times(length_s)
    tone = harmonic_tone(np.full(len(seconds), 220.0), np.array([1.0, 0.5, 0.25]))
    return tone * np.exp(-decay * seconds - release * np.maximum(seconds - hold_s, 0))


@pytest.mark.parametrize("length_s", [0.1, 0.3, 1, 3, 8, 30])
@pytest.mark.parametrize("decay", [0.0, 1.0])
def test_a_release_is_found_at_every_length(length_s: float, decay: float) -> None:
    hold_s = 0.7 * length_s
    fall = decay / length_s  # the level at the release is the same at every length
    shape = measure_shape(note(hold_s, length_s, 2 * fall, 12 / min(length_s, 1.0)), RATE)
    assert shape.hold_s == pytest.approx(hold_s, abs=0.05 * length_s)
    assert shape.length_s <= length_s


@pytest.mark.parametrize(
    ("decay", "release", "kind"),
    [(0.0, 30.0, "sustained"), (1.0, 30.0, "decaying"), (0.0, 1.5, "tail")],
)
def test_the_kind_is_that_of_the_note(decay: float, release: float, kind: str) -> None:
    assert measure_shape(note(2.0, 6.0, decay, release), RATE).kind == kind


@pytest.mark.parametrize("length_s", [0.1, 0.3, 1, 3, 8])
def test_a_note_that_decays_on_its_own_is_held_to_its_end(length_s: float) -> None:
    shape = measure_shape(note(length_s, length_s, 5 / length_s, 0.0), RATE)
    assert shape.hold_s == pytest.approx(length_s, abs=0.01)


def test_recorded_silence_shows_the_end_but_does_not_lengthen_the_note() -> None:
    silent = np.concatenate([note(0.5, 0.7, 0.0, 30.0), np.zeros(4 * RATE)])
    shape = measure_shape(silent, RATE)
    assert shape.hold_s == pytest.approx(0.5, abs=0.03) and 0.7 < shape.length_s < 1.0


def test_the_level_of_a_sound_does_not_matter() -> None:
    sound = note(1.0, 1.5, 0.0, 20.0)
    assert measure_shape(sound, RATE) == measure_shape(1e-3 * sound, RATE)
