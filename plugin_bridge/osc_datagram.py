"""Decode OSC packets from the network safely: the only decoder of the project.

python-osc 1.10 loops without end on a bundle element of -4 bytes. It skips a type tag that it does
not know, but not the bytes of the argument, so that the next argument gets the wrong value.
"""

from __future__ import annotations

import logging
import math
import struct
from collections.abc import Callable, Iterator
from typing import NamedTuple

log = logging.getLogger(__name__)

BUNDLE = b"#bundle\0"
BUNDLE_HEAD = 16  # bytes: the name and the time
DEEPEST_BUNDLE = 8
DEEPEST_ARRAY = 4
PACKET_BYTES = 65536  # largest UDP packet that arrives
SENT_BYTES = 9216  # largest UDP packet that macOS sends by default
LONGEST_PATH = 255  # characters


class OscMessage(NamedTuple):
    """Hold one message; arrays are lists, and times of bundles are ignored."""

    address: str
    params: list[object]


class OscError(ValueError):
    """Report bytes that are not OSC; ``address`` is the address of the message, if known."""

    def __init__(self, text: str, address: str = "") -> None:
        super().__init__(text)
        self.address = address


def _log_refused(error: OscError) -> None:
    """Log a message of a bundle that is not OSC."""
    log.debug("a message in a bundle is not OSC: %s", error)


def decode(packet: bytes, refused: Callable[[OscError], None] = _log_refused) -> list[OscMessage]:
    """Return the messages of a packet; a wrong message in a bundle does not stop the others.

    Args:
        packet: Packet as it was received.
        refused: Called with the error of each wrong message in a bundle; logs it by default.

    Returns:
        The messages in their order.

    Raises:
        OscError: The packet is not a bundle or a message.
    """
    if not packet.startswith(BUNDLE):
        return [_message(packet)]
    messages = []
    for element in list(_elements(packet)):  # check all sizes first
        try:
            messages.append(_message(element))
        except OscError as error:
            refused(error)
    return messages


def _elements(packet: bytes, depth: int = 1) -> Iterator[bytes]:
    """Yield the messages in a bundle; raise OscError unless its elements fill it exactly."""
    if depth > DEEPEST_BUNDLE:
        raise OscError(f"OSC packet: bundles are nested more than {DEEPEST_BUNDLE} levels deep")
    if len(packet) < BUNDLE_HEAD:
        raise OscError(f"OSC packet: a bundle of {len(packet)} bytes has no time")
    at = BUNDLE_HEAD
    while at < len(packet):
        size = int.from_bytes(packet[at : at + 4], "big", signed=True)
        if size <= 0 or at + 4 + size > len(packet):
            raise OscError(f"OSC packet: a bundle element of {size} bytes does not fit into it")
        element = packet[at + 4 : at + 4 + size]
        if element.startswith(BUNDLE):
            yield from _elements(element, depth + 1)
        else:
            yield element
        at += 4 + size


def _message(data: bytes) -> OscMessage:
    """Return one message; raise OscError if it is wrong."""
    if not data.startswith(b"/"):
        raise OscError("OSC packet: an address must start with /")
    address, at = _string(data, 0)
    if not address.isascii() or len(address) > LONGEST_PATH:
        raise OscError(f"OSC packet: an address must have at most {LONGEST_PATH} ASCII characters")
    if at >= len(data):  # old programs leave out the type tags of a message without arguments
        return OscMessage(address, [])
    try:
        tags, at = _string(data, at)
        return OscMessage(address, _arguments(data, tags, at))
    except (OscError, struct.error) as error:
        raise OscError(f"{address}: {error}", address) from error


def _arguments(data: bytes, tags: str, at: int) -> list[object]:
    """Return the arguments from a position on; raise OscError if a tag or a value is wrong."""
    if not tags.startswith(","):
        raise OscError(f"type tags {tags[:20]!r}: must start with a comma")
    arguments: list[object] = []
    open_arrays = [arguments]
    for tag in tags[1:]:
        if tag == "[":
            if len(open_arrays) > DEEPEST_ARRAY:
                raise OscError(f"arrays are nested more than {DEEPEST_ARRAY} levels deep")
            open_arrays[-1].append(array := list[object]())
            open_arrays.append(array)
        elif tag == "]":
            if len(open_arrays) == 1:
                raise OscError("an array ends that has not begun")
            open_arrays.pop()
        elif tag in _CONSTANTS:
            open_arrays[-1].append(_CONSTANTS[tag])
        elif (read := _READ.get(tag)) is not None:
            value, at = read(data, at)
            open_arrays[-1].append(value)
        else:
            raise OscError(f"type tag {tag!r} is not supported: send i, f, s, T or F")
    if len(open_arrays) > 1:
        raise OscError("an array has no end")
    return arguments


def _string(data: bytes, at: int) -> tuple[str, int]:
    """Return a string and the position after it; older programs send Latin-1, not UTF-8."""
    end = data.find(b"\0", at)
    after = end + 4 - (end - at) % 4
    if end < 0 or after > len(data):
        raise OscError("a string has no end")
    text = data[at:end]
    try:
        return text.decode(), after
    except UnicodeDecodeError:
        return text.decode("latin-1"), after


def _blob(data: bytes, at: int) -> tuple[bytes, int]:
    """Return a blob and the position after it."""
    (size,) = _INT.unpack_from(data, at)
    start = at + _INT.size
    if not 0 <= size <= len(data) - start:
        raise OscError(f"a blob of {size} bytes does not fit into the message")
    return data[start : start + size], start + size + -size % 4


def _float(data: bytes, at: int) -> tuple[float, int]:
    """Return a float; Reaktor leaves out zero bytes at the end of the last one."""
    if at > len(data):
        raise OscError("the arguments have no end")
    return _FLOAT.unpack(data[at : at + 4].ljust(4, b"\0"))[0], at + 4


def _fixed(form: struct.Struct) -> Callable[[bytes, int], tuple[object, int]]:
    """Return a reader of values of a fixed size."""
    return lambda data, at: (form.unpack_from(data, at)[0], at + form.size)


_INT, _FLOAT = struct.Struct(">i"), struct.Struct(">f")
_CONSTANTS: dict[str, object] = {"T": True, "F": False, "N": None, "I": math.inf}
_READ: dict[str, Callable[[bytes, int], tuple[object, int]]] = {
    "i": _fixed(_INT),
    "f": _float,
    "s": _string,
    "S": _string,  # a symbol
    "b": _blob,
    "h": _fixed(struct.Struct(">q")),
    "d": _fixed(struct.Struct(">d")),
    "t": _fixed(struct.Struct(">Q")),  # a time
    "r": _fixed(struct.Struct(">I")),  # a colour
    "m": _fixed(struct.Struct(">4s")),  # a MIDI message
}
