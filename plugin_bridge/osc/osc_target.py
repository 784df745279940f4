"""A target with one OSC address for each parameter, in both directions."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from plugin_bridge.osc.socket import OscSocket, number
from plugin_bridge.sync.echo_filter_by_value import EchoFilterByValue
from plugin_bridge.sync.target import Capabilities, ParameterChange, TargetError

FIRST_S = 1.0  # the longest until the first answer
QUIET_S = 0.25  # none for so long: there are no more
ANSWER_S = 3.0  # the longest that all of them may take


class Wire(Protocol):
    """How one parameter goes over the wire."""

    @property
    def address(self) -> str:
        """Where it is sent."""

    @property
    def feedback(self) -> str:
        """Where its value is heard; empty where it never is."""

    def encode(self, change: ParameterChange) -> float:
        """The number that is sent; an int goes as an OSC int."""

    def decode(self, value: float) -> float:
        """The native value of a number that was heard."""


@dataclass(frozen=True)
class Linear:
    """A parameter whose number is linear in its native value, or in its unit value."""

    address: str
    feedback: str = ""
    low: float = 0.0  # sent at 0 of the range
    high: float = 1.0  # sent at 1 of the range
    native: tuple[float, float] = (0.0, 1.0)  # native values at those ends
    unit: bool = False  # the model's unit value is sent, not the native one
    whole: bool = False  # rounded, and sent as an OSC int

    def encode(self, change: ParameterChange) -> float:
        first, last = self.native
        at = change.unit if self.unit else (change.native - first) / (last - first)
        value = self.low + min(max(at, 0.0), 1.0) * (self.high - self.low)
        return round(value) if self.whole else value

    def decode(self, value: float) -> float:
        first, last = self.native
        at = (value - self.low) / (self.high - self.low)
        return first + min(max(at, 0.0), 1.0) * (last - first)


def checked(socket: OscSocket) -> OscSocket:
    """The same socket, once something takes what it sends; else it is closed (TargetError)."""
    try:
        socket.check()
    except BaseException:
        socket.close()
        raise
    return socket


class OscTarget:
    """Parameters by their addresses, those of ``listened`` (all when left out) also heard.

    ``query`` gives the message that asks for the value at an address.
    """

    def __init__(
        self,
        socket: OscSocket,
        wires: Mapping[str, Wire],
        capabilities: Capabilities,
        listened: Collection[str] | None = None,
        query: Callable[[str], str] | None = None,
        title: str = "OSC",
    ) -> None:
        self.socket, self.wires, self.capabilities = socket, wires, capabilities
        self.title = title
        self.turns = EchoFilterByValue()
        heard = wires if listened is None else [name for name in listened if name in wires]
        self._names = {wires[name].feedback: name for name in heard if wires[name].feedback}
        self._queries = [query(wires[name].address) for name in heard] if query else []
        self._moved: dict[str, float] = {}
        self._closed = False

    def __str__(self) -> str:
        return f"{self.title} at {self.socket.host}:{self.socket.port}"

    def apply(self, changes: Sequence[ParameterChange]) -> None:
        """Send each change in a packet of its own; TargetError when nothing listens there."""
        if self._closed:
            raise TargetError("the target is closed: open it again")
        for change in changes:
            wire = self.wires.get(change.name)
            if wire is None:
                continue
            value = wire.encode(change)
            self.turns.sent(change.name, value)
            self.socket.send(wire.address, value)
            self._moved.pop(change.name, None)  # the newer word is ours

    def read(self) -> Mapping[str, float]:
        """What it answers within a few seconds; what does not answer is left out."""
        held: dict[str, float] = {}
        for query in self._queries if not self._closed else ():
            self.socket.send(query)
        if self._queries:
            for path, arguments in self.socket.until_quiet(FIRST_S, QUIET_S, ANSWER_S):
                if (name := self._heard(path, arguments)) is not None:
                    held[name] = self.wires[name].decode(number(arguments) or 0.0)
        for name in held:
            self._moved.pop(name, None)  # told by this answer
        return held

    def moved(self) -> Mapping[str, float]:
        """What was turned there since the last call."""
        self._drain()
        moved, self._moved = self._moved, {}
        return moved

    def close(self) -> None:
        """Give the ports back."""
        self._closed = True
        self.socket.close()

    def heard_otherwise(self, path: str, arguments: tuple[object, ...]) -> None:
        """A message that is no parameter's value; a host that says more overrides this."""

    def _drain(self) -> None:
        for path, arguments in self.socket.received():
            self._heard(path, arguments)

    def _heard(self, path: str, arguments: tuple[object, ...]) -> str | None:
        """The name of the parameter that a message is about; what was turned is kept."""
        name, value = self._names.get(path), number(arguments)
        if name is None or value is None:
            self.heard_otherwise(path, arguments)
            return None
        if self.turns.turned(name, value):
            self._moved[name] = self.wires[name].decode(value)
        return name
