"""Steps and probes near a patch, on a synth whose features are linear in its parameters."""

import numpy as np
import pytest

from datasets.spec import FloatArray
from models.estimator.local_steps import MOST, LocalModel, LocalSteps
from tests.fakes.fake_synth import fake_synth

SPEC = fake_synth()
CONTINUOUS = [i for i, p in enumerate(SPEC.parameters) if p.kind == "continuous"]
RANDOM = np.random.default_rng(3)
SLOPES = RANDOM.normal(0, 40, (len(SPEC), 8)).astype(np.float32)
START = SPEC.snap(np.full(len(SPEC), 0.4))
GOAL = START.copy()
GOAL[CONTINUOUS] += np.array([0.1, -0.08, 0.05, 0.07])[: len(CONTINUOUS)].astype(np.float32)


def sound(units: FloatArray) -> FloatArray:
    return np.asarray(units @ SLOPES, np.float32)


def distance(units: FloatArray) -> list[float]:
    return [float(x) for x in np.linalg.norm(sound(units) - sound(GOAL[None]), axis=1) / 8]


def run(renders: int, guess: FloatArray, free: list[int] | None = None) -> list[FloatArray]:
    """Render the patch, then what is proposed; the surrogate predicts with slopes ``guess``."""
    free = list(range(len(SPEC))) if free is None else free
    steps = LocalSteps(SPEC, START, free, sound(GOAL[None])[0], np.ones(len(SPEC), np.float32))
    played = [START]
    new = np.stack([START, *steps.proposals({START.tobytes()}, 1)])
    while True:
        played += list(new[1:] if len(played) == 1 else new)
        steps.hear(new, np.asarray(new @ guess, np.float32), sound(new), distance(new))
        proposed = steps.proposals({unit.tobytes() for unit in played}, 2)
        if len(played) >= renders or not proposed:
            return played
        new = np.stack(proposed)


def test_a_linear_synth_is_matched_after_one_probe_of_each_parameter() -> None:
    played = run(12, np.zeros_like(SLOPES))
    best = min(distance(np.stack(played)))
    assert best < 0.15 * distance(START[None])[0]


def test_a_surrogate_that_is_right_gets_every_render() -> None:
    assert len(run(12, SLOPES)) == 4  # the first two moves judge it
    assert len(run(12, -SLOPES)) > 4


def test_the_surrogate_is_measured() -> None:
    for guess, trust in ((SLOPES, 1.0), (2 * SLOPES, 1.0), (0 * SLOPES, 0.0), (-SLOPES, 0.0)):
        steps = LocalSteps(
            SPEC, START, CONTINUOUS, sound(GOAL[None])[0], np.ones(len(SPEC), np.float32)
        )
        assert steps.report(8) == {}
        units = np.stack([START, GOAL, SPEC.snap(START + 0.1)])
        steps.hear(units, units @ guess, sound(units), distance(units))
        error = np.linalg.norm(START @ (SLOPES - guess)) / np.sqrt(8)
        assert steps.report(8) == pytest.approx({"error_db": error, "trust": trust}, abs=1e-3)


def test_only_free_continuous_parameters_move() -> None:
    played = np.stack(run(12, np.zeros_like(SLOPES), CONTINUOUS[:2]))
    others = [i for i in range(len(SPEC)) if i not in CONTINUOUS[:2]]
    assert (played[:, others] == START[others]).all()
    assert len(np.unique(played[:, CONTINUOUS[:2]], axis=0)) == len(played)


def test_a_parameter_that_never_moved_stays() -> None:
    moves = np.zeros((1, len(SPEC)), np.float32)
    moves[0, 0] = 0.1
    model = LocalModel(sound(START[None])[0], moves, sound(START + moves))
    room = np.full(len(SPEC), 0.25, np.float32)
    step = model.step(sound(GOAL[None])[0], -room, room)
    assert step[0] and not step[1:].any()


def test_the_number_of_remembered_renders_is_bounded() -> None:
    steps = LocalSteps(
        SPEC, START, CONTINUOUS, sound(GOAL[None])[0], np.ones(len(SPEC), np.float32)
    )
    units = RANDOM.random((MOST + 50, len(SPEC))).astype(np.float32)
    units[0], units[7] = START, GOAL
    steps.hear(units, sound(units), sound(units), distance(units))
    assert len(steps._units) == MOST and any((unit == GOAL).all() for unit in steps._units)
