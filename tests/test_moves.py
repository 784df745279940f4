"""Children of presets: near their parents, valid, and never where the player locked something."""

import numpy as np
import pytest

from datasets.spec import FloatArray, load_spec
from server.moves import MOST_MOVED, Moves

SPEC = load_spec("vital-32")
RANDOM = np.random.default_rng(4)
PARENT, MATE = SPEC.snap(RANDOM.random((2, len(SPEC))))


def children(moves: Moves, count: int = 400) -> FloatArray:
    random = np.random.default_rng(1)
    return np.stack([moves.child(PARENT, MATE[None], random) for _ in range(count)])


def test_children_are_presets_and_none_is_its_parent() -> None:
    made = children(Moves.of(SPEC))
    assert np.abs(SPEC.snap(made) - made).max() < 1e-6  # in the cube, and on the steps
    assert made.dtype == np.float32
    assert (made != PARENT).any(1).mean() > 0.95


def test_every_parameter_moves_sooner_or_later() -> None:
    assert (children(Moves.of(SPEC)) != PARENT).any(0).all()


def test_a_mutation_moves_a_few_parameters() -> None:
    moves, random = Moves.of(SPEC), np.random.default_rng(2)
    moved = np.stack([moves.mutated(PARENT, random) for _ in range(200)]) != PARENT
    assert moved.sum(1).max() == MOST_MOVED
    assert moved[:, SPEC.stepped].any() and moved[:, SPEC.continuous].any()


def test_a_crossing_takes_values_of_both_and_no_other() -> None:
    moves, random = Moves.of(SPEC), np.random.default_rng(2)
    for _ in range(100):
        child = moves.crossed(PARENT, MATE, random)
        assert ((child == PARENT) | (child == MATE)).all()


def test_locked_parameters_stay() -> None:
    locked = [SPEC.names[0], SPEC.names[int(SPEC.stepped[0])], SPEC.names[-1]]
    made = children(Moves.of(SPEC, locked))
    held = [SPEC.names.index(name) for name in locked]
    assert (made[:, held] == PARENT[held]).all()
    assert (np.delete(made, held, 1) != np.delete(PARENT, held)).any()


@pytest.mark.parametrize("free", [1, 2, 3])
def test_few_free_parameters_are_enough(free: int) -> None:
    made = children(Moves.of(SPEC, SPEC.names[free:]), 50)
    assert (made[:, free:] == PARENT[free:]).all() and (made[:, :free] != PARENT[:free]).any()
