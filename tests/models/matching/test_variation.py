"""Children of presets: close to their parents, valid, and unchanged where the player locked."""

import numpy as np
import pytest

from datasets.errors import SpecError
from datasets.spec import FloatArray, load_spec
from models.matching.variation import MOST_MOVED, Variation

SPEC = load_spec("vital-32")
RANDOM = np.random.default_rng(4)
PARENT, MATE = SPEC.snap(RANDOM.random((2, len(SPEC))))


def children(moves: Variation, count: int = 400) -> FloatArray:
    return moves.children(np.tile(PARENT, (count, 1)), MATE[None], np.random.default_rng(1))


def test_children_are_presets_and_none_is_its_parent() -> None:
    made = children(Variation.of(SPEC))
    assert np.abs(SPEC.snap(made) - made).max() < 1e-6  # in the cube, and on the steps
    assert made.dtype == np.float32
    assert (made != PARENT).any(1).mean() > 0.95


def test_every_parameter_moves_in_some_child() -> None:
    assert (children(Variation.of(SPEC)) != PARENT).any(0).all()


def test_a_mutation_moves_a_few_parameters() -> None:
    many = np.tile(PARENT, (300, 1))
    moved = Variation.of(SPEC).mutated(many, np.random.default_rng(2)) != PARENT
    assert moved.sum(1).max() == MOST_MOVED
    assert moved[:, SPEC.stepped].any() and moved[:, SPEC.continuous].any()


def test_a_crossing_takes_values_of_both_and_no_other() -> None:
    parents, mates = np.tile(PARENT, (100, 1)), np.tile(MATE, (100, 1))
    made = Variation.of(SPEC).crossed(parents, mates, np.random.default_rng(2))
    assert ((made == PARENT) | (made == MATE)).all()
    assert 1 <= (made != PARENT).sum(1).max() <= len(SPEC) // 2


def test_locked_parameters_stay() -> None:
    locked = [SPEC.names[0], SPEC.names[int(SPEC.stepped[0])], SPEC.names[-1]]
    made = children(Variation.of(SPEC, locked))
    held = [SPEC.names.index(name) for name in locked]
    assert (made[:, held] == PARENT[held]).all()
    assert (np.delete(made, held, 1) != np.delete(PARENT, held)).any()


def test_a_lock_on_an_unknown_name_is_refused() -> None:
    with pytest.raises(SpecError, match="vital-32 has no parameter 'cutof'"):
        Variation.of(SPEC, ["cutof"])


@pytest.mark.parametrize("free", [1, 2, 3])
def test_few_free_parameters_are_enough(free: int) -> None:
    made = children(Variation.of(SPEC, SPEC.names[free:]), 50)
    assert (made[:, free:] == PARENT[free:]).all() and (made[:, :free] != PARENT[:free]).any()
