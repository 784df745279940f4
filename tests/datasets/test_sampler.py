"""Laws of the sampler: pure, free of order, on the steps, and spread as the spec says."""

import numpy as np
import pytest

from datasets.sampler import Draw, sample
from datasets.spec import SynthSpec, load_spec
from tests.fakes.fake_synth import fake_synth

DRAWS = 2000


@pytest.fixture(scope="module")
def spec() -> SynthSpec:
    return load_spec("vital-32")


@pytest.fixture(scope="module")
def draws(spec: SynthSpec) -> list[Draw]:
    return [sample(spec, 7, index) for index in range(DRAWS)]


def equal(a: Draw, b: Draw) -> bool:
    same = (a.index, a.note, a.velocity, a.parents) == (b.index, b.note, b.velocity, b.parents)
    return same and np.array_equal(a.unit, b.unit)


def test_a_draw_depends_on_nothing_but_seed_and_index(spec: SynthSpec, draws: list[Draw]) -> None:
    for index in (1999, 3, 1000, 0, 3):
        np.random.seed(index)
        assert equal(sample(load_spec("vital-32"), 7, index), draws[index])


def test_seeds_and_indices_differ(spec: SynthSpec, draws: list[Draw]) -> None:
    assert len({draw.unit.tobytes() for draw in draws}) == DRAWS
    assert len({draw.parents for draw in draws}) == DRAWS
    other = [sample(spec, 8, index) for index in range(50)]
    assert not any(equal(a, b) for a, b in zip(other, draws, strict=False))
    # Not one stream shifted: (seed 7, index 8) and (seed 8, index 7) are strangers.
    assert not np.array_equal(sample(spec, 8, 7).unit, sample(spec, 7, 8).unit)


def test_units_lie_in_range_and_on_steps(spec: SynthSpec, draws: list[Draw]) -> None:
    units = np.stack([draw.unit for draw in draws])
    assert units.dtype == np.float32
    assert units.min() >= 0 and units.max() <= 1
    assert np.array_equal(spec.snap(units), units)
    for draw in draws[:20]:
        spec.to_native(draw.unit)  # refuses what is out of range


def test_every_step_is_drawn_evenly(spec: SynthSpec, draws: list[Draw]) -> None:
    units = np.stack([draw.unit for draw in draws])
    for i, steps in zip(spec.stepped, spec.steps, strict=True):
        counts = np.bincount(np.rint(units[:, i] * (steps - 1)).astype(int), minlength=steps)
        assert len(counts) == steps
        deviation = np.sqrt(DRAWS / steps * (1 - 1 / steps))
        assert np.abs(counts - DRAWS / steps).max() < 4.5 * deviation, spec.names[i]


def test_parameters_rest_as_often_as_the_spec_says(spec: SynthSpec, draws: list[Draw]) -> None:
    units = np.stack([draw.unit for draw in draws])
    assert any(p.rest_probability for p in spec.parameters)
    for i in spec.continuous:
        parameter = spec.parameters[i]
        rest = np.float32(parameter.from_native(parameter.rest))
        share = float((units[:, i] == rest).mean())
        p = parameter.rest_probability
        # A continuous draw hits the rest by chance never; 4.5 deviations of a binomial share.
        assert abs(share - p) <= 4.5 * np.sqrt(p * (1 - p) / DRAWS), parameter.name


def test_parameters_that_do_not_rest_are_uniform(spec: SynthSpec, draws: list[Draw]) -> None:
    units = np.stack([draw.unit for draw in draws])
    for i in spec.continuous:
        parameter = spec.parameters[i]
        moving = units[units[:, i] != np.float32(parameter.from_native(parameter.rest)), i]
        fractions = np.sort(moving)
        gap = np.abs(fractions - np.linspace(0, 1, len(fractions))).max()
        assert gap < 2.2 / np.sqrt(len(fractions)), parameter.name  # Kolmogorov-Smirnov, p < 1e-4


def test_parameters_are_drawn_apart(spec: SynthSpec, draws: list[Draw]) -> None:
    free = [i for i in spec.continuous if not spec.parameters[i].rest_probability]
    units = np.stack([draw.unit for draw in draws])[:, free]
    correlation = np.corrcoef(units.T) - np.eye(len(free))
    assert np.abs(correlation).max() < 5 / np.sqrt(DRAWS)


def test_notes_cover_the_policy_and_no_more() -> None:
    spec = fake_synth()
    notes = [sample(spec, 0, index).note for index in range(500)]
    assert set(notes) == set(range(spec.note.low, spec.note.high + 1))
    assert {sample(spec, 0, index).velocity for index in range(5)} == {spec.note.velocity}
