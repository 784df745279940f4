"""Senders, subscribers, and where answers go."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from datasets.errors import ServeError
from server.updates.outbox import Items, Outbox

SUBSCRIBERS = 32  # each is sent every change: more would be an amplifier
LONGEST_TTL_S = 24 * 3600.0
FASTEST_HZ = 1000.0


class Sender(NamedTuple):
    """Where packets come from, and answers go."""

    ip: str
    port: int
    way: str = "udp"  # or "websocket": then the port is TCP's

    @property
    def is_here(self) -> bool:
        """Whether it is on this machine."""
        return ipaddress.ip_address(self.ip).is_loopback


class PacketOutbox(Protocol):
    """Takes packets for one listener; a newer one of a kind may replace one that waits."""

    def put(self, items: Items[bytes]) -> None: ...


class Subscribers:
    """Subscribers by where they listen, and connections that are answered where they are."""

    def __init__(self, send: Callable[[Sequence[bytes], Sender], None]) -> None:
        """``send`` sends packets to where a sender listens."""
        self._send = send
        self._subscribers: dict[Sender, tuple[float, Outbox[bytes]]] = {}  # end, monotonic time
        self._homes: dict[Sender, Sender] = {}  # where a subscription came from -> where it goes
        self._connections: dict[Sender, PacketOutbox] = {}

    def subscribe(self, sender: Sender, port: int, ttl_s: float, pace_hz: float) -> None:
        """Tell a port of the sender's machine every change for a while; 0 s ends it.

        The one that was not renewed for longest gives way when there are too many. Raises
        ServeError for a value that is out of range.
        """
        for name, value, least, most in (
            ("port", port, 1, 65535),
            ("ttl_s", ttl_s, 0, LONGEST_TTL_S),
            ("pace_hz", pace_hz, 0, FASTEST_HZ),
        ):
            if not least <= value <= most:
                raise ServeError(f"subscribe: {name} {value} is outside {least}..{most:g}")
        home = Sender(sender.ip, port)
        alive = self.subscribed
        if home not in alive and len(alive) >= SUBSCRIBERS:
            self._forget(next(iter(alive)))
        self._forget(home)  # the one renewed last stands last
        box = Outbox[bytes](lambda packets: self._send(packets, home), pace_hz)
        self._subscribers[home] = (time.monotonic() + ttl_s, box)
        # Senders whose subscription is over are forgotten here, so the dict cannot grow.
        alive = self.subscribed
        self._homes = {s: h for s, h in self._homes.items() if h in alive}
        if ttl_s > 0:
            self._homes[sender] = home

    def connect(self, sender: Sender, box: PacketOutbox) -> None:
        """Answer a sender into this box until ``disconnect``."""
        self._connections[sender] = box

    def disconnect(self, sender: Sender) -> None:
        """Its connection is closed."""
        self._connections.pop(sender, None)

    @property
    def subscribed(self) -> dict[Sender, Outbox[bytes]]:
        """Who is told of changes now."""
        now = time.monotonic()
        for home in [home for home, (end, _) in self._subscribers.items() if end <= now]:
            self._forget(home)
        return {home: box for home, (_, box) in self._subscribers.items()}

    def _forget(self, home: Sender) -> None:
        if home in self._subscribers:
            self._subscribers.pop(home)[1].close()

    def home_of(self, sender: object) -> Sender | None:
        """Where a sender is subscribed to listen."""
        return self._homes.get(sender) if isinstance(sender, Sender) else None

    def answering(self, sender: Sender) -> list[PacketOutbox]:
        """A sender's own connection or subscription, else those of its machine, else itself."""
        if sender in self._connections:
            return [self._connections[sender]]
        alive, home = self.subscribed, self.home_of(sender)
        if home is not None and home in alive:
            return [alive[home]]
        near = [box for there, box in alive.items() if there.ip == sender.ip]
        return list(near) or [Outbox[bytes](lambda packets: self._send(packets, sender))]
