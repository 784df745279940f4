"""Keep the subscribers, and find where replies go."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from datasets.errors import ServeError
from plugin_bridge.addresses import is_loopback
from server.updates.outbox import Items, Outbox

SUBSCRIBERS = 32  # every change goes to each: more would allow attacks by amplification
LONGEST_TTL_S = 24 * 3600.0
FASTEST_HZ = 1000.0


@dataclass(frozen=True)
class Sender:
    """Identify the client that sent a packet."""

    ip: str
    port: int
    way: str = "udp"  # or "websocket": then the port is a TCP port
    # The address of this machine that the client sent to, from which answers leave; empty: any.
    local: str = field(default="", compare=False)

    @property
    def is_here(self) -> bool:
        """Return whether the client runs on this machine."""
        return is_loopback(self.ip)


class PacketOutbox(Protocol):
    """Accept packets for one client; a newer one may replace a waiting one of the same kind."""

    def put(self, items: Items[bytes]) -> None:
        """Add packets, each with its kind."""


class Subscribers:
    """Hold the subscribers by their address, and the open connections."""

    def __init__(self, send: Callable[[Sequence[bytes], Sender], None]) -> None:
        """Set the function that sends packets to a client."""
        self._send = send
        self._subscribers: dict[Sender, tuple[float, Outbox[bytes]]] = {}  # end in monotonic time
        self._homes: dict[Sender, Sender] = {}  # sender of a subscription -> its address
        self._connections: dict[Sender, PacketOutbox] = {}

    def subscribe(self, sender: Sender, port: int, ttl_s: float, pace_hz: float) -> None:
        """Send every change to a port of the sender's machine for some time.

        With too many subscribers, the one that did not renew for the longest time is removed.

        Args:
            sender: The client that subscribes.
            port: UDP port that receives the changes, 1..65535.
            ttl_s: Duration in seconds, at most 24 h; 0 ends the subscription.
            pace_hz: Largest number of updates a second, 0..1000; 0 sends every change.

        Raises:
            ServeError: A value is out of range.
        """
        for name, value, least, most in (
            ("port", port, 1, 65535),
            ("ttl_s", ttl_s, 0, LONGEST_TTL_S),
            ("pace_hz", pace_hz, 0, FASTEST_HZ),
        ):
            if not least <= value <= most:
                raise ServeError(f"subscribe: {name} {value}: must be {least} to {most:g}")
        home = Sender(sender.ip, port, local=sender.local)
        alive = self.subscribed
        if home not in alive and len(alive) >= SUBSCRIBERS:
            self._forget(next(iter(alive)))
        self._forget(home)  # the most recently renewed subscription is the last of the dict
        box = Outbox[bytes](lambda packets: self._send(packets, home), pace_hz)
        self._subscribers[home] = (time.monotonic() + ttl_s, box)
        # Remove senders whose subscription has ended: otherwise the dict would grow.
        alive = self.subscribed
        self._homes = {s: h for s, h in self._homes.items() if h in alive}
        if ttl_s > 0:
            self._homes[sender] = home

    def connect(self, sender: Sender, box: PacketOutbox) -> None:
        """Send all replies for a sender to this outbox, until ``disconnect``."""
        self._connections[sender] = box

    def disconnect(self, sender: Sender) -> None:
        """Remove a sender whose connection has closed."""
        self._connections.pop(sender, None)

    @property
    def subscribed(self) -> dict[Sender, Outbox[bytes]]:
        """Return the outbox of every current subscriber."""
        now = time.monotonic()
        for home in [home for home, (end, _) in self._subscribers.items() if end <= now]:
            self._forget(home)
        return {home: box for home, (_, box) in self._subscribers.items()}

    def _forget(self, home: Sender) -> None:
        """End a subscription."""
        if home in self._subscribers:
            self._subscribers.pop(home)[1].close()

    def home_of(self, sender: object) -> Sender | None:
        """Return the address to which a sender has subscribed, or None."""
        return self._homes.get(sender) if isinstance(sender, Sender) else None

    def answering(self, sender: Sender) -> list[PacketOutbox]:
        """Return where replies to a sender go.

        They go to the sender's connection or subscription. Without one, they go to all
        subscriptions of its machine, or back to the sender.
        """
        if sender in self._connections:
            return [self._connections[sender]]
        alive, home = self.subscribed, self.home_of(sender)
        if home is not None and home in alive:
            return [alive[home]]
        near = [box for there, box in alive.items() if there.ip == sender.ip]
        return list(near) or [Outbox[bytes](lambda packets: self._send(packets, sender))]
