"""Synths and hardware that are set by MIDI controllers, as a target.

Ports are mido's, over python-rtmidi: ALSA or JACK on Linux, CoreMIDI, Windows MM. rtmidi is
imported when a port is looked for, not before. A synth cannot be asked over MIDI what it holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import mido

from plugin_bridge.midi.map import (
    DATA,
    DATA_FINE,
    FINE,
    NRPN_LSB,
    NRPN_MSB,
    Assignment,
    MidiMap,
    read_midi_map,
)
from plugin_bridge.midi.reader import MidiReader, Reading
from plugin_bridge.sync.echo_filter_by_value import EchoFilterByValue
from plugin_bridge.sync.target import Capabilities, ParameterChange, TargetError

WIRE_BYTES_PER_S = 3125.0  # 31,250 baud, ten bits a byte: what a MIDI cable carries
FASTEST_HZ = 60.0
RTMIDI = "mido.backends.rtmidi"
ALSA_SEQUENCER = Path("/dev/snd/seq")


class MidiOutputPort(Protocol):
    """A mido port to send to."""

    def send(self, message: Any) -> None:  # noqa: ANN401  mido is untyped
        """Send one message."""

    def close(self) -> None:
        """Give the port back."""


class MidiInputPort(Protocol):
    """A mido port to hear on."""

    def iter_pending(self) -> Iterator[Any]:
        """Messages that have come; never waits."""

    def close(self) -> None:
        """Give the port back."""


class MidiTarget:
    """Parameters by their controllers; a change that ends on the same MIDI value is not sent."""

    def __init__(
        self,
        midi_map: MidiMap,
        output: MidiOutputPort,
        input_port: MidiInputPort | None,
        capabilities: Capabilities,
        title: str = "MIDI",
    ) -> None:
        self.midi_map, self.capabilities, self.title = midi_map, capabilities, title
        self._output, self._input = output, input_port
        self._names = {(a.kind, a.number): name for name, a in midi_map.assignments.items()}
        self._last: dict[str, int] = {}
        self._moved: dict[str, float] = {}
        self._reader = MidiReader()
        self._turns = EchoFilterByValue(tolerance=0.0, keep_s=1.0)
        self._closed = False

    def __str__(self) -> str:
        return f"{self.title}, channel {self.midi_map.channel}"

    def apply(self, changes: Sequence[ParameterChange]) -> None:
        """Send the controllers of what changed; TargetError when the port is gone."""
        if self._closed:
            raise TargetError("the MIDI port is closed: open it again")
        for change in changes:
            one = self.midi_map.assignments.get(change.name)
            if one is None or (value := one.encode(change)) == self._last.get(change.name):
                continue
            self._turns.sent(change.name, value)
            for control, data in control_changes(one, value):
                self._send(control, data)
            self._last[change.name] = value
            self._moved.pop(change.name, None)  # the newer word is ours

    def read(self) -> Mapping[str, float]:
        """Nothing: MIDI has no way to ask for a controller."""
        return {}

    def moved(self) -> Mapping[str, float]:
        """What was turned there since the last call."""
        if self._input is not None and not self._closed:
            for message in _pending(self._input):
                if message.type == "control_change" and message.channel == self._channel:
                    self._heard(self._reader.feed(message.control, message.value))
            self._heard(self._reader.settle())
        moved, self._moved = self._moved, {}
        return moved

    def close(self) -> None:
        """Give the ports back."""
        if not self._closed:
            self._closed = True
            for port in (self._output, self._input):
                if port is not None:
                    _close(port)

    @property
    def _channel(self) -> int:
        return self.midi_map.channel - 1  # MIDI counts from 0 on the wire

    def _send(self, control: int, value: int) -> None:
        message = mido.Message(
            "control_change", channel=self._channel, control=control, value=value
        )
        try:
            self._output.send(message)
        except Exception as error:  # every backend raises errors of its own
            raise TargetError(
                f"the MIDI port is gone ({error}): plug it in, open it again"
            ) from error

    def _heard(self, readings: Iterator[Reading]) -> None:
        for kind, number, value in readings:
            name = self._names.get((kind, number))
            if name is not None and self._turns.turned(name, value):
                self._moved[name] = self.midi_map.assignments[name].decode(value)
                self._last[name] = value


def control_changes(one: Assignment, value: int) -> list[tuple[int, int]]:
    """The (control, value) pairs that carry a value, in the order that MIDI 1.0 asks for."""
    if one.kind == "cc":
        return [(one.number, value)]
    if one.kind == "cc14":
        return [(one.number, value >> 7), (one.number + FINE, value & 127)]
    chosen = [(NRPN_MSB, one.number >> 7), (NRPN_LSB, one.number & 127)]
    if one.kind == "nrpn7":
        return [*chosen, (DATA, value)]
    return [*chosen, (DATA, value >> 7), (DATA_FINE, value & 127)]


def open_midi(
    names: Sequence[str],
    mapping: str | Path | MidiMap,
    output: str,
    input_port: str = "",
) -> MidiTarget:
    """A synth behind a MIDI port, for a model's parameters.

    Ports go by their names or a part of them that only one port has; without ``input_port``
    nothing is heard. TargetError when a port or the map is not there, with the names that are.
    """
    midi_map = mapping if isinstance(mapping, MidiMap) else read_midi_map(mapping)
    sends = open_output(output)
    try:
        hears = open_input(input_port) if input_port else None
    except BaseException:
        sends.close()
        raise
    known = capabilities_of(midi_map, names, hears is not None)
    return MidiTarget(midi_map, sends, hears, known, f"MIDI port {output}")


def capabilities_of(midi_map: MidiMap, names: Sequence[str], listens: bool) -> Capabilities:
    """What a map reaches of a model, at the pace of a MIDI cable when all of it changes."""
    missing = tuple(name for name in names if name not in midi_map.assignments)
    advice = (
        f"no controller is assigned to {', '.join(missing)}: learn them, or add them to the map"
    )
    return Capabilities(
        reads=False,
        listens=listens,
        pace_hz=min(FASTEST_HZ, WIRE_BYTES_PER_S / max(midi_map.bytes, 1)),
        missing=missing,
        advice=advice if missing else "",
    )


def open_output(name: str) -> MidiOutputPort:
    """A port to send to, by its name or a part of it."""
    backend, full = _port(name, "get_output_names")
    port: MidiOutputPort = backend.open_output(full)
    return port


def open_input(name: str) -> MidiInputPort:
    """A port to hear on, by its name or a part of it."""
    backend, full = _port(name, "get_input_names")
    port: MidiInputPort = backend.open_input(full)
    return port


def midi_ports() -> tuple[list[str], list[str]]:
    """Names of the ports that can be sent to, and of those that can be heard."""
    names = [_names(kind) for kind in ("get_output_names", "get_input_names")]
    return [n for _, n in names[0]], [n for _, n in names[1]]


def _port(name: str, kind: str) -> tuple[Any, str]:
    found = _names(kind)
    exact = [one for one in found if one[1] == name]
    matching = exact or [one for one in found if name in one[1]]
    if len(matching) == 1 or exact:
        return matching[0]
    there = ", ".join(full for _, full in found) or "none"
    problem = "is in the names of several ports" if matching else "is no MIDI port's name"
    raise TargetError(f"{name!r} {problem}; there are: {there}")


def _names(kind: str) -> list[tuple[Any, str]]:
    """Every port's backend and name, of every system that rtmidi speaks to here."""
    found: list[tuple[Any, str]] = []
    for backend in _backends():
        try:
            found += [(backend, name) for name in getattr(backend, kind)()]
        except Exception:  # ALSA without a sequencer, JACK without a server: nothing is there
            continue
    return found


def _backends() -> list[Any]:
    try:
        import rtmidi
    except ImportError as error:
        raise TargetError(
            f"python-rtmidi cannot be loaded ({error}): install it for MIDI"
        ) from error
    names = {
        rtmidi.API_LINUX_ALSA: "LINUX_ALSA",
        rtmidi.API_UNIX_JACK: "UNIX_JACK",
        rtmidi.API_MACOSX_CORE: "MACOSX_CORE",
        rtmidi.API_WINDOWS_MM: "WINDOWS_MM",
    }
    apis = [names[api] for api in rtmidi.get_compiled_api() if api in names]
    if not ALSA_SEQUENCER.exists() and "LINUX_ALSA" in apis:
        apis.remove("LINUX_ALSA")  # rtmidi would print that it is not there, for every port
    return [mido.Backend(f"{RTMIDI}/{api}") for api in apis]


def _pending(port: MidiInputPort) -> list[Any]:
    try:
        return list(port.iter_pending())
    except Exception:  # unplugged: every backend raises errors of its own
        return []


def _close(port: MidiOutputPort | MidiInputPort) -> None:
    try:
        port.close()
    except Exception:  # unplugged meanwhile
        return
