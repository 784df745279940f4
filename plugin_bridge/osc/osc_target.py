"""Send each parameter to its own OSC address, and receive changes from there."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from plugin_bridge.addresses import shown
from plugin_bridge.osc.socket import OscSocket, number
from plugin_bridge.sync.echo_filter_by_value import EchoFilterByValue
from plugin_bridge.sync.target import Capabilities, ParameterChange, TargetError

FIRST_S = 1.0  # Longest wait for the first answer.
QUIET_S = 0.25  # A pause of so long means that there are no more answers.
ANSWER_S = 3.0  # Longest wait for all answers.


class Wire(Protocol):
    """Convert one parameter between patchwright's values and OSC numbers."""

    @property
    def address(self) -> str:
        """Return the OSC address to send to."""

    @property
    def feedback(self) -> str:
        """Return the OSC address that reports the value; empty if there is none."""

    def encode(self, change: ParameterChange) -> float:
        """Return the number to send; an int is sent as an OSC int."""

    def decode(self, value: float) -> float:
        """Return the native value of a received number."""


@dataclass(frozen=True)
class Linear:
    """Describe a parameter whose OSC number is linear in its native or unit value."""

    address: str
    feedback: str = ""
    low: float = 0.0  # Number at the low end of the range.
    high: float = 1.0  # Number at the high end of the range.
    native: tuple[float, float] = (0.0, 1.0)  # Native values at both ends.
    unit: bool = False  # Send the model's unit value, not the native value.
    whole: bool = False  # Round, and send as an OSC int.

    def encode(self, change: ParameterChange) -> float:
        """Return the number of a change, clipped to the range."""
        first, last = self.native
        at = change.unit if self.unit else (change.native - first) / (last - first)
        value = self.low + min(max(at, 0.0), 1.0) * (self.high - self.low)
        return round(value) if self.whole else value

    def decode(self, value: float) -> float:
        """Return the native value of a number, clipped to the range."""
        first, last = self.native
        at = (value - self.low) / (self.high - self.low)
        return first + min(max(at, 0.0), 1.0) * (last - first)


def checked(socket: OscSocket) -> OscSocket:
    """Return the socket after checking that a program receives on its port.

    Raises:
        TargetError: No program receives there; the socket is then closed.
    """
    try:
        socket.check()
    except BaseException:
        socket.close()
        raise
    return socket


class OscTarget:
    """Send parameters to their OSC addresses, and receive what changes there."""

    def __init__(
        self,
        socket: OscSocket,
        wires: Mapping[str, Wire],
        capabilities: Capabilities,
        listened: Collection[str] | None = None,
        query: Callable[[str], str] | None = None,
        title: str = "OSC",
    ) -> None:
        """Set up the target; it sends nothing now.

        Args:
            socket: Open socket; the target closes it.
            wires: Wire of each parameter by name.
            capabilities: What the target can do.
            listened: Names of the parameters to receive; by default all.
            query: Returns the message that asks for the value at an address; None never asks.
            title: Name of the program, for messages.
        """
        self.socket, self.wires, self.capabilities = socket, wires, capabilities
        self.title = title
        self.turns = EchoFilterByValue()
        watched = wires if listened is None else [name for name in listened if name in wires]
        self._names = {wires[name].feedback: name for name in watched if wires[name].feedback}
        self._queries = [query(wires[name].address) for name in watched] if query else []
        self._moved: dict[str, float] = {}
        self._closed = False

    def __str__(self) -> str:
        return f"{self.title} at {shown(self.socket.host, self.socket.port)}"

    def apply(self, changes: Sequence[ParameterChange]) -> None:
        """Send each change in its own packet.

        Raises:
            TargetError: The target is closed, or no program receives there.
        """
        if self._closed:
            raise TargetError(f"{self}: the target is closed; open it again")
        for change in changes:
            wire = self.wires.get(change.name)
            if wire is None:
                continue
            value = wire.encode(change)
            self.turns.sent(change.name, value)
            self.socket.send(wire.address, value)
            self._moved.pop(change.name, None)  # our change is newer

    def read(self) -> Mapping[str, float]:
        """Ask for all values, and return those that arrive within 3 s, as native values by name."""
        held: dict[str, float] = {}
        for query in self._queries if not self._closed else ():
            self.socket.send(query)
        if self._queries:
            for path, arguments in self.socket.until_quiet(FIRST_S, QUIET_S, ANSWER_S):
                if (name := self._receive(path, arguments)) is not None:
                    held[name] = self.wires[name].decode(number(arguments) or 0.0)
        for name in held:
            self._moved.pop(name, None)  # this answer includes the change
        return held

    def moved(self) -> Mapping[str, float]:
        """Return native values of what changed there since the last call."""
        self._drain()
        moved, self._moved = self._moved, {}
        return moved

    def close(self) -> None:
        """Close the sockets and free their ports."""
        self._closed = True
        self.socket.close()

    def receive_other(self, path: str, arguments: tuple[object, ...]) -> None:
        """Handle a message that is not a parameter's value; does nothing here.

        A target of a program that sends other messages overrides this.
        """

    def _drain(self) -> None:
        """Process all messages that have arrived."""
        for path, arguments in self.socket.received():
            self._receive(path, arguments)

    def _receive(self, path: str, arguments: tuple[object, ...]) -> str | None:
        """Store a change from a message; return the parameter's name, or None if it has none."""
        name, value = self._names.get(path), number(arguments)
        if name is None or value is None:
            self.receive_other(path, arguments)
            return None
        if self.turns.turned(name, value):
            self._moved[name] = self.wires[name].decode(value)
        return name
