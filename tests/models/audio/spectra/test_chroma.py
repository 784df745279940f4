"""The note class of a tone is that of its pitch, in every octave that the window resolves."""

from __future__ import annotations

import numpy as np
import pytest

from datasets.errors import SpecError
from models.audio.spectra.chroma import class_named, note_classes, one_hot
from models.audio.spectra.stft import at_rate, magnitudes
from tests.models.timbre.tones import tone


@pytest.mark.parametrize("midi", [55, 60, 61, 66, 74, 83, 95])
def test_the_class_of_a_tone_is_that_of_its_pitch(midi: int) -> None:
    classes = note_classes(magnitudes(at_rate(tone(midi), 48000)))
    assert np.bincount(classes, minlength=12).argmax() == midi % 12


def test_names_and_one_hot_rows() -> None:
    assert [class_named(name) for name in ("c", "Db", "A#", "Bb")] == [0, 1, 10, 10]
    assert one_hot([11, 0]).sum(axis=1).tolist() == [1, 1] and one_hot([11])[0, 11] == 1
    with pytest.raises(SpecError, match="'H'"):
        class_named("H")
