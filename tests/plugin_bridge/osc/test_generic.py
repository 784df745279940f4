"""Any OSC receiver by a mapping file."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugin_bridge.osc.generic import generic_wires, open_generic
from plugin_bridge.osc.osc_target import OscTarget
from plugin_bridge.osc.socket import EMPTY
from plugin_bridge.sync.target import ParameterChange, Target, TargetError
from tests.programs.osc_program import Program

NAMES = ["cutoff", "mix", "wave", "drive", "absent"]
ENTRIES = """
[parameters]
cutoff = { address = "/synth/cutoff" }
mix = { address = "/synth/mix", space = "unit" }
wave = { address = "/synth/wave", type = "int", scale = [0, 3] }
drive = { address = "/d", scale = [0, 100], native = [-1.0, 1.0], feedback = "/d/now" }
"""


@pytest.fixture
def program() -> Iterator[Program]:
    one = Program()
    yield one
    one.close()


@pytest.fixture
def target(program: Program, tmp_path: Path) -> Iterator[OscTarget]:
    path = tmp_path / "synth.toml"
    path.write_text(f"port = {program.port}\nlisten_port = 0\npace_hz = 20\n{ENTRIES}")
    one = open_generic(NAMES, path)
    assert program.packet() == EMPTY
    yield one
    one.close()


SENT = {
    "cutoff": b"/synth/cutoff\0\0\0,f\0\0\x3f\x40\x00\x00",  # 0.75, the native value
    "mix": b"/synth/mix\0\0,f\0\0\x3e\x80\x00\x00",  # 0.25, the unit value
    "wave": b"/synth/wave\0,i\0\0\x00\x00\x00\x02",  # 0.75 * 3 as an int
    "drive": b"/d\0\0,f\0\0\x42\xaf\x00\x00",  # 87.5: 0.75 of -1..1, on 0..100
}


@pytest.mark.parametrize("name", SENT)
def test_each_entry_makes_its_own_number(name: str, program: Program, target: OscTarget) -> None:
    target.apply([ParameterChange(name, 0.25, 0.75, ""), ParameterChange("absent", 0.5, 0.5, "")])
    assert program.packet() == SENT[name]
    assert program.silent()


def test_what_the_map_lacks_is_named(target: OscTarget) -> None:
    assert target.capabilities.missing == ("absent",)
    assert "add absent to " in target.capabilities.advice
    assert target.capabilities.pace_hz == 20.0
    as_target: Target = target
    assert as_target.capabilities.listens


def test_values_are_received_at_their_feedback_address_only(
    program: Program, target: OscTarget
) -> None:
    program.tell(target, "/synth/cutoff", 0.9)
    program.tell(target, "/d/now", 50)  # ints are taken too
    assert target.moved() == {"drive": 0.0}
    target.apply([ParameterChange("drive", 0.0, 1.0, "")])
    program.tell(target, "/d/now", 100.0)
    assert target.moved() == {} and target.read() == {}


@given(packets=st.lists(st.binary(max_size=60).map(lambda b: b"/d/now\0\0" + b), max_size=4))
@settings(max_examples=40, deadline=None)
def test_foreign_packets_never_raise(
    tmp_path_factory: pytest.TempPathFactory, packets: list[bytes]
) -> None:
    program = Program()
    path = tmp_path_factory.getbasetemp() / "fuzz.toml"
    path.write_text(f"port = {program.port}\nlisten_port = 0\n{ENTRIES}")
    target = open_generic(NAMES, path)
    try:
        for packet in packets:
            program.throw(target, packet)
        for value in target.moved().values():
            assert -1.0 <= value <= 1.0
        program.tell(target, "/d/now", 75.0)
        program.tell(target, "/d/now", 25.0)
        assert target.moved() == {"drive": -0.5}
    finally:
        target.close()
        program.close()


WRONG = {
    "[parameters]\nx = { address = '/x' }": "port is missing",
    "port = 70000\n[parameters]\nx = { address = '/x' }": "port must be a UDP port (0..65535)",
    "port = 1\npace_hz = 0\n[parameters]\nx = { address = '/x' }": "pace_hz must be above 0",
    "port = 1\nhosts = 'a'\n[parameters]\nx = { address = '/x' }": "unknown key 'hosts'",
    "port = 1\n[parameters]\nx = { address = 'x' }": "'x': address must start with / and",
    "port = 1\n[parameters]\nx = { address = '/x', type = 'long' }": "type must be float or int",
    "port = 1\n[parameters]\nx = { address = '/x', scale = [1, 1] }": "scale must be two different",
    "port = 1\n[parameters]\nx = { address = '/x', feedback = '/y' }": "listen_port is missing",
    "port = 1\n": "the table [parameters] is missing",
    "port = = 1": "is not valid TOML",
}


@pytest.mark.parametrize("text", WRONG)
def test_a_wrong_map_names_the_file_and_the_fault(text: str, tmp_path: Path) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(text)
    with pytest.raises(TargetError) as error:
        open_generic(["x"], path)
    assert WRONG[text] in str(error.value) and "wrong.toml" in str(error.value)


def test_a_map_that_is_not_there_names_those_that_are() -> None:
    with pytest.raises(TargetError, match=r"'mine': mapping file not found; use one of .*surge-xt"):
        open_generic([], "mine")


@given(value=st.floats(-2, 2))
def test_a_value_comes_back_as_it_was_sent(value: float) -> None:
    wire = generic_wires({"x": {"address": "/x", "scale": [100, -20], "native": [-2.0, 2.0]}})["x"]
    assert wire.decode(wire.encode(ParameterChange("x", 0.0, value, ""))) == pytest.approx(value)
