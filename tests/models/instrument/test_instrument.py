"""Knobs on a preset: at their default positions they change nothing, bit for bit."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from datasets.errors import CheckpointError, ServeError, SpecError
from datasets.sampler import sample
from datasets.spec import FloatArray, load_spec
from models.instrument.instrument import Instrument, ParameterValue
from models.networks.blocks import FlowVAEConfig
from models.networks.flow_vae import FlowVAE
from renderer.engines.base import open_engine
from tests.fakes.fake_model import FakeCheckpoint, FakeMacro, LinearModel

SPEC = load_spec("vital-16")
# Human presets sit exactly on the ends of ranges, and the middle is where rounding differs.
PRESETS = {
    "low": np.zeros(16, np.float32),
    "high": np.ones(16, np.float32),
    "middle": SPEC.snap(np.full(16, 0.5)),
    **{f"drawn {i}": sample(SPEC, seed=9, index=i).unit for i in range(20)},
}


@pytest.fixture(scope="module")
def instrument() -> Instrument:
    return Instrument(FakeCheckpoint())


def over_the_wire(position: float) -> float:
    """Return the value that OSC's float has."""
    return float(np.float32(position))


def same_bits(left: FloatArray, right: FloatArray) -> bool:
    return left.tobytes() == right.tobytes()


@pytest.mark.parametrize("name", PRESETS)
def test_default_positions_give_the_preset_bit_for_bit(instrument: Instrument, name: str) -> None:
    instrument.load(PRESETS[name])
    assert same_bits(instrument.unit, PRESETS[name])
    for knob in instrument.knobs:
        assert 0 <= knob.position <= 1
        assert instrument.turn(knob.index, over_the_wire(knob.position)) == []
    assert same_bits(instrument.unit, PRESETS[name])


@pytest.mark.parametrize("name", PRESETS)
def test_turning_back_gives_the_preset_bit_for_bit(instrument: Instrument, name: str) -> None:
    instrument.load(PRESETS[name])
    rest = instrument.knobs
    random = np.random.default_rng(1)
    for _ in range(10):
        for knob in rest:
            instrument.turn(knob.index, random.random())
    assert not same_bits(instrument.unit, PRESETS[name])
    for knob in reversed(rest):
        instrument.turn(knob.index, over_the_wire(knob.position))
    assert same_bits(instrument.unit, PRESETS[name])
    assert instrument.knobs == rest


def test_the_order_of_turning_does_not_matter(instrument: Instrument) -> None:
    instrument.load(PRESETS["drawn 3"])
    instrument.turn(1, 0.9)
    instrument.turn(2, 0.1)
    there = instrument.unit
    instrument.load(PRESETS["drawn 3"])
    instrument.turn(2, 0.1)
    instrument.turn(1, 0.2)
    instrument.turn(1, 0.9)
    assert same_bits(instrument.unit, there)


def test_a_knob_moves_its_own_axis_by_its_range(instrument: Instrument) -> None:
    """In z, before clipping: the whole turn is high - low, and the other axes stay."""
    macro = FakeMacro("narrow", 4, -0.05, 0.05)
    start = SPEC.snap(np.full(16, 0.5))
    narrow = Instrument(replace(FakeCheckpoint(), macros=(macro,), start=start))
    ends = []
    for position in (0.0, 1.0):
        narrow.turn(1, position)
        ends.append(narrow._to_z(narrow.unit))
    way = np.zeros(13, np.float32)
    way[4] = 0.1
    assert np.allclose(ends[1] - ends[0], way, atol=1e-5)


@pytest.mark.parametrize("name", PRESETS)
def test_the_default_position_is_the_presets_place_in_the_range(
    instrument: Instrument, name: str
) -> None:
    instrument.load(PRESETS[name])
    z = LinearModel(SPEC).unit_to_z(torch.from_numpy(PRESETS[name])[None])[0].numpy()
    for macro, knob in zip(FakeCheckpoint().macros, instrument.knobs, strict=True):
        low, high = min(macro.low, z[macro.axis]), max(macro.high, z[macro.axis])
        assert knob.position == pytest.approx((z[macro.axis] - low) / (high - low), abs=1e-6)


def test_the_real_flow_gives_the_preset_bit_for_bit() -> None:
    """Ten couplings round differently from a matrix, but the result holds too."""
    torch.manual_seed(0)
    at, stepped = tuple(SPEC.continuous.tolist()), tuple(SPEC.stepped.tolist())
    flow = FlowVAE(FlowVAEConfig(128, 87, at, stepped, SPEC.steps)).eval()
    with torch.no_grad():
        for weights in flow.parameters():
            weights.add_(0.03 * torch.randn_like(weights))
    instrument = Instrument(replace(FakeCheckpoint(), model=flow))
    for preset in PRESETS.values():
        instrument.load(preset)
        rest = instrument.knobs
        for knob in rest:
            assert instrument.turn(knob.index, 0.0 if knob.position > 0.5 else 1.0)
        for knob in rest:
            instrument.turn(knob.index, over_the_wire(knob.position))
        assert same_bits(instrument.unit, preset)


def test_a_preset_beyond_the_range_widens_it() -> None:
    macro = FakeMacro("far", 4, 50.0, 60.0)
    instrument = Instrument(replace(FakeCheckpoint(), macros=(macro,)))
    assert instrument.knobs[0].position == 0.0
    assert same_bits(instrument.unit, FakeCheckpoint().start)


def test_only_what_changed_is_reported(instrument: Instrument) -> None:
    instrument.load(PRESETS["drawn 5"])
    before = dict(zip(SPEC.names, instrument.unit, strict=True))
    changes = {change.name: change for change in instrument.turn(2, 0.95)}
    after = dict(zip(SPEC.names, instrument.unit, strict=True))
    assert set(changes) == {name for name in SPEC.names if before[name] != after[name]}
    assert 0 < len(changes) <= len(SPEC.continuous)
    assert instrument.turn(2, 0.95) == []


def test_stepped_parameters_stay(instrument: Instrument) -> None:
    instrument.load(PRESETS["drawn 7"])
    for n in (1, 2, 3):
        assert all(change.steps == 0 for change in instrument.turn(n, 0.0))
    assert same_bits(instrument.unit[SPEC.stepped], PRESETS["drawn 7"][SPEC.stepped])


def test_values_are_clamped_into_the_range(instrument: Instrument) -> None:
    instrument.load(PRESETS["high"])
    for n in (1, 2, 3):
        instrument.turn(n, 0.0 if instrument.knobs[n - 1].position > 0.5 else 1.0)
    assert instrument.unit.min() >= 0
    assert instrument.unit.max() <= 1


def test_texts_are_the_synths_own(instrument: Instrument) -> None:
    changes = instrument.load(PRESETS["middle"])
    native = SPEC.to_native(PRESETS["middle"])
    synth = open_engine(SPEC)
    synth.set(native)
    steps = {parameter.name: parameter.steps for parameter in SPEC.parameters}
    assert changes == [
        ParameterValue(name, float(unit), native[name], synth.text(name), steps[name])
        for name, unit in zip(SPEC.names, PRESETS["middle"], strict=True)
    ]
    assert changes[SPEC.names.index("filter_1_cutoff")].text.endswith("semitones")


def test_knobs_start_at_a_parameter_set_manually(instrument: Instrument) -> None:
    instrument.load(PRESETS["drawn 2"])
    instrument.turn(1, 0.8)
    turned = instrument.unit
    changes = instrument.set_parameter("filter_1_cutoff", 0.125)
    assert [(c.name, c.unit) for c in changes] == [("filter_1_cutoff", 0.125)]
    by_hand = instrument.unit
    at = SPEC.names.index("filter_1_cutoff")
    assert by_hand[at] == 0.125
    assert same_bits(np.delete(by_hand, at), np.delete(turned, at))
    rest = instrument.knobs
    for knob in rest:
        instrument.turn(knob.index, 0.5)
    for knob in rest:
        instrument.turn(knob.index, knob.position)
    assert same_bits(instrument.unit, by_hand)


def test_a_stepped_parameter_set_manually_takes_its_nearest_step(instrument: Instrument) -> None:
    instrument.load(PRESETS["low"])
    (change,) = instrument.set_parameter("osc_1_unison_voices", 0.55)
    assert (change.native, change.steps) == (4.0, 6)
    assert change.text.startswith("4")
    assert instrument.set_parameter("osc_1_unison_voices", 0.6) == []


@pytest.mark.parametrize("position", [float("nan"), -0.01, 1.01, float("inf")])
def test_a_position_out_of_range_is_refused_and_changes_nothing(
    instrument: Instrument, position: float
) -> None:
    instrument.load(PRESETS["drawn 1"])
    with pytest.raises(ServeError, match=rf"knob 2: {position} is outside 0\.\.1"):
        instrument.turn(2, position)
    assert same_bits(instrument.unit, PRESETS["drawn 1"])


@pytest.mark.parametrize("n", [0, 4, 99, -1])
def test_an_unknown_knob_is_refused(instrument: Instrument, n: int) -> None:
    with pytest.raises(ServeError, match=f"no knob {n}: there are 1 to 3"):
        instrument.turn(n, 0.5)


def test_wrong_parameters_are_refused(instrument: Instrument) -> None:
    with pytest.raises(SpecError, match="no parameter 'cutoff'"):
        instrument.set_parameter("cutoff", 0.5)
    with pytest.raises(ServeError, match=r"reverb_dry_wet: unit value nan is outside 0\.\.1"):
        instrument.set_parameter("reverb_dry_wet", float("nan"))


def test_a_preset_that_does_not_fit_leaves_the_old_one(instrument: Instrument) -> None:
    instrument.load(PRESETS["drawn 1"])
    for wrong in (np.zeros(3, np.float32), np.full(16, np.nan, np.float32)):
        with pytest.raises(SpecError):
            instrument.load(wrong)
    assert same_bits(instrument.unit, PRESETS["drawn 1"])
    assert instrument.turn(1, instrument.knobs[0].position) == []


def test_the_last_preset_stays_if_the_model_has_none(
    instrument: Instrument, monkeypatch: pytest.MonkeyPatch
) -> None:
    instrument.load(PRESETS["drawn 1"])
    rest = instrument.knobs
    original = LinearModel.z_to_unit
    monkeypatch.setattr(LinearModel, "z_to_unit", lambda *a: original(*a) * float("nan"))
    with pytest.raises(ServeError, match="no preset there"):
        instrument.turn(1, 0.5)
    assert same_bits(instrument.unit, PRESETS["drawn 1"])
    assert instrument.knobs == rest


def test_an_empty_range_is_refused() -> None:
    with pytest.raises(CheckpointError, match="fake-16"):
        Instrument(replace(FakeCheckpoint(), macros=(FakeMacro("flat", 1, 0.5, 0.5),)))
