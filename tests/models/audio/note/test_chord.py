"""Chords are named; octaves, fifths, vibrato, bells, noise and missing fundamentals are not."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from models.audio.note.chord import find_chord

RATE = 44100
TIME = np.arange(RATE) / RATE
Wave = NDArray[np.float64]


def hertz(midi: float) -> float:
    return float(440 * 2 ** ((midi - 69) / 12))


def note(midi: float, harmonics: Sequence[int] = range(1, 13), cents: float = 0.0) -> Wave:
    """Return a note with falling harmonics and a vibrato of 5 Hz."""
    phase = hertz(midi) * (TIME + (2 ** (cents / 1200) - 1) * np.sin(10 * np.pi * TIME) / 31.4)
    parts = [np.sin(2 * np.pi * n * phase + n) / n for n in harmonics]
    return np.asarray(np.sum(parts, axis=0) * np.exp(-TIME))


def names(samples: Wave) -> list[int]:
    return [round(69 + 12 * np.log2(hz / 440)) for hz in find_chord(samples, RATE)]


@pytest.mark.parametrize(
    "chord",
    [(60, 64, 67), (57, 60, 64), (48, 55, 64), (60, 63, 66), (55, 59, 62, 65), (60, 64), (60, 69)],
)
def test_chords_are_named(chord: tuple[int, ...]) -> None:
    assert names(np.sum([note(midi) for midi in chord], axis=0)) == list(chord)


def test_an_octave_in_a_chord_is_not_another_note() -> None:
    chord = np.sum([note(midi) for midi in (48, 60, 64, 67, 72)], axis=0)
    assert names(chord)[0] == 48 and 60 not in names(chord) and 72 not in names(chord)


@pytest.mark.parametrize(
    ("kind", "samples"),
    [
        ("one note", note(60)),
        ("octave", note(48) + note(60)),
        ("fifth", note(48) + note(55)),
        ("fifth above the octave", note(48) + note(67)),
        ("detuned", note(60) + note(60.3)),
        ("vibrato", note(57, cents=60)),
        ("no fundamental", note(45, range(4, 20))),
        ("odd", note(57, range(1, 20, 2))),
        ("bell", np.sum([np.sin(2 * np.pi * 400 * r * TIME) for r in (1, 2.76, 5.4, 8.9)], axis=0)),
        ("noise", np.random.default_rng(0).standard_normal(RATE)),
        ("silence", np.zeros(RATE)),
        ("melody", np.concatenate([note(m)[: RATE // 3] for m in (60, 64, 67)])),
        ("short", note(60)[:2000] + note(64)[:2000]),
    ],
)
def test_other_sounds_are_no_chord(kind: str, samples: Wave) -> None:
    assert find_chord(samples, RATE) == (), kind
