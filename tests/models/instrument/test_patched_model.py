"""Play a model on a player's own patch with the real Vital: the knobs start from the file."""

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from torch import Tensor

from datasets.errors import SpecError
from datasets.spec import load_spec
from models.instrument.instrument import Instrument
from models.instrument.patched_model import PatchedModel
from renderer.plugins.patch_template import PatchFile
from renderer.workers.own_patch import read_patch
from tests.fakes.fake_model import FakeCheckpoint, FakeMacro, LinearModel
from tests.fakes.vital_patch import changed, vital_file

vita = pytest.importorskip("vita", reason="no wheel of vita for this platform")

SPEC = load_spec("vital-16")
NOTE, VELOCITY, HOLD_S, LENGTH_S = 57, 100, 0.2, 0.4
FILE = json.dumps(
    changed(
        vital_file(),
        osc_1_random_phase=0.0,
        filter_1_on=1.0,
        filter_1_cutoff=71.3,
        env_1_attack=2.5,
    )
).encode()


class UnitMap:
    """z is the continuous parameters themselves, so axis k moves only parameter k."""

    def unit_to_z(self, unit: Tensor) -> Tensor:
        return unit[:, SPEC.continuous].clone()

    def z_to_unit(self, z: Tensor, like: Tensor) -> Tensor:
        unit = like.clone()
        unit[:, SPEC.continuous] = z
        return unit


def knob_of(name: str) -> FakeMacro:
    axis = int(np.flatnonzero(SPEC.continuous == SPEC.names.index(name))[0])
    return FakeMacro(name, axis, 0.0, 1.0)


KNOBS = ("filter_1_cutoff", "env_1_attack", "osc_1_level", "filter_1_resonance")


def patched(file: bytes = FILE) -> PatchedModel:
    base = FakeCheckpoint(macros=tuple(map(knob_of, KNOBS)), model=UnitMap())
    return PatchedModel(base, read_patch(PatchFile("mine.vital", file), SPEC))


@pytest.fixture
def instrument() -> Iterator[Instrument]:
    instrument = Instrument(patched())
    yield instrument
    instrument.close()


def preset(instrument: Instrument) -> bytes:
    return instrument.preset(instrument.unit, "another title")[0]


def rendered(file: bytes) -> np.ndarray[Any, Any]:
    """Play a file in a Vital that has just started."""
    synth = vita.Synth()
    assert synth.load_json(file.decode())
    audio: np.ndarray[Any, Any] = synth.render(NOTE, VELOCITY / 127, HOLD_S, LENGTH_S)
    return audio


def test_at_rest_it_is_the_file_and_a_knob_comes_back_to_it(instrument: Instrument) -> None:
    assert preset(instrument) == FILE
    for knob in instrument.knobs:
        changes = instrument.turn(knob.index, 0.35)
        assert changes and not np.array_equal(rendered(preset(instrument)), rendered(FILE))
        instrument.turn(knob.index, knob.position)
        assert preset(instrument) == FILE
    assert np.array_equal(rendered(preset(instrument)), rendered(FILE))


def test_a_turned_knob_moves_only_its_parameters(instrument: Instrument) -> None:
    before = json.loads(FILE)
    instrument.turn(1, 0.9)
    after = json.loads(preset(instrument))
    moved = {k for k, v in before["settings"].items() if after["settings"][k] != v}
    assert moved == {"filter_1_cutoff"}
    assert {k: v for k, v in after.items() if k != "settings"} == {
        k: v for k, v in before.items() if k != "settings"
    }


def test_a_value_beyond_the_range_is_where_the_knob_starts(instrument: Instrument) -> None:
    index = SPEC.names.index("env_1_attack")
    held = instrument.refresh()[index]
    assert held.native == 2.5 > SPEC.parameters[index].high and held.unit == 1.0
    instrument.set_parameter("env_1_attack", 0.5)
    assert json.loads(preset(instrument))["settings"]["env_1_attack"] != 2.5
    instrument.set_parameter("env_1_attack", 1.0)
    assert preset(instrument) == FILE


def test_what_does_nothing_is_marked_and_stays(instrument: Instrument) -> None:
    assert not any(knob.idle for knob in instrument.knobs)
    off = Instrument(patched(json.dumps(changed(FILE, filter_1_on=0.0)).encode()))
    file = preset(off)
    assert {"filter_1_cutoff", "filter_1_resonance"} <= set(off.idle)
    assert [knob.idle for knob in off.knobs] == [True, False, False, True]
    assert off.turn(1, 0.9) == []
    (same,) = off.set_parameter("filter_1_cutoff", 0.1)
    assert same.native == pytest.approx(71.3)
    off.load(SPEC.snap(np.full(len(SPEC), 0.5)))
    assert json.loads(preset(off))["settings"]["filter_1_cutoff"] == 71.3
    off.load(patched(json.dumps(changed(FILE, filter_1_on=0.0)).encode()).start)
    assert preset(off) == file
    off.close()


def test_a_patch_of_another_model_is_refused() -> None:
    template = read_patch(PatchFile("mine.vital", FILE), load_spec("vital-32"))
    with pytest.raises(SpecError, match=r"mine\.vital was read for another model than fake-16"):
        PatchedModel(FakeCheckpoint(), template)


def test_a_modulation_in_another_slot_has_the_name_of_that_slot() -> None:
    spec = load_spec("vital-32")
    wanted = spec.template["modulations"]
    file = changed(FILE, modulation_1_amount=0.1, modulation_2_amount=0.25)
    file["settings"]["modulations"][1] |= wanted[0]
    patch = PatchFile("mine.vital", json.dumps(file).encode())
    base = FakeCheckpoint(
        spec=spec, macros=(), model=LinearModel(spec), start=np.full(len(spec), 0.5, np.float32)
    )
    instrument = Instrument(PatchedModel(base, read_patch(patch, spec)))
    shown = {value.name: value.native for value in instrument.refresh()}
    assert shown["modulation_2_amount"] == 0.25 and "modulation_1_amount" not in shown
    assert "modulation_2_amount (idle)" in shown and "modulation_2_amount" in instrument.idle
    (moved,) = instrument.set_parameter("modulation_2_amount", 0.9)
    assert moved.name == "modulation_2_amount"
    settings = json.loads(preset(instrument))["settings"]
    assert settings["modulation_2_amount"] == pytest.approx(moved.native)
    assert settings["modulation_1_amount"] == 0.1
    instrument.close()
