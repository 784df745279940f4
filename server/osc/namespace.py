"""Describe the addresses of a running server for OSCQuery.

The format is the OSCQuery proposal (Vidvox, github.com/Vidvox/OSCQueryProposal). Each path has a
JSON object with its full path, contents, type tags, values, ranges, access and description.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from models.instrument.instrument import Knob, ParameterValue
from plugin_bridge import protocol
from plugin_bridge.protocol import Address
from server.osc.messages import TAGS

CONTAINER, READ_WRITE, WRITE = 0, 3, 2  # ACCESS
UNIT_RANGE = {"MIN": 0.0, "MAX": 1.0}
MOST_STEPS = 128  # a parameter with more steps gets a range, not a list of its values
ATTRIBUTES = (
    "ACCESS",
    "CLIPMODE",
    "CONTENTS",
    "DESCRIPTION",
    "FULL_PATH",
    "RANGE",
    "TYPE",
    "VALUE",
)
EXTENSIONS = {
    "ACCESS": True,
    "CLIPMODE": True,
    "DESCRIPTION": True,
    "LISTEN": True,
    "OSC_STREAMING": False,
    "RANGE": True,
    "VALUE": True,
}

Node = dict[str, Any]


def host_info(name: str, osc: tuple[str, int], websocket_port: int) -> Node:
    """Return the reply to ``?HOST_INFO``.

    Args:
        name: Name of the server.
        osc: IP address and UDP port of OSC.
        websocket_port: TCP port of the OSCQuery WebSocket.

    Returns:
        The JSON object.
    """
    return {
        "NAME": name,
        "EXTENSIONS": EXTENSIONS,
        "OSC_IP": osc[0],
        "OSC_PORT": osc[1],
        "OSC_TRANSPORT": "UDP",
        "WS_PORT": websocket_port,
    }


def tree(changes: Sequence[ParameterValue], knobs: Sequence[Knob]) -> Node:
    """Return the root node: all addresses, and the current values of those that can be read."""
    root: Node = {"FULL_PATH": "/", "ACCESS": CONTAINER, "CONTENTS": {}}
    for leaf in _leaves(changes, knobs):
        node, path = root, ""
        parts = leaf["FULL_PATH"].strip("/").split("/")
        for part in parts:
            path += f"/{part}"
            empty = {"FULL_PATH": path, "ACCESS": CONTAINER}
            node = node.setdefault("CONTENTS", {}).setdefault(part, empty)
        node |= leaf
    return root


def find(root: Node, path: str) -> Node | None:
    """Return the node at a path, or None."""
    node: Node | None = root
    for part in path.strip("/").split("/") if path.strip("/") else []:
        node = None if node is None else node.get("CONTENTS", {}).get(part)
    return node


def values(
    changes: Sequence[ParameterValue], knobs: Sequence[Knob], names: Sequence[str]
) -> dict[str, float]:
    """Return the current values of knobs and parameters by OSC path.

    Args:
        changes: Parameters.
        knobs: Knobs.
        names: Names of all parameters of the current instrument, in order.

    Returns:
        Value by path.
    """
    numbers = {name: number for number, name in enumerate(names, start=1)}
    return {protocol.MACRO.at(knob.index): knob.position for knob in knobs} | {
        protocol.SET_NUMBER.at(numbers[change.name]): change.unit
        for change in changes
        if change.name in numbers  # the current instrument may have changed in the meantime
    }


def _leaves(changes: Sequence[ParameterValue], knobs: Sequence[Knob]) -> Iterator[Node]:
    """Yield the node of each address."""
    for address in protocol.INCOMING:
        if address is protocol.MACRO:
            for knob in knobs:
                about = f"knob {knob.index}: {knob.name}"
                yield _control(address.at(knob.index), knob.position, UNIT_RANGE, about)
        elif address is protocol.SET_NUMBER:
            for number, change in enumerate(changes, start=1):
                about = f"{change.name}: {change.text}"
                yield _control(address.at(number), change.unit, _range(change.steps), about)
        else:
            yield _order(address)


def _control(path: str, value: float, among: Node, about: str) -> Node:
    """Return the node of a knob or a parameter."""
    return {
        "FULL_PATH": path,
        "TYPE": "f",
        "ACCESS": READ_WRITE,
        "VALUE": [value],
        "RANGE": [among],
        "CLIPMODE": ["none"],  # a value outside the range is an error and is reported
        "DESCRIPTION": about,
    }


def _range(steps: int) -> Node:
    """Return the range of a parameter; a stepped parameter lists its values."""
    if 2 <= steps <= MOST_STEPS:
        return {"VALS": [step / (steps - 1) for step in range(steps)]}
    return UNIT_RANGE


def _order(address: Address) -> Node:
    """Return the node of an address that can only be written."""
    return {
        "FULL_PATH": address.path,
        "TYPE": "".join(TAGS[argument.kind] for argument in address.arguments),
        "ACCESS": WRITE,
        "DESCRIPTION": address.doc,
    }
