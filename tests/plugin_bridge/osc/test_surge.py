"""Test Surge XT's OSC over real sockets: exact bytes by its specification, and its reports."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets.spec import load_spec
from plugin_bridge.osc.socket import EMPTY
from plugin_bridge.osc.surge import LOADING_S, Float, SurgeTarget, Whole, open_surge, surge_wires
from plugin_bridge.sync.target import ParameterChange, Target, TargetError
from tests.programs.osc_program import Program

SPEC = load_spec("surge-xt-32")
CUTOFF = "A Filter 1 Cutoff"


@pytest.fixture
def synth() -> Iterator[Program]:
    one = Program()
    yield one
    one.close()


@pytest.fixture
def target(synth: Program) -> Iterator[SurgeTarget]:
    one = open_surge(SPEC.names, port=synth.port, listen_port=0)
    assert synth.packet() == EMPTY
    yield one
    one.close()


def change(name: str, native: float) -> ParameterChange:
    return ParameterChange(
        name, SPEC.parameters[SPEC.names.index(name)].from_native(native), native, ""
    )


def test_a_float_parameter_is_one_float_at_its_address(synth: Program, target: SurgeTarget) -> None:
    """Surge's manual: `/param/<s>/filter/<n>/cutoff: float (0.0 to 1.0)`; OSC pads strings."""
    target.apply([change(CUTOFF, 0.5)])
    assert synth.packet() == b"/param/a/filter/1/cutoff\0\0\0\0,f\0\0\x3f\x00\x00\x00"


def test_whole_numbers_are_sent_as_floats(synth: Program, target: SurgeTarget) -> None:
    """Surge's manual: octave is an integer (-3 to 3), but OSC sends all numbers as floats."""
    target.apply([change("A Osc 1 Octave", 0.044)])
    assert synth.packet() == b"/param/a/osc/1/octave\0\0\0,f\0\0\xc0\x40\x00\x00"


def test_a_patch_is_loaded_by_its_full_path_without_extension(
    synth: Program, target: SurgeTarget, tmp_path: Path
) -> None:
    """Surge's manual: `/patch/load: file path (absolute, no extension)`."""
    (tmp_path / "Warm Pad.fxp").write_bytes(b"CcnK")
    path, began = str(tmp_path.resolve() / "Warm Pad"), time.monotonic()
    # Surge sends the path after it has loaded the patch. Until then, send nothing else.
    surge = threading.Timer(0.2, lambda: synth.tell(target, "/patch/load", path))
    surge.start()
    target.load_patch(tmp_path / "Warm Pad.fxp")
    assert 0.2 <= time.monotonic() - began < LOADING_S
    padded = path.encode() + bytes(4 - len(path.encode()) % 4)
    assert synth.packet() == b"/patch/load\0,s\0\0" + padded
    with pytest.raises(TargetError, match=r"Cold Pad.*: patch not found"):
        target.load_patch(tmp_path / "Cold Pad")


def test_every_step_of_the_spec_is_a_number_of_its_own_and_comes_back() -> None:
    """The spec's normalised values and the specification's whole numbers came from two sources."""
    wires, stepped = surge_wires(), 0
    for parameter in SPEC.parameters:
        wire = wires[parameter.name]
        assert isinstance(wire, Whole) == bool(parameter.values), parameter.name
        sent = [wire.encode(change(parameter.name, value)) for value in parameter.values]
        assert len(set(sent)) == parameter.steps
        for value, raw in zip(parameter.values, sent, strict=True):
            stepped += 1
            assert parameter.from_native(wire.decode(raw)) == parameter.from_native(value)
    assert stepped == 31
    filters = wires["A Filter 1 Type"]
    assert [filters.encode(change("A Filter 1 Type", v)) for v in (0.0355, 0.6955)] == [1.0, 23.0]


def test_the_whole_spec_and_its_fixed_patch_have_addresses(
    synth: Program, target: SurgeTarget
) -> None:
    assert target.capabilities.missing == ()
    assert target.capabilities.reads and target.capabilities.listens
    controls = SPEC.template["controls"]
    assert not set(controls) - set(surge_wires())
    target.prepare(controls)
    packets = [synth.packet() for _ in controls]
    assert b"/param/a/osc/fm_routing\0,f\0\0\x3f\x80\x00\x00" in packets  # 0.335 is step 1 of 0..3
    assert b"/param/a/mixer/osc3/mute\0\0\0\0,f\0\0\x3f\x80\x00\x00" in packets
    addresses = [wire.address for wire in surge_wires().values()]
    assert len(set(addresses)) == len(addresses)


def test_what_has_no_address_is_named(synth: Program) -> None:
    target = open_surge(["A Chorus Rate", CUTOFF], port=synth.port, listen_port=0)
    assert synth.packet() == EMPTY
    assert target.capabilities.missing == ("A Chorus Rate",)
    assert "A Chorus Rate" in target.capabilities.advice
    target.apply([ParameterChange("A Chorus Rate", 0.5, 0.5, ""), change(CUTOFF, 1.0)])
    assert synth.packet().startswith(b"/param/a/filter/1/cutoff\0")
    target.close()


def test_reading_asks_with_q_and_takes_the_answers(synth: Program, target: SurgeTarget) -> None:
    """Surge answers `/q/<address>` with the parameter's value and a /doc message."""
    synth.tell(target, "/param/a/filter/1/cutoff", 0.25, "440.0 Hz")
    synth.tell(target, "/doc/param/a/filter/1/cutoff", "Filter 1 Cutoff", "float", "-60", "70")
    synth.tell(target, "/param/a/filter/1/type", 2.0, "LP 24 dB")
    held = target.read()
    asked = {synth.packet() for _ in SPEC.names}
    assert b"/q/param/a/filter/1/cutoff\0\0,\0\0\0" in asked
    assert held == {CUTOFF: 0.25, "A Filter 1 Type": pytest.approx(0.065)}
    assert target.moved() == {}


def test_a_turn_in_its_window_is_reported_once_and_echoes_are_not(
    synth: Program, target: SurgeTarget
) -> None:
    for value in (0.1, 0.2, 0.3):
        target.apply([change(CUTOFF, value)])
        synth.packet()
    synth.tell(target, "/param/a/filter/1/cutoff", 0.2, "late echo")
    synth.tell(target, "/param/a/filter/1/cutoff", 0.3, "the newest")
    assert target.moved() == {}
    synth.tell(target, "/param/a/filter/1/cutoff", 0.7, "by hand")
    synth.tell(target, "/param/a/filter/1/cutoff", 0.8, "by hand")
    synth.tell(target, "/param/a/filter/1/cutoff", 0.8, "said twice")
    assert target.moved() == {CUTOFF: pytest.approx(0.8)}
    assert target.moved() == {}


def test_a_change_of_ours_overtakes_what_was_turned(synth: Program, target: SurgeTarget) -> None:
    synth.tell(target, "/param/a/filter/1/cutoff", 0.7)
    synth.tell(target, "/error", "something")
    assert target.errors() == ["something"]  # both have arrived
    target.apply([change(CUTOFF, 0.4)])
    assert target.moved() == {}


def test_errors_are_received(synth: Program, target: SurgeTarget) -> None:
    synth.tell(target, "/error", "No parameter with OSC address of /param/a/x")
    assert target.errors() == ["No parameter with OSC address of /param/a/x"]
    assert target.errors() == []


def test_a_synth_that_went_away_is_an_error(synth: Program, target: SurgeTarget) -> None:
    synth.socket.close()
    with pytest.raises(TargetError, match=f"127.0.0.1:{synth.port}.*OSC input"):
        for value in (0.1, 0.2, 0.3):
            target.apply([change(CUTOFF, value)])


def test_a_synth_that_is_not_there_is_an_error(synth: Program) -> None:
    synth.close()
    with pytest.raises(TargetError, match=rf"127\.0\.0\.1:{synth.port}: no program receives OSC"):
        open_surge(SPEC.names, port=synth.port, listen_port=0)


def test_a_taken_port_is_an_error(synth: Program) -> None:
    with pytest.raises(TargetError, match=f"UDP port {synth.port}: cannot receive on it"):
        open_surge(SPEC.names, listen_port=synth.port)


def test_a_closed_target_says_so_and_stays_quiet(target: SurgeTarget) -> None:
    target.close()
    target.close()
    assert target.moved() == {} and target.read() == {}
    with pytest.raises(TargetError, match="closed"):
        target.apply([change(CUTOFF, 0.5)])


def test_it_is_a_target(target: SurgeTarget) -> None:
    as_target: Target = target
    assert as_target.capabilities.pace_hz > 0
    assert str(as_target).startswith("Surge XT at 127.0.0.1:")


def test_a_wrong_map_is_named(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('[parameters]\nx = { adress = "/param/a" }\n')
    with pytest.raises(TargetError, match="'x': unknown key 'adress'"):
        surge_wires(path)


FOREIGN = st.one_of(
    st.binary(max_size=80),
    st.binary(max_size=40).map(lambda tail: b"#bundle\0" + bytes(8) + tail),
    st.binary(max_size=24).map(lambda tail: b"/param/a/filter/1/cutoff\0\0\0\0" + tail),
    st.sampled_from(
        [
            b"#bundle\0" + bytes(8) + b"\xff\xff\xff\xfc" + b"/a\0\0,\0\0\0",
            b"/param/a/filter/1/cutoff\0\0\0\0,f\0\0\x7f\xc0\x00\x00",  # NaN
            b"/param/a/filter/1/cutoff\0\0\0\0,f\0\0\x7f\x80\x00\x00",  # infinity
            b"/param/a/filter/1/cutoff\0\0\0\0,T\0\0",
        ]
    ),
)


@given(packets=st.lists(FOREIGN, min_size=1, max_size=5))
@settings(max_examples=80, deadline=None)
def test_foreign_packets_never_raise(packets: list[bytes]) -> None:
    synth = Program()
    target = open_surge([CUTOFF], port=synth.port, listen_port=0)
    try:
        for packet in packets:
            synth.throw(target, packet)
        synth.tell(target, "/param/a/filter/1/cutoff", 0.625)  # a valid message still arrives
        moved = target.moved()
        assert moved == {CUTOFF: 0.625}
    finally:
        target.close()
        synth.socket.close()


def test_the_normalised_value_of_a_whole_number() -> None:
    assert Whole("/param/x", 1, 16).decode(2.0) == pytest.approx(0.071)
    assert Float("/param/x").decode(7.0) == 1.0
