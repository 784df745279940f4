"""Control hardware and synths by MIDI controllers, as a target.

MIDI has no message that asks a synth for its values.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

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
from plugin_bridge.midi.ports import (
    MidiInputPort,
    MidiOutputPort,
    is_present,
    open_input,
    open_output,
)
from plugin_bridge.midi.reader import MidiReader, Reading
from plugin_bridge.sync.echo_filter_by_value import EchoFilterByValue
from plugin_bridge.sync.target import Capabilities, ParameterChange, TargetError

WIRE_BYTES_PER_S = 3125.0  # speed of a MIDI cable: 31,250 baud, ten bits per byte
FASTEST_HZ = 60.0
WATCH_S = 0.2  # Time between two checks that the synth is there; a restart takes longer.


class MidiTarget:
    """Send parameters as MIDI controllers; skip a change that gives the same MIDI value."""

    def __init__(
        self,
        midi_map: MidiMap,
        output: MidiOutputPort,
        input_port: MidiInputPort | None,
        capabilities: Capabilities,
        title: str = "MIDI",
    ) -> None:
        """Set up the target; it sends nothing now.

        Args:
            midi_map: Controllers of the parameters.
            output: Port to send to.
            input_port: Port to receive from; None receives nothing.
            capabilities: What the target can do.
            title: Name of the port, for messages.
        """
        self.midi_map, self.capabilities, self.title = midi_map, capabilities, title
        self._output, self._input = output, input_port
        self._names = {(a.kind, a.number): name for name, a in midi_map.assignments.items()}
        self._last: dict[str, int] = {}
        self._moved: dict[str, float] = {}
        self._reader = MidiReader()
        self._turns = EchoFilterByValue(tolerance=0.0, keep_s=1.0)
        self._closed, self._checked = False, time.monotonic()

    def __str__(self) -> str:
        return f"{self.title}, channel {self.midi_map.channel}"

    def apply(self, changes: Sequence[ParameterChange]) -> None:
        """Send the controllers of the changes.

        Raises:
            TargetError: The port is closed or gone.
        """
        if self._closed:
            raise TargetError(f"{self}: the MIDI port is closed; open it again")
        for change in changes:
            one = self.midi_map.assignments.get(change.name)
            if one is None or (value := one.encode(change)) == self._last.get(change.name):
                continue
            self._turns.sent(change.name, value)
            for control, data in control_changes(one, value):
                self._send(control, data)
            self._last[change.name] = value
            self._moved.pop(change.name, None)  # our change is newer

    def read(self) -> Mapping[str, float]:
        """Return nothing: MIDI cannot ask a synth for its values."""
        return {}

    def moved(self) -> Mapping[str, float]:
        """Return native values of what the user turned on the synth since the last call.

        Raises:
            TargetError: The synth has gone, for example because it restarts.
        """
        self._check_presence()
        if self._input is not None and not self._closed:
            for message in _pending(self._input):
                if message.type == "control_change" and message.channel == self._channel:
                    self._receive(self._reader.feed(message.control, message.value))
            self._receive(self._reader.settle())
        moved, self._moved = self._moved, {}
        return moved

    def close(self) -> None:
        """Close the ports."""
        if not self._closed:
            self._closed = True
            for port in (self._output, self._input):
                if port is not None:
                    _close(port)

    def _check_presence(self) -> None:
        """Raise TargetError if the synth's port has gone; check a few times a second."""
        now = time.monotonic()
        if self._closed or now - self._checked < WATCH_S:
            return
        self._checked = now
        if not all(is_present(port) for port in (self._output, self._input) if port is not None):
            raise TargetError(f"{self}: the MIDI port has gone; start the synth or plug it in")

    @property
    def _channel(self) -> int:
        return self.midi_map.channel - 1  # channels on the wire count from 0

    def _send(self, control: int, value: int) -> None:
        """Send one control change; raise TargetError if the port is gone."""
        message = mido.Message(
            "control_change", channel=self._channel, control=control, value=value
        )
        try:
            self._output.send(message)
        except Exception as error:  # each backend raises different errors
            raise TargetError(
                f"{self}: the MIDI port is gone ({error}); plug it in and open it again"
            ) from error

    def _receive(self, readings: Iterator[Reading]) -> None:
        """Store the changes in readings, except echoes of our own."""
        for reading in readings:
            name = self._names.get((reading.kind, reading.number))
            value = None if name is None else self._value(name, reading)
            if name is not None and value is not None:
                self._moved[name] = self.midi_map.assignments[name].decode(value)
                self._last[name] = value

    def _value(self, name: str, reading: Reading) -> int | None:
        """Return the MIDI value of a reading; None for an echo of our own value.

        A step counts from the last value that either side sent; without one it has no meaning.
        """
        if not reading.relative:
            return reading.value if self._turns.turned(name, reading.value) else None
        last = self._last.get(name)
        if last is None:
            return None
        return self.midi_map.assignments[name].stepped(last, reading.value)


def control_changes(one: Assignment, value: int) -> list[tuple[int, int]]:
    """Return the (control, value) pairs of a value, in the order of MIDI 1.0."""
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
    """Open a synth at a MIDI port for a model's parameters.

    Give each port by its full name, or by a part that only one port's name has.

    Args:
        names: Parameter names of the model.
        mapping: Map, name of a shipped map, or path of a map file.
        output: Port to send to.
        input_port: Port to receive from; if empty, the target receives nothing.

    Returns:
        The target.

    Raises:
        TargetError: A port or the map is missing; the message lists those that exist.
    """
    midi_map = mapping if isinstance(mapping, MidiMap) else read_midi_map(mapping)
    sender = open_output(output)
    try:
        receiver = open_input(input_port) if input_port else None
    except BaseException:
        sender.close()
        raise
    known = capabilities_of(midi_map, names, receiver is not None)
    return MidiTarget(midi_map, sender, receiver, known, f"MIDI port {output}")


def capabilities_of(midi_map: MidiMap, names: Sequence[str], listens: bool) -> Capabilities:
    """Return which parameters of a model a map can set, and how often.

    The rate is what a MIDI cable carries when every parameter changes, and at most 60 Hz.

    Args:
        midi_map: Controllers of the parameters.
        names: Parameter names of the model.
        listens: True if the target receives from the synth.

    Returns:
        The capabilities, with advice if parameters are missing.
    """
    missing = tuple(name for name in names if name not in midi_map.assignments)
    advice = (
        f"no controller is assigned to {', '.join(missing)}: run `patchwright bridge learn`, or "
        "add them to the map"
    )
    return Capabilities(
        reads=False,
        listens=listens,
        pace_hz=min(FASTEST_HZ, WIRE_BYTES_PER_S / max(midi_map.bytes, 1)),
        missing=missing,
        advice=advice if missing else "",
    )


def _pending(port: MidiInputPort) -> list[Any]:
    """Return the messages that have arrived; empty if the port is unplugged."""
    try:
        return list(port.iter_pending())
    except Exception:  # unplugged: each backend raises different errors
        return []


def _close(port: MidiOutputPort | MidiInputPort) -> None:
    """Close a port, even if it is unplugged."""
    try:
        port.close()
    except Exception:  # the port was unplugged
        return
