"""Define every OSC address of patchwright and its arguments, as data.

Messages of continuous controls have no id. A request starts with an int32 id that the sender
chooses. The server answers it with one ``/patchwright/result`` or ``/patchwright/error`` that has
the same id. This module imports only the standard library, so Max patches, documentation tools and
clients can load the file anywhere.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

HTTP_PORT = 8765
OSC_PORT = 9000
OSCQUERY_PORT = 8766  # TCP
HOST_PORT = 9020  # UDP port of the live host
LOOPBACK = "127.0.0.1"
PREFIX = "/patchwright/"  # of every address
NO_ID = -1  # id of an error that does not answer a request

Value = int | float | str
Kind = Literal["int", "float", "string"]


LONGEST_SHOWN = 100  # characters of a foreign address in an error


class ProtocolError(ValueError):
    """Report a message that breaks the protocol, with its address, argument and value."""


class UnknownAddressError(ProtocolError):
    """Report an unknown address; its text suggests the nearest known address.

    Only the text takes time. Programs that send foreign messages send thousands of them.
    """

    def __init__(self, path: str, known: Sequence[Address]) -> None:
        self.short = f"{path[:LONGEST_SHOWN]}: unknown address"
        super().__init__(self.short)
        self._path, self._known = path[:LONGEST_SHOWN], known

    def __str__(self) -> str:
        paths = [address.path for address in self._known]
        nearest = difflib.get_close_matches(self._path, paths, n=1, cutoff=0)
        return f"{self.short}; did you mean {nearest[0]}?" if nearest else self.short


@dataclass(frozen=True)
class Argument:
    """Describe one argument of an address."""

    name: str
    kind: Kind
    doc: str = ""  # meaning and unit
    default: Value | None = None  # only for optional arguments, which come last


@dataclass(frozen=True)
class Address:
    """Describe one OSC address; a final ``N`` in its path is a number from 1."""

    path: str
    arguments: tuple[Argument, ...]
    doc: str

    def __hash__(self) -> int:
        # Hash only the path. Hashing all texts for every packet would be slow.
        return hash(self.path)

    def at(self, number: int) -> str:
        """Return the path with a number for ``N``: ``MACRO.at(3)`` is ``/patchwright/macro/3``."""
        return f"{self.path.removesuffix('N')}{number}" if self.path.endswith("/N") else self.path


@dataclass(frozen=True)
class Message:
    """Hold one message that follows the protocol."""

    address: Address
    number: int  # the number at N; 0 if the address has no N
    values: tuple[Value, ...]


_NAME = Argument("name", "string", "the plugin's own name of a parameter")
_UNIT = Argument("unit", "float", "0..1 of the parameter's range")
_ID = Argument("id", "int", "id of the request")

MACRO = Address(
    "/patchwright/macro/N",
    (Argument("value", "float", "position 0..1 in the knob's range"),),
    "Turn knob N; every subscriber receives the parameters that change.",
)
SET_PARAMETER = Address(
    "/patchwright/param/set",
    (_NAME, _UNIT),
    "Set one parameter, as if a person had moved it; knobs now start from the new preset.",
)
SET_NUMBER = Address(
    "/patchwright/param/N",
    (Argument("value", "float", "0..1 of the parameter's range"),),
    "Set one parameter by its number, in the order in which the server sends them.",
)
SUBSCRIBE = Address(
    "/patchwright/subscribe",
    (
        Argument("port", "int", "UDP port of the sender's machine that receives the answers"),
        Argument("ttl_s", "float", "seconds to stay subscribed; 0 ends the subscription"),
        Argument(
            "pace_hz",
            "float",
            "most updates per second, each with the newest values; 0 (default): no limit",
            0.0,
        ),
    ),
    "Receive every change, starting with all knobs and parameters.",
)
TOKEN = Address(
    "/patchwright/token",
    (Argument("token", "string", "token that the server was started with"),),
    "Get access from another machine; without it, the server ignores your messages.",
)
REFRESH = Address("/patchwright/refresh", (), "Receive all knobs and parameters again.")
UNDO = Address("/patchwright/undo", (), "Undo the last gesture of any client.")
REDO = Address("/patchwright/redo", (), "Redo the last gesture that was undone.")
SWITCH = Address(
    "/patchwright/switch",
    (),
    "Switch between preset A and preset B; the first time, B is a copy of A.",
)
LOCK = Address(
    "/patchwright/lock",
    (_NAME, Argument("on", "int", "1 locks it at its current value, 0 unlocks it")),
    "Lock a parameter: knobs, matches and presets do not change it; you can still set it directly.",
)
MATCH = Address(
    "/patchwright/match",
    (
        _ID,
        Argument("path", "string", "path of a sound file; only accepted from this machine"),
        Argument("budget", "string", "instant, quick (default), refine or deep", "quick"),
        Argument("method", "string", "auto (default), parameters or resynthesis", "auto"),
    ),
    "Find and load the preset that sounds most like a file; sends progress until it is done.",
)
PATCH = Address(
    "/patchwright/patch",
    (
        _ID,
        Argument(
            "path",
            "string",
            "path of a preset file, at most 16 MiB; only accepted from this machine. Empty: return "
            "to the model's own template",
        ),
    ),
    "Play on your own patch: everything in the file stays, and the knobs start from it. The result "
    "lists what the model assumes and the patch lacks (`missing`) and the knobs that therefore do "
    "nothing (`idle_knobs`).",
)
CANCEL = Address(
    "/patchwright/cancel",
    (_ID,),
    "Cancel your match with this id; you receive the best result so far, which is not loaded.",
)

NEIGHBOURS = Address(
    "/patchwright/neighbours",
    (
        _ID,
        Argument("count", "int", "number of presets, 1 to 64; 16 by default", 16),
        Argument(
            "distance",
            "float",
            "dB, to make new presets; -1 (default): presets of the library",
            -1.0,
        ),
    ),
    "Find presets that sound like the current one; the result gives the distance of each, and for "
    "a timbre model the names of its training sounds.",
)
NEIGHBOUR = Address(
    "/patchwright/neighbour",
    (
        Argument(
            "place",
            "int",
            "place in that result, from 1; 0: the preset that the request started from",
        ),
    ),
    "Load a neighbour of the most recent `neighbours` request from any client.",
)
WANDER = Address(
    "/patchwright/wander",
    (
        Argument(
            "length", "float", "length of the step in the latent space, 0..10; 0.5 by default", 0.5
        ),
    ),
    "Take a step in a random direction.",
)
CORNER = Address(
    "/patchwright/corner",
    (Argument("corner", "int", "1 to 4 for (x, y) = (0, 0), (1, 0), (0, 1), (1, 1)"),),
    "Put the current preset into a corner of the morph square.",
)
MORPH = Address(
    "/patchwright/morph",
    (Argument("x", "float", "position 0..1"), Argument("y", "float", "position 0..1")),
    "Morph between the corners in the latent space; at least two must hold a preset.",
)
MODEL = Address(
    "/patchwright/model",
    (
        Argument(
            "name",
            "string",
            "name of a shipped model, or of the model that the server started with",
        ),
    ),
    "Change to another model and its synth; the server sends all its knobs and parameters.",
)
REBUILD = Address(
    "/patchwright/rebuild",
    (
        _ID,
        Argument("model", "string", "name of the model that makes the preset, such as vital-32"),
        Argument("note", "int", "MIDI note to render, 0..127; 60 by default", 60),
        Argument("budget", "string", "instant, quick (default), refine or deep", "quick"),
        Argument("method", "string", "auto (default), parameters or resynthesis", "auto"),
    ),
    "Make a preset of another model from the current sound, for example from a timbre model: the "
    "server renders a note, saves the current preset, changes to the model and matches the note.",
)
KEEP = Address(
    "/patchwright/keep",
    (Argument("name", "string", "name of the preset"),),
    "Save the current preset in the collection.",
)
PRESETS = Address(
    "/patchwright/presets",
    (_ID, Argument("text", "string", "words to search for; empty (default): all presets", "")),
    "List saved presets, the newest first, at most 20; the result gives ids and names. A list that "
    "is too long for one packet comes in several results, each with its `part` and all `parts`.",
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
        Argument("text", "string", "value as the plugin's display shows it"),
        Argument("steps", "int", "number of steps; 0 for a continuous parameter"),
    ),
    "The current value of one parameter.",
)
MACRO_STATE = Address(
    "/patchwright/macro/N",
    (
        Argument(
            "value", "float", "position 0..1; after a preset is loaded: the knob's default position"
        ),
        Argument("name", "string", "name of the knob; empty: the instrument has no knob N"),
        Argument("idle", "int", "1, only for a knob that does nothing in the patch that plays", 0),
    ),
    "The current position of knob N.",
)
PROGRESS = Address(
    "/patchwright/progress",
    (
        _ID,
        Argument("renders", "int", "presets rendered so far; 0 when the request begins"),
        Argument("of", "int", "number of presets that the budget allows"),
        Argument(
            "distance", "float", "distance in dB of the best preset so far; -1 before the first"
        ),
    ),
    "Progress of a match.",
)
RESULT = Address(
    "/patchwright/result",
    (_ID, Argument("json", "string", "short summary as JSON; parameters are sent separately")),
    "A request is done.",
)
ERROR = Address(
    "/patchwright/error",
    (
        Argument("id", "int", "id of the request; -1 if it had none"),
        Argument("code", "string", "one word: protocol, serve, audio, spec, render, busy, ..."),
        Argument("text", "string", "what is wrong and how to fix it"),
    ),
    "A message or a request failed.",
)

HOST_NOTE = Address(
    "/patchwright/host/note",
    (
        Argument("note", "int", "MIDI note number, 0..127"),
        Argument("velocity", "int", "0..127, 100 by default; 0 ends the note", 100),
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

TIMBRE_NOTE = Address(
    "/patchwright/timbre/note",
    HOST_NOTE.arguments,
    "Start or end a note of the timbre model.",
)
TIMBRE_AXIS = Address(
    "/patchwright/timbre/axis/N",
    (Argument("value", "float", "position 0..1 in the axis's range"),),
    "Move axis N of the latent space.",
)
TIMBRE_CLASS = Address(
    "/patchwright/timbre/class",
    (Argument("name", "string", "C, C#, ... B; key: each key has its own note class"),),
    "Choose the note class of a spectral model.",
)
TIMBRE_BEND = Address(
    "/patchwright/timbre/bend",
    (Argument("semitones", "float", "-2..2"),),
    "Bend the pitch of every note.",
)
TIMBRE_PRESSURE = Address(
    "/patchwright/timbre/pressure",
    (
        Argument("value", "float", "0..1, from the loudness of the velocity to the loudest"),
        Argument("note", "int", "MIDI note number; -1 (default): every note", -1),
    ),
    "Press one key or all keys harder.",
)
TIMBRE_VIBRATO = Address(
    "/patchwright/timbre/vibrato",
    (Argument("depth", "float", "0..1; 1 is 50 cents up and down"),),
    "Set the depth of the vibrato.",
)
TIMBRE_PEDAL = Address(
    "/patchwright/timbre/pedal",
    (Argument("on", "int", "1 holds the notes that end, 0 ends them"),),
    "Press or release the sustain pedal.",
)
TIMBRE_PRESET = Address(
    "/patchwright/timbre/preset",
    (Argument("name", "string", "name of the file, without a folder and without .vital"),),
    "Write the current sound as a Vital preset into the folder of `patchwright host --presets`.",
)
TIMBRE_QUIET = Address("/patchwright/timbre/quiet", (), "End every note of the timbre model.")
TIMBRE = (
    TIMBRE_NOTE,
    TIMBRE_AXIS,
    TIMBRE_CLASS,
    TIMBRE_BEND,
    TIMBRE_PRESSURE,
    TIMBRE_VIBRATO,
    TIMBRE_PEDAL,
    TIMBRE_PRESET,
    TIMBRE_QUIET,
)

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
    PATCH,
    CANCEL,
    NEIGHBOURS,
    NEIGHBOUR,
    WANDER,
    CORNER,
    MORPH,
    MODEL,
    REBUILD,
    KEEP,
    PRESETS,
    LOAD,
)
OUTGOING = (PARAMETER, MACRO_STATE, PROGRESS, RESULT, ERROR)


def check(path: str, args: Sequence[object], known: Sequence[Address] = INCOMING) -> Message:
    """Check a message, and return it with its arguments converted to the protocol's types.

    An int is accepted for a float, and a whole float for an int: many controllers send only floats.
    ``T`` and ``F`` are 1 and 0. A command without arguments ignores arguments, because push buttons
    send ``1.0``.

    >>> check("/patchwright/macro/3", [1]).values
    (1.0,)

    Args:
        path: OSC address as it was received, with a number for its ``N``.
        args: OSC arguments as they were received.
        known: Addresses to accept.

    Returns:
        The message with typed values; defaults fill the optional arguments.

    Raises:
        ProtocolError: The address is unknown, or an argument is missing or has the wrong type. The
            message gives the address, the argument, the expected type and the value.
    """
    address, number = _find(path, known)
    expected = address.arguments
    args = args if expected else ()
    defaults = [argument.default for argument in expected[len(args) :]]
    args = [*args, *(value for value in defaults if value is not None)]
    if len(args) != len(expected):
        names = ", ".join(argument.name for argument in expected)
        needed = f"{len(expected)} ({names})" if expected else "none"
        raise ProtocolError(f"{path}: got {len(args)} arguments, needs {needed}")
    values = tuple(_typed(path, a, v) for a, v in zip(expected, args, strict=True))
    return Message(address, number, values)


def _find(path: str, known: Sequence[Address]) -> tuple[Address, int]:
    """Return the address that a path means and its number; raise ProtocolError if none fits."""
    numbered = _NUMBERED.fullmatch(path)
    pattern, number = (f"{numbered[1]}N", int(numbered[2])) if numbered else (path, 0)
    for address in known:
        if address.path == pattern and (numbered or not pattern.endswith("/N")):
            return address, number
    raise UnknownAddressError(path, known)


_NUMBERED = re.compile(r"(/.*/)([0-9]{1,6})", flags=re.ASCII)


def _typed(path: str, argument: Argument, value: object) -> Value:
    """Return a value in its argument's type; raise ProtocolError if it does not fit."""
    if argument.kind == "string":
        if isinstance(value, str):
            return value
    elif isinstance(value, int | float):  # with OSC's T and F, which are True and False
        if argument.kind == "float":
            return float(value)
        # OSC's int32 has this range: a larger number could not be sent back.
        if math.isfinite(value) and value == value // 1 and -(2**31) <= value < 2**31:
            return int(value)
    raise ProtocolError(f"{path}: {argument.name} must be {argument.kind}, got {_shown(value)}")


def _shown(value: object) -> str:
    """Return the type of a value and its start, for an error; a long array takes no time."""
    kind = type(value).__name__
    if isinstance(value, list | bytes):
        return f"{kind} of {len(value)}"
    return f"{kind} {str(value)[:40]!r}"
