"""The shipped octave of amsynth is small, plays in tune, and obeys the note classes it learned."""

from __future__ import annotations

import numpy as np
import pytest

from models.audio.pitch import estimate_f0
from models.timbre.model_folder import load_timbre, shipped_timbres
from models.timbre.player.frames.frame_bank import make_frame_bank
from models.timbre.player.frames.frame_player import FramePlayer
from models.timbre.recognise import SHIPPED, is_timbre
from models.timbre.spectral.model import SpectralModel
from tests.models.timbre.tones import hz

NAME = "amsynth-octave"


@pytest.fixture(scope="module")
def octave() -> SpectralModel:
    model = load_timbre(NAME)
    assert isinstance(model, SpectralModel)
    return model


def test_it_is_found_by_name_has_a_card_and_at_most_3_mb() -> None:
    assert NAME in shipped_timbres() and is_timbre(NAME)
    assert sum(path.stat().st_size for path in (SHIPPED / NAME).iterdir()) <= 3e6
    card = (SHIPPED / NAME / "card.md").read_text()
    for part in ("timbre scale amsynth-34 --count 80", "timbre fit SOUNDS", "seed", "mean squared"):
        assert part in card


@pytest.mark.parametrize("key", [48, 60, 66, 71, 79])
def test_it_plays_in_tune(octave: SpectralModel, key: int) -> None:
    player = FramePlayer(make_frame_bank(octave, octave.start))
    player.note_on(0, key, 100)
    player.block(9600)
    sound = player.block(24000)[0]
    assert 0.02 < np.abs(sound).max() < 0.7
    octaves = np.log2(estimate_f0(sound, 48000) / hz(key))  # Some presets sound an octave lower.
    assert 1200 * (octaves - round(octaves)) == pytest.approx(0.0, abs=8.0)


def test_it_is_better_than_the_mean_and_marks_the_black_keys(octave: SpectralModel) -> None:
    facts = octave.facts
    assert facts["held_out_mse"] < 0.7 * facts["mean_frame_mse"]
    assert facts["mesh_accuracy"] > 0.85
    assert octave.learned == tuple(c in (0, 2, 4, 5, 7, 9, 11) for c in range(12))
