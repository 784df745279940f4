"""Every OSC address of patchwright and its arguments, as data.

Continuous controls carry no id. A request starts with an int32 id of the sender's choice and ends
in one ``/patchwright/result`` or ``/patchwright/error`` with that id. Only the standard library is
imported: patches, documents and clients load this file anywhere.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

HTTP_PORT = 8765
OSC_PORT = 9000
OSCQUERY_PORT = 8766  # TCP
HOST_PORT = 9020  # of the live host
LOOPBACK = "127.0.0.1"
NO_ID = -1  # id of an error that answers no request

Value = int | float | str
Kind = Literal["int", "float", "string"]


class ProtocolError(ValueError):
    """A message that is not in the protocol; it names the address, the argument and what came."""


@dataclass(frozen=True)
class Argument:
    """One argument of an address."""

    name: str
    kind: Kind
    doc: str = ""  # what it means, with its unit
    default: Value | None = None  # of a last argument that may be left out


@dataclass(frozen=True)
class Address:
    """One OSC address; a last part ``N`` stands for a number from 1."""

    path: str
    arguments: tuple[Argument, ...]
    doc: str

    def __hash__(self) -> int:
        # Of the path alone: all the texts would be read again for every packet.
        return hash(self.path)

    def at(self, number: int) -> str:
        """The path with its ``N`` filled in: ``MACRO.at(3)`` is ``/patchwright/macro/3``."""
        return f"{self.path.removesuffix('N')}{number}" if self.path.endswith("/N") else self.path


@dataclass(frozen=True)
class Message:
    """A message that follows the protocol."""

    address: Address
    number: int  # what stood for N; 0 where the address has none
    values: tuple[Value, ...]


_NAME = Argument("name", "string", "the plugin's own name of a parameter")
_UNIT = Argument("unit", "float", "0..1 of the parameter's range")
_ID = Argument("id", "int", "of the request")

MACRO = Address(
    "/patchwright/macro/N",
    (Argument("value", "float", "position 0..1 in the knob's range"),),
    "Turn knob N; the parameters that change are sent to every subscriber.",
)
SET_PARAMETER = Address(
    "/patchwright/param/set",
    (_NAME, _UNIT),
    "Set one parameter by hand; the result is the preset that knobs now start from.",
)
SET_NUMBER = Address(
    "/patchwright/param/N",
    (Argument("value", "float", "0..1 of the parameter's range"),),
    "The same by the parameter's number, in the order in which the server sends them.",
)
SUBSCRIBE = Address(
    "/patchwright/subscribe",
    (
        Argument("port", "int", "UDP port of the sender's machine to answer to"),
        Argument("ttl_s", "float", "seconds to stay subscribed; 0 ends the subscription"),
        Argument(
            "pace_hz",
            "float",
            "updates a second at most, each with the newest values; 0 (when left out): no limit",
            0.0,
        ),
    ),
    "Receive every change, starting with all knobs and parameters.",
)
TOKEN = Address(
    "/patchwright/token",
    (Argument("token", "string", "what the server was started with"),),
    "Get access from another machine; before that, the server ignores its messages.",
)
REFRESH = Address("/patchwright/refresh", (), "Receive all knobs and parameters again.")
UNDO = Address("/patchwright/undo", (), "Undo the last gesture of any client.")
REDO = Address("/patchwright/redo", (), "Redo the gesture that was undone last.")
SWITCH = Address(
    "/patchwright/switch",
    (),
    "Switch from preset A to preset B or back; the first time, B is a copy of A.",
)
LOCK = Address(
    "/patchwright/lock",
    (_NAME, Argument("on", "int", "1 locks it where it is, 0 unlocks it")),
    "Lock a parameter: knobs, matches and presets leave it; setting it by hand still works.",
)
MATCH = Address(
    "/patchwright/match",
    (
        _ID,
        Argument("path", "string", "a sound file; only from this machine"),
        Argument("budget", "string", "instant, quick (when left out), refine or deep", "quick"),
        Argument("method", "string", "auto (when left out), parameters or resynthesis", "auto"),
    ),
    "Find and load the preset that sounds most like a file; progress is sent until it ends.",
)
CANCEL = Address(
    "/patchwright/cancel",
    (_ID,),
    "Cancel this sender's match of that id: its result is the best so far, which is not loaded.",
)

NEIGHBOURS = Address(
    "/patchwright/neighbours",
    (
        _ID,
        Argument("count", "int", "1 to 64", 16),
        Argument(
            "distance",
            "float",
            "dB, for new presets; -1 (when left out): presets of the library",
            -1.0,
        ),
    ),
    "Ask for presets that sound like the current one; the result gives the distance of each.",
)
NEIGHBOUR = Address(
    "/patchwright/neighbour",
    (Argument("place", "int", "from 1 in that result; 0: the preset that it started from"),),
    "Load one of the neighbours of the last request, which any client may have sent.",
)
WANDER = Address(
    "/patchwright/wander",
    (Argument("length", "float", "of the step in the latent space, 0..10", 0.5),),
    "Take a step in a random direction.",
)
CORNER = Address(
    "/patchwright/corner",
    (Argument("corner", "int", "1 to 4: at (0, 0), (1, 0), (0, 1) and (1, 1)"),),
    "Put the current preset into a corner of the square that `morph` moves in.",
)
MORPH = Address(
    "/patchwright/morph",
    (Argument("x", "float", "0..1"), Argument("y", "float", "0..1")),
    "Morph between the corners that hold a preset, in the latent space; two at least.",
)
MODEL = Address(
    "/patchwright/model",
    (Argument("name", "string", "of a shipped model, or of the one that the server started with"),),
    "Change to another model and its synth; all its knobs and parameters are sent.",
)
KEEP = Address(
    "/patchwright/keep",
    (Argument("name", "string", "of the preset"),),
    "Save the current preset in the collection.",
)
PRESETS = Address(
    "/patchwright/presets",
    (_ID, Argument("text", "string", "words to look for; none (when left out): all", "")),
    "Ask for saved presets, the newest first, 20 at most; the result gives ids and names.",
)
LOAD = Address(
    "/patchwright/load",
    (Argument("preset", "string", "id of a saved preset"),),
    "Load a saved preset.",
)

PARAMETER = Address(
    "/patchwright/param",
    (
        _NAME,
        _UNIT,
        Argument("native", "float", "the plugin's own value"),
        Argument("text", "string", "what the plugin's display shows"),
        Argument("steps", "int", "number of steps, 0 for a continuous parameter"),
    ),
    "The current value of one parameter.",
)
MACRO_STATE = Address(
    "/patchwright/macro/N",
    (
        Argument(
            "value", "float", "position 0..1; after a preset is loaded: the knob's rest position"
        ),
        Argument("name", "string", "of the knob"),
    ),
    "The current position of knob N.",
)
PROGRESS = Address(
    "/patchwright/progress",
    (
        _ID,
        Argument("renders", "int", "presets rendered so far; 0 when the request begins"),
        Argument("of", "int", "presets that the budget allows"),
        Argument("distance", "float", "dB, of the best so far; -1 before there is one"),
    ),
    "Progress of a match.",
)
RESULT = Address(
    "/patchwright/result",
    (_ID, Argument("json", "string", "a short summary; parameters are sent separately")),
    "A request is done.",
)
ERROR = Address(
    "/patchwright/error",
    (
        Argument("id", "int", "of the request, -1 when it had none"),
        Argument("code", "string", "one word: protocol, serve, audio, spec, render, busy, ..."),
        Argument("text", "string", "what is wrong and how to fix it"),
    ),
    "A message or a request failed.",
)

HOST_NOTE = Address(
    "/patchwright/host/note",
    (
        Argument("note", "int", "MIDI, 0..127"),
        Argument("velocity", "int", "0..127; 0 ends the note, 100 when left out", 100),
    ),
    "Start or end a note on the live host.",
)
HOST_PARAMETER = Address(
    "/patchwright/host/param",
    (_NAME, Argument("native", "float", "the plugin's own value, 0..1")),
    "Set a parameter of the hosted plugin, with or without a server.",
)
HOST_QUIET = Address("/patchwright/host/quiet", (), "End every note of the live host.")
HOSTED = (HOST_NOTE, HOST_PARAMETER, HOST_QUIET)

INCOMING = (
    MACRO,
    SET_PARAMETER,
    SET_NUMBER,
    SUBSCRIBE,
    REFRESH,
    TOKEN,
    UNDO,
    REDO,
    SWITCH,
    LOCK,
    MATCH,
    CANCEL,
    NEIGHBOURS,
    NEIGHBOUR,
    WANDER,
    CORNER,
    MORPH,
    MODEL,
    KEEP,
    PRESETS,
    LOAD,
)
OUTGOING = (PARAMETER, MACRO_STATE, PROGRESS, RESULT, ERROR)


def check(path: str, args: Sequence[object], known: Sequence[Address] = INCOMING) -> Message:
    """The message of an address and its arguments, typed as the protocol has them.

    Ints are taken for floats, and whole floats for ints: many controllers send only floats.
    Raises ProtocolError naming the address, the argument, the type expected and what came.

    >>> check("/patchwright/macro/3", [1]).values
    (1.0,)
    """
    address, number = _find(path, known)
    expected = address.arguments
    defaults = [argument.default for argument in expected[len(args) :]]
    args = [*args, *(value for value in defaults if value is not None)]
    if len(args) != len(expected):
        wanted = " ".join(argument.name for argument in expected) or "no arguments"
        raise ProtocolError(f"{path} takes {wanted} ({len(expected)}), got {len(args)}")
    values = tuple(_typed(path, a, v) for a, v in zip(expected, args, strict=True))
    return Message(address, number, values)


def _find(path: str, known: Sequence[Address]) -> tuple[Address, int]:
    numbered = re.fullmatch(r"(/.*/)([0-9]{1,6})", path, flags=re.ASCII)
    pattern, number = (f"{numbered[1]}N", int(numbered[2])) if numbered else (path, 0)
    for address in known:
        if address.path == pattern and (numbered or not pattern.endswith("/N")):
            return address, number
    paths = [address.path for address in known]
    nearest = difflib.get_close_matches(path[:100], paths, n=1, cutoff=0)[0]
    raise ProtocolError(f"no address {path[:100]!r}: did you mean {nearest}?")


def _typed(path: str, argument: Argument, value: object) -> Value:
    # bool is an int to Python, but OSC's T and F are no numbers.
    if not isinstance(value, bool):
        if argument.kind == "float" and isinstance(value, int | float):
            return float(value)
        if argument.kind == "int" and isinstance(value, int | float) and value == value // 1:
            if -(2**31) <= value < 2**31:  # OSC's own int; a wider one could not be sent back
                return int(value)
        if argument.kind == "string" and isinstance(value, str):
            return value
    came = f"{type(value).__name__} {str(value)[:40]!r}"
    raise ProtocolError(f"{path}: {argument.name} must be {argument.kind}, got {came}")
