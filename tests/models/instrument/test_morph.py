"""Morphs between presets and random steps around one."""

import numpy as np
import pytest

from datasets.errors import ServeError, SpecError
from datasets.sampler import sample
from datasets.spec import load_spec
from models.checkpoint import load_checkpoint
from models.instrument.morph import morph, wander
from tests.fakes.fake_model import LinearModel

SPEC = load_spec("vital-16")
MODEL = LinearModel(SPEC)
PRESETS = [sample(SPEC, seed=5, index=i).unit for i in range(4)]


@pytest.mark.parametrize("corner", range(4))
def test_a_corner_is_its_preset_bit_for_bit(corner: int) -> None:
    weights = [0.0] * 4
    weights[corner] = 0.3  # of any sum
    assert morph(MODEL, SPEC, PRESETS, weights).tobytes() == PRESETS[corner].tobytes()


def test_near_a_corner_is_near_its_preset_for_a_real_flow() -> None:
    """The morph adds the flow's rounding loss, so nothing jumps near a corner."""
    checkpoint = load_checkpoint("vital-32")
    presets = [sample(checkpoint.spec, seed=5, index=i).unit for i in range(2)]
    left = morph(checkpoint.model, checkpoint.spec, presets, [1, 1e-6])
    assert np.abs(left - presets[0]).max() < 1e-4
    way = [morph(checkpoint.model, checkpoint.spec, presets, [1 - t, t]) for t in (0.25, 0.75)]
    assert all(np.abs(unit - end).max() > 0.05 for unit in way for end in presets)


def test_a_linear_models_morph_is_the_mean() -> None:
    found = morph(MODEL, SPEC, PRESETS[:3], [1, 1, 2])
    at = SPEC.continuous
    mean = (PRESETS[0] + PRESETS[1] + 2 * PRESETS[2])[at] / 4
    assert np.allclose(found[at], mean, atol=1e-5)
    stepped = np.setdiff1d(np.arange(len(SPEC)), at)
    assert (found[stepped] == PRESETS[2][stepped]).all()  # the heaviest's


def test_a_step_has_its_length_and_repeats() -> None:
    preset = SPEC.snap(np.full(len(SPEC), 0.5))
    for length in (0.05, 0.2):
        there = wander(MODEL, SPEC, preset, length, seed=1)
        way = (2 * (there - preset)[SPEC.continuous]) @ MODEL._mix.numpy()
        assert np.linalg.norm(way) == pytest.approx(length, rel=1e-3)
        assert there.tobytes() == wander(MODEL, SPEC, preset, length, seed=1).tobytes()
    assert (wander(MODEL, SPEC, preset, 0.2, seed=2) != there).any()
    assert wander(MODEL, SPEC, preset, 0, seed=1).tobytes() == preset.tobytes()


def test_bad_input_is_refused() -> None:
    with pytest.raises(ServeError, match="1 presets to morph: give 2 to 4"):
        morph(MODEL, SPEC, PRESETS[:1], [1])
    with pytest.raises(ServeError, match="3 weights for 2 presets"):
        morph(MODEL, SPEC, PRESETS[:2], [1, 1, 1])
    for weights in ([0, 0], [-1, 2], [float("nan"), 1], [float("inf"), 1]):
        with pytest.raises(ServeError, match="give numbers of 0 or more, not all 0"):
            morph(MODEL, SPEC, PRESETS[:2], weights)
    with pytest.raises(SpecError):
        morph(MODEL, SPEC, [PRESETS[0], PRESETS[1][:3]], [1, 1])
    for length in (-1, 11, float("nan")):
        with pytest.raises(ServeError, match="Give 0 to 10"):
            wander(MODEL, SPEC, PRESETS[0], length, 0)
