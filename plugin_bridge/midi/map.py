"""Read and write MIDI maps: they say which controller sets which parameter, in TOML.

    channel = 1                                        # 1..16
    [parameters]
    cutoff    = { cc = 74 }                            # 7 bits
    resonance = { cc14 = 20 }                          # 14 bits: CC 20 and, finer, CC 52

    attack    = { nrpn = 260, range = [0, 1023] }      # 14 bits; parameter MSB * 128 + LSB
    drive     = { nrpn7 = 261, native = [0.0, 2.0] }   # NRPN by data entry MSB only
    waveform  = { cc = 70, values = [0, 32, 64, 96] }  # from the synth's manual, one per step

``range`` holds the values at both ends of ``native`` (0..1 by default). It may be descending.

The controller numbers follow the MIDI 1.0 specification. 99 and 98 select an NRPN, and 6 and 38
set its value. A controller below 32 has its finer half at its number + 32. 120 to 127 are channel
mode messages.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from datasets.atomic_write import replace_file
from plugin_bridge.sync.parameter_maps import numbers, only_keys, read_map
from plugin_bridge.sync.target import ParameterChange, TargetError

Kind = Literal["cc", "cc14", "nrpn", "nrpn7"]
DATA, DATA_FINE, DATA_INCREMENT, DATA_DECREMENT = 6, 38, 96, 97
NRPN_LSB, NRPN_MSB, RPN_LSB, RPN_MSB = 98, 99, 100, 101
NRPN_CARRIERS = (DATA, DATA_FINE, DATA_INCREMENT, DATA_DECREMENT, NRPN_LSB, NRPN_MSB)
FINE = 32  # distance from a controller to its finer half
EVEN = 1e-3  # native values so close to i / (steps - 1) are the synth's steps


@dataclass(frozen=True)
class Form:
    """Describe the limits of one kind of controller."""

    highest_number: int
    highest_value: int
    bytes: int  # bytes on the wire for one value


FORMS: Mapping[str, Form] = {
    "cc": Form(119, 127, 3),
    "cc14": Form(31, 16383, 6),
    "nrpn": Form(16383, 16383, 12),
    "nrpn7": Form(16383, 127, 9),
}


@dataclass(frozen=True)
class Assignment:
    """Describe one parameter's controller and the values it sends."""

    kind: Kind
    number: int
    range: tuple[float, float] = (0.0, -1.0)  # (0, -1): all values of the kind
    native: tuple[float, float] = (0.0, 1.0)
    values: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        """Check the number and the values; raise TargetError if MIDI does not allow them."""
        form = FORMS[self.kind]
        if not 0 <= self.number <= form.highest_number:
            raise TargetError(f"{self.kind} must be 0..{form.highest_number}, got {self.number}")
        if self.range == (0.0, -1.0):
            object.__setattr__(self, "range", (0.0, float(form.highest_value)))
        for value in (*self.range, *self.values):
            if not 0 <= value <= form.highest_value or value != int(value):
                raise TargetError(
                    f"{self.kind} sends whole values 0..{form.highest_value}, got {value}"
                )

    def encode(self, change: ParameterChange) -> int:
        """Return the MIDI value of a change."""
        if self.values:
            place = round(min(max(change.unit, 0.0), 1.0) * (len(self.values) - 1))
            return self.values[place]
        first, last = self.native
        at = min(max((change.native - first) / (last - first), 0.0), 1.0)
        step = round(at * (change.steps - 1))
        if change.steps > 1 and abs(at - step / (change.steps - 1)) < EVEN:
            return self._inside(step, change.steps)
        return round(self.range[0] + at * (self.range[1] - self.range[0]))

    def decode(self, value: int) -> float:
        """Return the native value of a MIDI value; for a step, close enough to round to it."""
        if self.values:
            nearest = min(range(len(self.values)), key=lambda i: abs(self.values[i] - value))
            at = nearest / max(len(self.values) - 1, 1)
        else:
            at = (value - self.range[0]) / (self.range[1] - self.range[0])
        return self.native[0] + min(max(at, 0.0), 1.0) * (self.native[1] - self.native[0])

    def stepped(self, value: int, step: int) -> int:
        """Return a MIDI value moved by a step, within what the controller sends."""
        sent = self.values or tuple(int(end) for end in self.range)
        return min(max(value + step, min(sent)), max(sent))

    def _inside(self, step: int, steps: int) -> int:
        """Return a MIDI value in the middle of a step.

        Some synths round to the nearest step, so their first and last steps are half as wide.
        Others give every step an equal share of the range. The returned value means ``step`` to
        both.
        """
        low = max((step - 0.5) / (steps - 1), step / steps, 0.0)
        high = min((step + 0.5) / (steps - 1), (step + 1) / steps, 1.0)
        first, last = self.range
        return round(first + (low + high) / 2 * (last - first))


@dataclass(frozen=True)
class MidiMap:
    """Hold a channel (1..16) and each parameter's controller; each may be used only once."""

    channel: int
    assignments: Mapping[str, Assignment] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raise TargetError for a wrong channel, or a controller that is used twice."""
        if type(self.channel) is not int or not 1 <= self.channel <= 16:
            raise TargetError(f"channel must be 1..16, got {self.channel!r}")
        owners: dict[tuple[str, int], str] = {}
        for name, one in self.assignments.items():
            for used in controllers(one):
                if used in owners and owners[used] != name:
                    raise TargetError(
                        f"{owners[used]!r} and {name!r} both use {used[0]} {used[1]}: give one "
                        "of them another controller"
                    )
                owners[used] = name
        if any(one.kind in ("nrpn", "nrpn7") for one in self.assignments.values()):
            for number in NRPN_CARRIERS:
                if ("cc", number) in owners:
                    raise TargetError(
                        f"{owners['cc', number]!r} uses cc {number}, which carries this map's "
                        "NRPNs: give it another cc"
                    )

    @property
    def bytes(self) -> int:
        """Return the number of bytes on the wire when every parameter is sent."""
        return sum(FORMS[one.kind].bytes for one in self.assignments.values())


def controllers(one: Assignment) -> list[tuple[str, int]]:
    """Return the controllers that an assignment uses: ("cc" or "nrpn", number)."""
    if one.kind in ("nrpn", "nrpn7"):
        return [("nrpn", one.number)]
    fine = [("cc", one.number + FINE)] if one.kind == "cc14" else []
    return [("cc", one.number), *fine]


def read_midi_map(name_or_path: str | Path) -> MidiMap:
    """Return a shipped map by its name (``amsynth``), or the map in a file.

    Raises:
        TargetError: The map is missing or wrong; the message names the entry and the problem.
    """
    data = read_map(name_or_path)
    assignments = dict[str, Assignment]()
    for name, entry in data["parameters"].items():
        try:
            assignments[name] = _assignment(entry)
        except TargetError as error:
            raise TargetError(f"{name_or_path}: {name!r}: {error}") from error
    try:
        only_keys(data, ("channel", "parameters"))
        return MidiMap(data.get("channel", 1), assignments)
    except TargetError as error:
        raise TargetError(f"{name_or_path}: {error}") from error


def write_midi_map(path: Path, midi_map: MidiMap) -> None:
    """Write a map that ``read_midi_map`` reads back equal; it replaces an old file."""
    lines = [f"channel = {midi_map.channel}", "", "[parameters]"]
    lines += [f"{_quoted(n)} = {_table(one)}" for n, one in midi_map.assignments.items()]
    replace_file(path, ("\n".join(lines) + "\n").encode())


def _assignment(entry: Mapping[str, Any]) -> Assignment:
    """Return the assignment of one entry; raise TargetError if a key or a value is wrong."""
    only_keys(entry, (*FORMS, "range", "native", "values"))
    kinds = [kind for kind in FORMS if kind in entry]
    if len(kinds) != 1:
        raise TargetError(f"{kinds or 'no controller'}: give exactly one of {', '.join(FORMS)}")
    number, values = entry[kinds[0]], entry.get("values", [])
    if type(number) is not int:
        raise TargetError(f"{kinds[0]} must be a whole number, got {number!r}")
    if not isinstance(values, list) or not all(type(v) is int for v in values):
        raise TargetError(f"values must be whole numbers, one per step, got {values!r}")
    kind: Any = kinds[0]
    ends = numbers(entry, "range", (0.0, -1.0))
    return Assignment(kind, number, ends, numbers(entry, "native", (0.0, 1.0)), tuple(values))


def _table(one: Assignment) -> str:
    """Return an assignment as an inline TOML table."""
    parts = [f"{one.kind} = {one.number}"]
    if one.range != (0.0, float(FORMS[one.kind].highest_value)):
        parts.append(f"range = [{int(one.range[0])}, {int(one.range[1])}]")
    if one.native != (0.0, 1.0):
        parts.append(f"native = [{one.native[0]!r}, {one.native[1]!r}]")
    if one.values:
        parts.append(f"values = {list(one.values)}")
    return "{ " + ", ".join(parts) + " }"


def _quoted(name: str) -> str:
    # JSON and TOML use the same escapes, except that only TOML escapes the delete character.
    """Return a name as a quoted TOML key."""
    return json.dumps(name, ensure_ascii=False).replace("\x7f", "\\u007f")
