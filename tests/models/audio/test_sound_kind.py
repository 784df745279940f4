"""Check the kinds of sound: sustained, decaying, inharmonic."""

from __future__ import annotations

import numpy as np
import pytest

from models.audio.sound_kind import (
    is_inharmonic,
    level_db,
    level_trend,
    release_start,
    release_time,
)
from tests.models.audio.tones import RATE, times

TIMES = times(3.0)
SINE = np.sin(2 * np.pi * 220 * TIMES)


@pytest.mark.parametrize("slope", [-60.0, -12.0, -3.0])
def test_a_decay_has_its_slope_and_is_not_sustained(slope: float) -> None:
    trend = level_trend(SINE * 10 ** (slope * TIMES / 20), RATE)
    assert abs(trend.slope_db_s / slope - 1) < 0.1
    assert not trend.is_sustained


def test_a_steady_sound_is_sustained_unless_it_is_short() -> None:
    assert level_trend(SINE, RATE).is_sustained
    assert not level_trend(SINE[: RATE // 4], RATE).is_sustained


def test_a_release_is_found_and_timed() -> None:
    fall = 10 ** (-np.clip(TIMES - 2.0, 0, None) * 200 / 20)  # 20 dB in 0.1 s
    assert abs(release_start(SINE * fall, RATE) - 2.03) < 0.03
    assert abs(release_time(SINE * fall, RATE, 2.0) - 0.1) < 0.02
    assert release_start(SINE, RATE) == len(SINE) / RATE


def test_a_slow_swell_is_sustained() -> None:
    swell = np.clip(TIMES, 0, 2) * (1 - 0.1 * np.clip(TIMES - 2, 0, 1))
    assert level_trend(SINE * swell, RATE).is_sustained


def test_level_of_a_steady_sine_is_zero_decibels() -> None:
    assert np.abs(level_db(SINE, RATE)[RATE // 10 : -RATE // 10]).max() < 0.2


def test_dense_partials_must_explain_what_harmonics_do_not() -> None:
    assert is_inharmonic(0.1, 0.001)
    assert not is_inharmonic(0.1, 0.09)
    assert not is_inharmonic(0.001, 0.0001)
