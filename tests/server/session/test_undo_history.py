"""Undo, redo, A and B: to the bit, and one step a gesture."""

import numpy as np
import pytest

from datasets.errors import ServeError
from datasets.sampler import sample
from datasets.spec import FloatArray
from models.instrument.instrument import Instrument, Knob
from server.session.stage import Stage
from server.session.undo_history import GESTURE_S, STEPS, UndoHistory
from tests.fakes.fake_model import FakeCheckpoint


class Clock:
    """Return the time that a test sets."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def history(clock: Clock) -> UndoHistory:
    return UndoHistory(Stage(FakeCheckpoint()), clock)


def turn(history: UndoHistory, knob: int, position: float) -> None:
    history.mark(("knob", knob))
    history._stage.instrument.turn(knob, position)


def where(history: UndoHistory) -> tuple[bytes, list[Knob]]:
    return history._stage.instrument.unit.tobytes(), history._stage.instrument.knobs


def other_preset() -> FloatArray:
    return sample(FakeCheckpoint().spec, seed=4, index=7).unit


def test_a_sweep_is_one_step(history: UndoHistory, clock: Clock) -> None:
    start = where(history)
    for i in range(100):
        turn(history, 1, i / 100)
        clock.now += 0.9 * GESTURE_S  # the pause counts, not the length
    swept = where(history)
    assert history.depth == (1, 0)
    changes = history.undo()
    assert where(history) == start and changes
    history.redo()
    assert where(history) == swept and history.depth == (1, 0)


def test_another_control_or_a_pause_begins_a_step(history: UndoHistory, clock: Clock) -> None:
    stops = [where(history)]
    for knob, pause in ((1, 0.0), (2, 0.0), (2, 1.1 * GESTURE_S), (1, 0.0)):
        clock.now += pause
        turn(history, knob, 0.1 * len(stops))
        stops.append(where(history))
    for expected in reversed(stops[:-1]):
        history.undo()
        assert where(history) == expected
    for expected in stops[1:]:
        history.redo()
        assert where(history) == expected


def test_a_loaded_preset_is_undone_with_its_knobs(history: UndoHistory) -> None:
    turn(history, 2, 0.9)
    before = where(history)
    history.mark(object())
    history._stage.instrument.load(other_preset())
    changes = history.undo()
    assert where(history) == before
    present = dict(zip(FakeCheckpoint().spec.names, history._stage.instrument.unit, strict=True))
    assert changes and all(present[change.name] == change.unit for change in changes)
    turn(history, 2, 0.5)  # the knob goes on from where it stood
    assert np.isfinite(history._stage.instrument.unit).all()


def test_a_new_gesture_forgets_what_was_undone(history: UndoHistory) -> None:
    turn(history, 1, 0.9)
    history.undo()
    turn(history, 1, 0.2)  # at once, and yet a gesture of its own
    with pytest.raises(ServeError, match="nothing to redo"):
        history.redo()
    history.undo()
    with pytest.raises(ServeError, match="nothing to undo"):
        history.undo()


def test_steps_are_bounded(history: UndoHistory) -> None:
    for i in range(2 * STEPS):
        turn(history, 1 + i % 2, (i % 10) / 10)
    assert history.depth == (STEPS, 0)


def test_b_begins_as_a_copy_of_a_and_both_are_kept(history: UndoHistory) -> None:
    a = where(history)
    assert history.switch() == [] and history.side == "B"
    turn(history, 1, 0.9)
    b = where(history)
    history.switch()
    assert where(history) == a and history.side == "A"
    history.switch()
    assert where(history) == b


def test_locked_parameters_stay_whatever_is_turned_or_loaded() -> None:
    instrument = Instrument(FakeCheckpoint())
    names = list(instrument.spec.names)
    locked = [names[3], names[0]]
    held = instrument.unit
    instrument.lock(locked)
    assert instrument.locked == [names[0], names[3]]
    changes = instrument.turn(1, 0.9) + instrument.turn(2, 0.1)
    assert changes and not {change.name for change in changes} & set(locked)
    instrument.load(other_preset())
    assert (instrument.unit[[0, 3]] == held[[0, 3]]).all()
    free = [i for i in range(len(names)) if i not in (0, 3)]
    assert (instrument.unit[free] == other_preset()[free]).all()
    assert instrument.turn(1, instrument.knobs[0].position) == []  # at rest
    instrument.set_parameter(names[0], 1.0)  # setting it manually is allowed
    assert instrument.unit[0] == 1.0
    instrument.turn(1, 0.3)
    assert instrument.unit[0] == 1.0
    instrument.lock(locked, on=False)
    instrument.load(other_preset())
    assert instrument.unit.tobytes() == other_preset().tobytes()


def test_a_lock_on_nothing_is_refused_and_none_is_set() -> None:
    instrument = Instrument(FakeCheckpoint())
    with pytest.raises(Exception, match="no parameter 'nonsense'"):
        instrument.lock([instrument.spec.names[0], "nonsense"])
    assert instrument.locked == []
