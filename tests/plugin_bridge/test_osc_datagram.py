"""Decode OSC: the same as python-osc where that is right, and an error for everything else."""

import math
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pythonosc.osc_message import OscMessage as PythonOscMessage
from pythonosc.osc_message_builder import OscMessageBuilder

from plugin_bridge.osc_datagram import DEEPEST_ARRAY, DEEPEST_BUNDLE, OscError, decode
from tests.long.fuzz import packets
from tests.programs.watchdog import ends_soon

MESSAGE = OscMessageBuilder("/a").build().dgram
ARGUMENTS = st.one_of(
    st.integers(-(2**63), 2**63 - 1),
    st.floats(width=32, allow_nan=False),
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
    st.binary(min_size=1),
    st.booleans(),
    st.none(),
    st.lists(st.integers(-(2**31), 2**31 - 1), max_size=3),
)


def bundle(*elements: bytes) -> bytes:
    sized = b"".join(struct.pack(">i", len(element)) + element for element in elements)
    return b"#bundle\0" + struct.pack(">Q", 1) + sized


def padded(text: bytes) -> bytes:
    return text + bytes(4 - len(text) % 4)


def message(tags: str, data: bytes = b"", path: str = "/patchwright/macro/1") -> bytes:
    return padded(path.encode()) + padded(tags.encode()) + data


def nested(depth: int) -> bytes:
    packet = MESSAGE
    for _ in range(depth):
        packet = bundle(packet)
    return packet


@settings(deadline=None)
@given(st.lists(ARGUMENTS, max_size=6))
def test_valid_messages_are_read_as_python_osc_reads_them(arguments: list[object]) -> None:
    builder = OscMessageBuilder("/some/address")
    for argument in arguments:
        tag = "h" if type(argument) is int and not -(2**31) <= argument < 2**31 else None
        builder.add_arg(argument, tag)  # type: ignore[arg-type]
    packet = builder.build().dgram
    ((address, params),) = decode(packet)
    assert (address, params) == ("/some/address", PythonOscMessage(packet).params)


def test_every_type_tag_takes_its_own_bytes() -> None:
    data = struct.pack(">if", 7, 0.5) + padded(b"text") + padded(b"symbol")
    data += struct.pack(">i5s3x", 5, b"blob!") + struct.pack(">qd", 2**40, 0.25)
    data += struct.pack(">QI4s", 1, 0xFF00FF00, b"\0\x90\x3c\x40")
    ((_, params),) = decode(message(",ifsSbhdtrmTFNI", data))
    assert params == [
        *(7, 0.5, "text", "symbol", b"blob!", 2**40, 0.25, 1, 0xFF00FF00, b"\0\x90\x3c\x40"),
        *(True, False, None, math.inf),
    ]


@pytest.mark.parametrize("tags", [",cf", ",f?", ",fc", ",\x80f"])
def test_an_unknown_type_tag_is_refused(tags: str) -> None:
    """python-osc skips the tag but not its bytes: a knob goes to the bytes of a character."""
    with pytest.raises(OscError, match="type tag") as error:
        decode(message(tags, struct.pack(">if", ord("a"), 0.5)))
    assert error.value.address == "/patchwright/macro/1"


BROKEN: dict[str, bytes] = {
    "endless loop": b"#bundle\0" + struct.pack(">Qi", 1, -4),
    "endless loop after a message": bundle(MESSAGE) + struct.pack(">i", -4),
    "size of 0": bundle(MESSAGE) + bytes(4),
    "size beyond the end": b"#bundle\0" + struct.pack(">Qi", 1, 2**31 - 1) + MESSAGE,
    "half a size": bundle(MESSAGE) + b"\0\0",
    "no time": b"#bundle\0\0\0",
    "330 nested bundles": nested(330),
    "arrays to the bottom": message("," + 991 * "[" + 991 * "]"),
    "an array that has not begun": message(",]"),
    "an array without an end": message(",[f", bytes(4)),
    "a string without an end": message(",s", b"abc"),
    "an int cut short": message(",i", b"\0\0"),
    "two floats for three": message(",fff", bytes(4)),
    "a blob of negative size": message(",b", struct.pack(">i", -4)),
    "a blob beyond the end": message(",b", struct.pack(">i", 2**30) + b"abc"),
    "no comma": message("if", bytes(8)),
    "an address beyond ASCII": padded("/é".encode()) + padded(b","),
    "an address of 60 kB": padded(b"/" + b"a" * 60_000) + padded(b","),
    "nothing": b"",
    "text": b"hello",
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_packets_are_refused_at_once(name: str) -> None:
    with ends_soon(10), pytest.raises(OscError):
        decode(BROKEN[name])


def test_what_is_nested_a_little_is_read() -> None:
    assert len(decode(nested(DEEPEST_BUNDLE))) == 1
    tags = DEEPEST_ARRAY * "[" + "i" + DEEPEST_ARRAY * "]"
    ((_, params),) = decode(message("," + tags, struct.pack(">i", 1)))
    assert params == [[[[[1]]]]]
    assert len(decode(bundle(MESSAGE, bundle(MESSAGE, MESSAGE)))) == 3


def test_a_wrong_message_does_not_drop_its_bundle() -> None:
    refused = list[OscError]()
    wrong = message(",c", bytes(4), "/wrong")
    found = decode(bundle(MESSAGE, wrong, b"junk", MESSAGE), refused.append)
    assert [one.address for one in found] == ["/a", "/a"]
    assert [error.address for error in refused] == ["/wrong", ""]


def test_a_latin_1_string_is_read_and_does_not_drop_its_bundle() -> None:
    latin = message(",s", padded("Flügel".encode("latin-1")), "/name")
    found = decode(bundle(latin, MESSAGE))
    assert found == [("/name", ["Flügel"]), ("/a", [])]
    assert decode(message(",s", padded("Flügel".encode())))[0].params == ["Flügel"]


def test_a_float_of_reaktor_lacks_its_zeros() -> None:
    assert decode(message(",f", b"\x3f"))[0].params == [struct.unpack(">f", b"\x3f\0\0\0")[0]]


def test_random_packets_are_read_or_refused() -> None:
    """``tests.long.host_fuzz`` sends more of them through every reader."""
    outcomes = set[str]()
    with ends_soon(120):
        for packet in packets(5000, seed=5):
            try:
                decode(packet)
                outcomes.add("read")
            except OscError:
                outcomes.add("refused")
    assert outcomes == {"read", "refused"}
