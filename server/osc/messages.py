"""Encode OSC packets with the types that the protocol states."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Callable, Hashable, Iterator, Sequence
from functools import lru_cache
from typing import Any

from models.instrument.instrument import Knob, ParameterValue
from plugin_bridge import protocol
from plugin_bridge.protocol import Address, Value
from server.jobs.job import MatchJob, MatchOutcome

BUNDLE_BYTES = 1400 - 16  # bundles fit an Ethernet frame
RESULT_BYTES = 8192  # of JSON in one result, for macOS, which sends packets of 9,216 bytes at most
AT_ONCE = b"#bundle\0" + (1).to_bytes(8, "big")
REQUESTS = {a.path for a in protocol.INCOMING if a.arguments and a.arguments[0].name == "id"}
Packet = tuple[Hashable, bytes]  # its kind, and the bytes; a newer one of a kind replaces an older
TAGS = {"int": "i", "float": "f", "string": "s"}


def encode(path: str, address: Address, values: Sequence[Value]) -> bytes:
    """Return a packet with the type tags that the protocol states for an address.

    We do not use python-osc's builder. A turned knob sends thirty packets, and the builder would
    take a third of the time that the whole turn may take.

    Args:
        path: OSC path of the packet.
        address: Address whose types the values have.
        values: One value for each argument of the address; the last optional ones may be absent.

    Returns:
        The packet.

    Raises:
        ValueError: A value is missing, or there are too many.
    """
    head, packers = _form(path, address, len(values))
    return head + b"".join([pack(value) for pack, value in zip(packers, values, strict=True)])


@lru_cache(maxsize=1024)
def _form(
    path: str, address: Address, count: int
) -> tuple[bytes, tuple[Callable[[Any], bytes], ...]]:
    """Return the start of a packet, and a function that packs each of its ``count`` values."""
    if any(argument.default is None for argument in address.arguments[count:]):
        raise ValueError(f"{path}: {count} values, but more are required")
    kinds = [argument.kind for argument in address.arguments[:count]]
    head = _text(path) + _text("," + "".join(TAGS[kind] for kind in kinds))
    return head, tuple(_PACK[kind] for kind in kinds)


def _text(value: Value) -> bytes:
    """Return an OSC string: it ends with zeros, and its length is a multiple of four bytes."""
    data = str(value).encode().replace(b"\0", b" ")
    return data + bytes(4 - len(data) % 4)


_PACK: dict[str, Callable[[Any], bytes]] = {
    "int": struct.Struct(">i").pack,
    "float": struct.Struct(">f").pack,
    "string": _text,
}


def bundled(packets: Sequence[bytes]) -> Iterator[bytes]:
    """Yield the packets in bundles that fit a network frame; a single packet is not bundled."""
    bundle, size = list[bytes](), 0
    for packet in packets:
        if bundle and size + len(packet) > BUNDLE_BYTES:
            yield _bundle(bundle)
            bundle, size = [], 0
        bundle.append(packet)
        size += 4 + len(packet)
    if bundle:
        yield _bundle(bundle)


def _bundle(packets: Sequence[bytes]) -> bytes:
    """Return one bundle of several packets, or a single packet as it is."""
    if len(packets) == 1:
        return packets[0]
    return AT_ONCE + b"".join(len(packet).to_bytes(4, "big") + packet for packet in packets)


def missing_knobs(first: int, last: int) -> list[Packet]:
    """Return packets that clear the knobs ``first`` to ``last``: no position, no name, idle."""
    state = protocol.MACRO_STATE
    paths = [state.at(number) for number in range(first, last + 1)]
    return [(path, encode(path, state, [0.0, "", 1])) for path in paths]


def packets_of(changes: Sequence[ParameterValue], knobs: Sequence[Knob]) -> list[Packet]:
    """Return the packets of knobs and parameters, knobs first.

    Args:
        changes: Parameters to send.
        knobs: Knobs to send.

    Returns:
        Pairs of a kind and a packet; a newer packet of the same kind replaces an older one.
    """
    packets: list[Packet] = []
    for knob in knobs:
        state = protocol.MACRO_STATE
        path = state.at(knob.index)
        # Only an idle knob has a third value, so a client that reads two keeps working.
        values: list[Value] = [knob.position, knob.name, *([1] if knob.idle else [])]
        packets.append((path, encode(path, state, values)))
    for change in changes:
        fields = change.name, change.unit, change.native, change.text, change.steps
        packet = encode(protocol.PARAMETER.path, protocol.PARAMETER, fields)
        packets.append((("parameter", change.name), packet))
    return packets


def progress_of(job: MatchJob, number: int) -> list[Value]:
    """Return the values of a progress message: request id, renders, limit and distance in dB.

    The distance is -1 as long as nothing has been measured.
    """
    if job.progress is None:
        return [number, 0, 0, -1.0]
    distance = job.progress.distance if math.isfinite(job.progress.distance) else -1.0
    return [number, job.progress.renders, job.progress.of, distance]


def result_of(found: MatchOutcome, number: int, warning: str = "") -> list[Value]:
    """Return the values of a result message: the request id and a short JSON document.

    A packet cannot hold all candidates of a match.

    Args:
        found: The result.
        number: Id of the request.
        warning: What failed after the match itself; "" if nothing did.

    Returns:
        The values.
    """
    account = found.to_dict()
    wanted = ("model", "note", "distance", "renders", "seed", "timings_ms", "confidence")
    short = {key: account[key] for key in (*wanted, "method") if key in account}
    if "answers" in account:  # without the names of their files
        short["answers"] = [
            {key: answer.get(key) for key in ("method", "distance")}
            for answer in account["answers"]
        ]
    if warnings := account.get("target", {}).get("warnings"):  # what to know about the sound
        short["warnings"] = warnings
    if warning:
        short["warning"] = warning
    return [number, json.dumps(short)]


def in_parts(name: str, items: Sequence[object]) -> list[dict[str, object]]:
    """Return the contents of the results that hold a list.

    Args:
        name: Key of the list.
        items: What the list holds, each short enough for one packet.

    Returns:
        One object with the whole list if it fits a packet. Otherwise several objects, each with a
        part of the list, the number of the part from 1 (``part``) and how many there are
        (``parts``).
    """
    parts: list[list[object]] = [[]]
    size = 0
    for item in items:
        length = len(json.dumps(item)) + 2
        if parts[-1] and size + length > RESULT_BYTES:
            parts.append([])
            size = 0
        parts[-1].append(item)
        size += length
    if len(parts) == 1:
        return [{name: parts[0]}]
    return [
        {name: part, "part": number, "parts": len(parts)} for number, part in enumerate(parts, 1)
    ]


def request_id(path: str, args: Sequence[object]) -> int:
    """Return the id of a request, or -1 if it has none."""
    if path in REQUESTS and args and type(args[0]) is int and -(2**31) <= args[0] < 2**31:
        return args[0]
    return protocol.NO_ID  # the reply cannot hold an int64
