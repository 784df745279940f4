"""A note of any length has the form of a model's clips."""

import numpy as np
import pytest

from models.audio.features import FeatureSettings, log_mel
from models.audio.note.trained_form import TrainedForm, trained_mel
from tests.models.audio.tones import Float64, harmonic_tone, times

SETTINGS = FeatureSettings(duration_s=3.0)
HOLD_S = 2.0


def note(hold_s: float, length_s: float) -> Float64:
    seconds = times(length_s)
    tone = harmonic_tone(np.full(len(seconds), 220.0), np.array([1.0, 0.5, 0.25]))
    return np.asarray(tone * np.exp(-8 * np.maximum(seconds - hold_s, 0)))


def test_a_note_with_the_models_hold_keeps_its_image() -> None:
    audio = note(HOLD_S, 3.0)
    image = trained_mel(audio, SETTINGS, None, TrainedForm(HOLD_S, 3.0, HOLD_S))
    assert np.array_equal(image, log_mel(audio, SETTINGS))
    assert np.array_equal(image, trained_mel(audio, SETTINGS, None, None))


@pytest.mark.parametrize("hold_s", [0.3, 0.7, 4.0, 8.0, 29.0])
def test_a_steady_note_of_any_length_looks_like_the_models_note(hold_s: float) -> None:
    length_s = hold_s + 1.0
    usual = log_mel(note(HOLD_S, 3.0), SETTINGS)
    form = TrainedForm(hold_s, length_s, HOLD_S)
    image = trained_mel(note(hold_s, length_s), SETTINGS, None, form)
    assert image.shape == usual.shape and image.max() == 0
    as_before = log_mel(note(hold_s, length_s), SETTINGS)
    assert np.abs(image - usual).mean() < 0.25 * np.abs(as_before - usual).mean()


@pytest.mark.parametrize("length_s", [0.05, 0.1, 0.3, 2.5, 3.5, 30.0])
def test_every_length_gives_a_finite_image(length_s: float) -> None:
    audio = note(length_s, length_s)
    image = trained_mel(audio, SETTINGS, None, TrainedForm(length_s, length_s, HOLD_S))
    assert image.shape == (SETTINGS.bands, SETTINGS.frames)
    assert np.isfinite(image).all() and image.min() >= SETTINGS.floor_db and image.max() == 0
