"""Check the vibrato: rate, depth, phase and onset of known movements, and their absence."""

from __future__ import annotations

import numpy as np
import pytest

from models.audio.vibrato import find_vibrato

TIMES = np.arange(0.0, 3.0, 0.005)
EVEN = np.ones_like(TIMES)


@pytest.mark.parametrize(("rate", "depth"), [(4.2, 12.0), (5.7, 35.0), (7.4, 80.0)])
def test_rate_and_depth_are_right(rate: float, depth: float) -> None:
    slope = 40 * TIMES  # a glide below the vibrato
    cents = slope + depth * np.sin(2 * np.pi * (rate * TIMES + 0.3))
    glide, vibrato = find_vibrato(TIMES, cents, EVEN)
    assert vibrato is not None
    assert abs(vibrato.rate_hz - rate) < 0.1
    assert abs(vibrato.depth_cents / depth - 1) < 0.1
    assert abs(vibrato.phase - 0.3) < 0.05
    assert vibrato.onset_s == 0.0
    inner = (TIMES > 0.5) & (TIMES < 2.5)
    assert np.abs(glide - slope)[inner].max() < 0.1 * depth + 2


def test_a_late_vibrato_has_its_onset() -> None:
    ramp = np.clip((TIMES - 1.0) / 0.2, 0, 1)
    vibrato = find_vibrato(TIMES, ramp * 30 * np.sin(2 * np.pi * 5.5 * TIMES), EVEN)[1]
    assert vibrato is not None
    assert abs(vibrato.onset_s - 1.1) < 0.15
    assert abs(vibrato.depth_cents - 30) < 4


@pytest.mark.parametrize("kind", ["steady", "glide", "random"])
def test_what_is_not_periodic_is_no_vibrato(kind: str) -> None:
    random = np.cumsum(np.random.default_rng(3).standard_normal(len(TIMES)))
    curves = {"steady": 0 * TIMES, "glide": 200 * TIMES, "random": 3 * random}
    glide, vibrato = find_vibrato(TIMES, curves[kind], EVEN)
    assert vibrato is None
    assert np.array_equal(glide, curves[kind])
