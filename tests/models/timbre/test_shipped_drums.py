"""The shipped drums are small, have the usual classes, and play each of them on its pad."""

from __future__ import annotations

import numpy as np
import pytest

from models.audio.descriptors import spectral_centroid
from models.audio.features import power_spectrum
from models.timbre.model_folder import load_one_shot, shipped_timbres
from models.timbre.one_shot.map import same_class
from models.timbre.one_shot.model import OneShotModel
from models.timbre.recognise import SHIPPED

USUAL = {"kick", "snare", "hat-closed", "hat-open", "tom", "crash", "ride", "clap"}


@pytest.fixture(scope="module")
def drums() -> OneShotModel:
    return load_one_shot("drums")


def centroid_hz(samples: np.ndarray[tuple[int, ...], np.dtype[np.float32]], rate: int) -> float:
    power = power_spectrum(samples, 2048, 512).sum(axis=0, keepdims=True)
    return float(spectral_centroid(power, np.arange(1025) * rate / 2048)[0])


def test_they_are_found_by_name_with_a_card_and_at_most_3_mb(drums: OneShotModel) -> None:
    assert "drums" in shipped_timbres() and set(drums.classes) >= USUAL
    assert sum(path.stat().st_size for path in (SHIPPED / "drums").iterdir()) <= 3e6
    assert "GPL-2+" in (SHIPPED / "drums" / "card.md").read_text()


def test_their_space_is_organised_by_class(drums: OneShotModel) -> None:
    assert same_class(drums) > 0.85


def test_prototypes_differ_as_drums_do(drums: OneShotModel) -> None:
    labels = ("kick", "snare", "hat-closed", "crash")
    made = [drums.decode(drums.centre(label)).samples[0] for label in labels]
    bright = [centroid_hz(one, drums.sample_rate) for one in made]
    assert bright[0] < bright[1] < bright[2]
    assert len(made[3]) > 2 * len(made[2])  # a crash is longer than a closed hat
    assert all(0.02 < np.abs(one).max() < 4.0 for one in made)
