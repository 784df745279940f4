"""A phrase is recognised, and one note is not called a phrase."""

import numpy as np
import pytest

from models.audio.note.phrase import steadiest_note
from tests.models.audio.tones import RATE, Float64, harmonic_tone, times


def melody(notes: list[tuple[float, float]]) -> Float64:
    """Return legato notes of (MIDI, seconds)."""
    hertz = [np.full(round(s * RATE), 440 * 2 ** ((midi - 69) / 12)) for midi, s in notes]
    return harmonic_tone(np.concatenate(hertz), np.array([1.0, 0.6, 0.3, 0.1]))


@pytest.mark.parametrize("longest", [0, 1, 2])
def test_the_longest_steady_note_is_found(longest: int) -> None:
    seconds = [0.4, 0.4, 0.4]
    seconds[longest] = 0.9
    found = steadiest_note(melody(list(zip([57, 60, 55], seconds, strict=True))), RATE)
    assert found is not None and found.notes == 3
    assert found.start_s == pytest.approx(sum(seconds[:longest]), abs=0.1)
    assert found.end_s == pytest.approx(sum(seconds[: longest + 1]), abs=0.1)


def test_one_note_is_no_phrase() -> None:
    assert steadiest_note(melody([(57, 3.0)]), RATE) is None


def test_vibrato_octaves_and_short_grace_notes_are_no_phrase() -> None:
    seconds = times(2.0)
    vibrato = 220 * 2 ** (0.5 * np.sin(2 * np.pi * 5.5 * seconds) / 12)
    assert steadiest_note(harmonic_tone(vibrato, np.array([1.0, 0.5])), RATE) is None
    assert steadiest_note(melody([(57, 0.5), (69, 1.0)]), RATE) is None
    assert steadiest_note(melody([(56, 0.06), (57, 1.0)]), RATE) is None


def test_noise_and_a_very_short_sound_are_no_phrase() -> None:
    noise = np.random.default_rng(0).normal(size=RATE)
    assert steadiest_note(noise, RATE) is None
    assert steadiest_note(melody([(57, 0.05)]), RATE) is None


def test_a_bell_that_rings_on_at_another_pitch_is_no_phrase() -> None:
    strike, ring = melody([(88.8, 0.3)]), melody([(79, 1.5)])
    fall = np.exp(-12 * times(0.3))
    bell = np.concatenate([strike * fall, 0.3 * fall[-1] * ring])
    assert steadiest_note(bell, RATE) is None
