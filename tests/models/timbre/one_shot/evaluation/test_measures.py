"""The measures have the values that their definitions give for simple cases."""

from __future__ import annotations

import numpy as np
import pytest

from models.timbre.one_shot.evaluation.measures import (
    centre_distances,
    is_monotone,
    log_mel_errors,
    nearest_accuracy,
    snr_db,
)
from tests.models.timbre.drum_sounds import RATE, drum


def test_accuracy_counts_held_out_points_with_a_class() -> None:
    known = np.array([[0.0], [1.0], [5.0]], np.float32)
    points = np.array([[0.1], [4.0], [4.9], [9.0]], np.float32)
    labels, wanted = np.array([0, 1, -1]), np.array([0, 0, 1, -1])
    assert nearest_accuracy(known, labels, points, wanted) == pytest.approx(2 / 3)


def test_a_sound_has_no_error_against_itself_and_silence_has_its_own() -> None:
    clip = drum("snare", 1)
    error, silence = log_mel_errors(clip, clip, RATE)
    assert error == 0.0 and silence > 20.0
    assert log_mel_errors(clip, np.zeros_like(clip), RATE)[0] == pytest.approx(silence)


def test_a_centre_that_is_a_member_is_nearer_than_another_drum() -> None:
    members = [drum("kick", n) for n in range(5)]
    inside = np.mean(centre_distances(members, drum("kick", 2), RATE))
    outside = np.mean(centre_distances(members, drum("hat-closed", 2), RATE))
    assert inside < 0.5 < 5.0 < outside


def test_a_morph_that_returns_is_not_monotone() -> None:
    steps = [drum("kick", 0), drum("kick", 5), drum("hat-closed", 0)]
    assert is_monotone(steps, RATE)
    assert not is_monotone([*steps, drum("kick", 0)], RATE)


def test_snr_is_that_of_the_noise() -> None:
    clean = np.ones(1000)
    assert snr_db(clean, clean + 0.1) == pytest.approx(20.0)
