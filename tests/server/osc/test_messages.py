"""OSC packets against python-osc's own builder and reader."""

import json
import string
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pythonosc.osc_message_builder import OscMessageBuilder
from pythonosc.osc_packet import OscPacket

from plugin_bridge import protocol
from plugin_bridge.osc_datagram import SENT_BYTES, decode
from plugin_bridge.protocol import Address, Value
from server.osc.messages import BUNDLE_BYTES, bundled, encode, in_parts, request_id, result_of
from tests.fakes.fake_model import FakeResult, fake_start

KINDS: dict[str, st.SearchStrategy[Any]] = {
    "int": st.integers(-(2**31), 2**31 - 1),
    "float": st.floats(width=32, allow_nan=False, allow_subnormal=False),  # plugins take them away
    "string": st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
}
TAGS = {"int": "i", "float": "f", "string": "s"}


@st.composite
def messages(draw: st.DrawFn) -> tuple[Address, list[Value]]:
    address = draw(st.sampled_from(protocol.OUTGOING))
    kinds: list[st.SearchStrategy[Value]] = [KINDS[one.kind] for one in address.arguments]
    values: list[Value] = [draw(kind) for kind in kinds]
    return address, values


@settings(deadline=None)
@given(messages())
def test_packets_are_those_of_python_osc(message: tuple[Address, list[Value]]) -> None:
    address, values = message
    builder = OscMessageBuilder(address.path)
    for argument, value in zip(address.arguments, values, strict=True):
        builder.add_arg(value, TAGS[argument.kind])
    assert encode(address.path, address, values) == builder.build().dgram


def test_a_zero_does_not_end_a_string() -> None:
    packet = encode("/a", protocol.ERROR, [1, "serve", "a\0b"])
    assert decode(packet)[0].params == [1, "serve", "a b"]


def test_an_id_that_is_no_int32_is_not_sent_back() -> None:
    assert request_id(protocol.MATCH.path, [7]) == 7
    for wide in (2**31, -(2**31) - 1, 2**63 - 1):
        assert request_id(protocol.MATCH.path, [wide]) == protocol.NO_ID
    assert request_id(protocol.MACRO.path, [7]) == protocol.NO_ID


def test_too_few_values_are_an_error() -> None:
    with pytest.raises(ValueError):
        encode("/a", protocol.ERROR, [1])


def test_bundles_hold_all_in_order_and_fit_a_frame() -> None:
    names = [letter * 30 for letter in string.ascii_letters]
    packets = [encode("/a", protocol.RESULT, [i, name]) for i, name in enumerate(names)]
    bundles = list(bundled(packets))
    assert 1 < len(bundles) < len(packets) / 4
    assert all(len(bundle) <= BUNDLE_BYTES + 16 + 4 for bundle in bundles)
    received = [timed.message.params for bundle in bundles for timed in OscPacket(bundle).messages]
    assert received == [[i, name] for i, name in enumerate(names)]
    assert list(bundled(packets[:1])) == packets[:1]
    assert list(bundled([])) == []


def test_one_that_is_longer_than_a_frame_goes_alone() -> None:
    long = encode("/a", protocol.RESULT, [1, "x" * 5000])
    short = encode("/a", protocol.RESULT, [2, "y"])
    assert [len(bundle) for bundle in bundled([short, long, short])] == [
        len(short),
        len(long),
        len(short),
    ]


def test_a_long_list_comes_in_parts_that_every_system_sends() -> None:
    """MacOS sends at most 9,216 bytes; twenty names of 200 characters took 25 kB."""
    presets = [{"id": f"{n:032x}", "name": 200 * "ü"} for n in range(20)]
    parts = in_parts("presets", presets)
    numbers = [(part["part"], part["parts"]) for part in parts]
    assert numbers == [(n, len(parts)) for n in range(1, len(parts) + 1)] and len(parts) > 1
    assert [one for part in parts for one in part["presets"]] == presets  # type: ignore[attr-defined]
    for part in parts:
        packet = encode(protocol.RESULT.path, protocol.RESULT, [7, json.dumps(part)])
        assert len(packet) < SENT_BYTES
    assert in_parts("presets", presets[:2]) == [{"presets": presets[:2]}]
    assert in_parts("presets", []) == [{"presets": []}]


@dataclass(frozen=True)
class SureResult(FakeResult):
    """A match that says how good it is."""

    def to_dict(self) -> dict[str, Any]:
        more = {"confidence": {"verdict": "close"}, "target": {"warnings": ["a chord"]}}
        return super().to_dict() | more


def test_a_result_has_its_confidence_and_fits_a_packet() -> None:
    number, text = result_of(SureResult(fake_start(), 3), 7)
    assert number == 7
    account = json.loads(str(text))
    assert account["confidence"] == {"verdict": "close"}
    assert account["warnings"] == ["a chord"]
    assert "candidates" not in account
