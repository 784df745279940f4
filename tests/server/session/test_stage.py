"""The model's instrument and whole preset files: undo, redo and A/B across them, to the bit."""

from dataclasses import replace

import numpy as np
import pytest

from datasets.errors import RenderError, ServeError
from datasets.spec import load_spec
from models.instrument.instrument import Instrument, Knob
from models.instrument.patch_instrument import PatchPlayable, patch_playable
from server.session.stage import PATCHES_OPEN, Stage
from server.session.undo_history import SOURCES, UndoHistory
from tests.fakes.fake_model import FakeCheckpoint
from tests.fakes.fake_synth import fake_synth
from tests.fakes.vital_patch import vital_file

PATCH = patch_playable(vital_file())


@pytest.fixture(scope="module")
def stage() -> Stage:
    return Stage(FakeCheckpoint())


@pytest.fixture
def history(stage: Stage) -> UndoHistory:
    stage.play(stage.model.playable).instrument.load(FakeCheckpoint().start)
    return UndoHistory(stage)


def load(stage: Stage, patch: PatchPlayable) -> Instrument:
    """Play a patch from its own start, as the service does."""
    instrument = stage.play(patch).instrument
    instrument.load(patch.start)
    return instrument


def where(stage: Stage) -> tuple[str, bytes, list[Knob], bytes]:
    """What is current, and the preset file it stands for."""
    name, instrument = stage.current.playable.name, stage.instrument
    unit = instrument.unit
    return name, unit.tobytes(), instrument.knobs, instrument.preset(unit, name)[0]


def test_undo_and_redo_go_from_a_preset_to_a_patch_and_back(
    stage: Stage, history: UndoHistory
) -> None:
    stops = [where(stage)]
    for what in (lambda: stage.instrument.turn(2, 0.9), lambda: load(stage, PATCH)):
        history.mark(object())
        what()
        stops.append(where(stage))
    history.mark(object())
    stage.instrument.turn(1, 0.75)
    stops.append(where(stage))
    for stop in reversed(stops[:-1]):
        history.undo()
        assert where(stage) == stop
    for stop in stops[1:]:
        history.redo()
        assert where(stage) == stop
    assert stops[2][3] == vital_file()


def test_all_parameters_are_given_when_another_instrument_is_current(
    stage: Stage, history: UndoHistory
) -> None:
    history.mark(object())
    load(stage, PATCH)
    assert [change.name for change in history.undo()] == list(load_spec("vital-16").names)
    assert [change.name for change in history.redo()] == list(PATCH.spec.names)
    history.mark(object())
    stage.instrument.turn(1, 0.75)
    assert [change.name for change in history.undo()] == ["macro_control_1"]


def test_a_and_b_may_be_a_preset_and_a_patch(stage: Stage, history: UndoHistory) -> None:
    a = where(stage)
    history.switch()
    history.mark(object())
    load(stage, PATCH).turn(4, 0.5)
    b = where(stage)
    for expected in (a, b, a, b):
        history.switch()
        assert where(stage) == expected


def numbered(n: int) -> PatchPlayable:
    return patch_playable(vital_file(f"patch {n}"))


def test_few_synths_stay_open_and_closed_ones_come_back(stage: Stage, history: UndoHistory) -> None:
    stops = [where(stage)]
    for n in range(PATCHES_OPEN + 2):
        history.mark(n)
        load(stage, numbered(n)).turn(3, n / 10)
        stops.append(where(stage))
        assert len(stage._patches) <= PATCHES_OPEN
    for stop in reversed(stops[:-1]):
        history.undo()
        assert where(stage) == stop


def test_steps_back_hold_few_files(stage: Stage, history: UndoHistory) -> None:
    file = vital_file()
    for n in range(SOURCES + 4):
        history.mark(n)
        stage.play(patch_playable(file, f"title {n}"))  # the same file: one synth
    assert len(stage._patches) <= PATCHES_OPEN
    assert history.depth[0] == SOURCES


def test_locks_of_the_model_outlast_a_patch(stage: Stage, history: UndoHistory) -> None:
    name = stage.instrument.spec.names[0]
    stage.instrument.lock([name])
    load(stage, PATCH).lock(["macro_control_2"])
    assert stage.instrument.locked == ["macro_control_2"]
    stage.play(stage.model.playable)
    assert stage.instrument.locked == [name]
    stage.instrument.lock([name], on=False)


def test_what_vital_refuses_leaves_all_as_it_was(stage: Stage, history: UndoHistory) -> None:
    before = where(stage)
    with pytest.raises(RenderError):
        stage.play(patch_playable(b'{"settings": {}}'))
    assert where(stage) == before and np.isfinite(stage.instrument.unit).all()


def test_a_patch_needs_a_model_of_vital(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.check_fits(PATCH)
    other = replace(stage.model, playable=FakeCheckpoint(spec=fake_synth()))
    monkeypatch.setattr(stage, "model", other)
    with pytest.raises(ServeError, match="'Mine' is a preset file of Vital, but the server plays"):
        stage.check_fits(PATCH)


def test_neighbourhoods_are_a_models(stage: Stage, history: UndoHistory) -> None:
    assert stage.check_model("a morph") is stage.model
    stage.play(PATCH)
    with pytest.raises(
        ServeError, match="a whole preset file plays, but a morph needs a preset of vita"
    ):
        stage.check_model("a morph")
