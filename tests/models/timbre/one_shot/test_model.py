"""Positions: morphs end at their ends, random hits stay in their class, loudness has an order."""

from __future__ import annotations

import numpy as np
import pytest

from datasets.errors import AudioError, SpecError
from models.timbre.contract import LatentPosition
from models.timbre.one_shot.map import nearest_label
from models.timbre.one_shot.model import OneShotModel
from tests.models.timbre.drum_sounds import CLASSES, RATE, drum


def test_a_morph_goes_from_one_hit_to_the_other(hits: OneShotModel) -> None:
    a, b = hits.position_of("kick_00"), hits.position_of("hat_03")
    assert np.allclose(hits.morph(a, b, 0.0).values, a.values, atol=1e-6)
    assert np.allclose(hits.morph(a, b, 1.0).values, b.values, atol=1e-6)
    levels = [image.planes[0] for image in hits.images_at([a, hits.morph(a, b, 0.5), b])]
    whole = np.abs(levels[2] - levels[0]).mean()
    assert np.abs(levels[1] - levels[0]).mean() < whole > np.abs(levels[2] - levels[1]).mean()


@pytest.mark.parametrize("label", CLASSES)
def test_random_hits_differ_and_stay_in_their_class(hits: OneShotModel, label: str) -> None:
    places = hits.random_hits(label, 6, seed=1)
    assert len({place.values for place in places}) == 6
    assert [nearest_label(hits, place) for place in places] == [label] * 6
    assert places == hits.random_hits(label, 6, seed=1) != hits.random_hits(label, 6, seed=2)


@pytest.mark.parametrize("label", CLASSES)
def test_loudness_moves_towards_the_loud_hits_of_the_class(hits: OneShotModel, label: str) -> None:
    order = np.argsort(hits.known.levels_db[hits.known.labels == hits.classes.index(label)])
    soft, loud = (hits.members(label)[order[rows]] for rows in (slice(0, 2), slice(-2, None)))

    def nearer(share: float) -> float:
        here = hits.at_loudness(label, share).array()
        away = [float(np.linalg.norm(here - points, axis=1).mean()) for points in (soft, loud)]
        return away[0] - away[1]

    assert nearer(0.0) < nearer(0.5) < nearer(1.0)


def test_the_centre_of_a_class_is_the_mean_of_its_hits(hits: OneShotModel) -> None:
    points = [hits.position_of(f"kick_{n:02d}").array() for n in range(6)]
    assert np.allclose(hits.centre("kick").array(), np.mean(points, axis=0), atol=1e-5)


def test_silence_before_a_hit_and_another_rate_change_little(hits: OneShotModel) -> None:
    clip = drum("snare", 2)
    plain = hits.encode(clip, RATE).array()
    late = hits.encode(np.concatenate([np.zeros(3000, np.float32), clip]), RATE).array()
    others = hits.position_of("snare_03").array()
    assert np.linalg.norm(plain - late) < 0.5 * np.linalg.norm(plain - others)


def test_wrong_names_positions_and_sounds_are_refused(hits: OneShotModel) -> None:
    with pytest.raises(SpecError, match=r"'bell'.*kick"):
        hits.centre("bell")
    with pytest.raises(SpecError, match="'bell'"):
        hits.position_of("bell")
    with pytest.raises(SpecError, match="give 4"):
        hits.decode(LatentPosition((0.0,)))
    with pytest.raises(AudioError, match="silent"):
        hits.encode(np.zeros(RATE), RATE)
