"""The shipped violin is small, plays in tune at any pitch, and its axes change the timbre."""

from __future__ import annotations

import numpy as np
import pytest

from models.audio.pitch import estimate_f0
from models.timbre.additive import play
from models.timbre.contract import TimbreModel
from models.timbre.latent import LatentPosition
from models.timbre.model_folder import load_timbre, shipped_timbres
from models.timbre.recognise import SHIPPED, is_timbre
from tests.models.timbre.tones import hz


@pytest.fixture(scope="module")
def violin() -> TimbreModel:
    return load_timbre("violin")


def test_it_is_found_by_name_and_has_at_most_3_mb() -> None:
    assert "violin" in shipped_timbres() and is_timbre("violin") and not is_timbre("vital-32")
    assert sum(path.stat().st_size for path in (SHIPPED / "violin").iterdir()) <= 3e6


@pytest.mark.parametrize("midi", [50.0, 61.5, 76.0, 95.0])
def test_it_plays_in_tune_within_full_scale(violin: TimbreModel, midi: float) -> None:
    sound = play(violin.decode(violin.start, midi, 1.0), midi, 0.6)
    assert 0.03 < np.abs(sound).max() < 0.5
    assert 1200 * np.log2(estimate_f0(sound[4800:24000], 48000) / hz(midi)) == pytest.approx(
        0.0, abs=5.0
    )


def test_its_first_axis_changes_the_timbre_and_not_the_level(violin: TimbreModel) -> None:
    tones = []
    for knob in (0.0, 1.0):
        first = violin.axes[0].at(knob)
        tones.append(violin.decode(LatentPosition((first, *violin.start.values[1:])), 67.0, 0.8))
    sounds = [play(one, 67.0, 0.6)[9600:24000].astype(np.float64) for one in tones]
    assert np.abs(20 * np.log10(sounds[0].std() / sounds[1].std())) < 1.0
    audible = slice(8, 200)
    change = tones[0].harmonics_db[59, audible] - tones[1].harmonics_db[59, audible]
    assert np.abs(change).mean() > 1.0
