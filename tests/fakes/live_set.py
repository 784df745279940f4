"""A simulated Live on free ports, a server's side of the wire, and a clock that is set by hand."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from pythonosc.osc_packet import OscPacket

from plugin_bridge.ableton.abletonosc_client import LiveAddress
from plugin_bridge.ableton.simulated_live import SimulatedDevice, SimulatedLive
from plugin_bridge.protocol import LOOPBACK, PARAMETER, SUBSCRIBE
from plugin_bridge.sync.target import ParameterChange
from server.demo import free_port
from server.osc.messages import bundled, encode

FAST_S = 0.005  # a tick for tests that wait for answers


class Clock:
    """Seconds, as they are set."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@contextmanager
def live_set(*devices: SimulatedDevice, tick_s: float = FAST_S) -> Iterator[SimulatedLive]:
    """A set with these devices on its second track, playing."""
    at = LiveAddress(LOOPBACK, 0, free_port(socket.SOCK_DGRAM))
    live = SimulatedLive({"Drums": [], "Lead": list(devices)}, at, tick_s).start()
    try:
        yield live
    finally:
        live.close()


class Wire:
    """What a server says and hears, without a server behind it."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((LOOPBACK, 0))
        self._socket.setblocking(False)
        self.address: tuple[str, int] = self._socket.getsockname()
        self._home: tuple[str, int] | None = None

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def heard(self) -> list[tuple[str, list[object]]]:
        """What was sent to the server since the last call, subscriptions left out."""
        heard: list[tuple[str, list[object]]] = []
        while True:
            try:
                packet = self._socket.recv(65536)
            except BlockingIOError:
                return heard
            for timed in OscPacket(packet).messages:
                path, args = timed.message.address, list(timed.message.params)
                if path == SUBSCRIBE.path:
                    self._home = (LOOPBACK, int(str(args[0])))
                else:
                    heard.append((path, args))

    def heard_only_greetings(self) -> None:
        """Fails when anything but a subscription was sent to the server."""
        assert self.heard() == []

    def tell(self, changes: Sequence[ParameterChange]) -> None:
        """Say parameters to the subscriber, as the server does."""
        packets = [
            encode(PARAMETER.path, PARAMETER, (c.name, c.unit, c.native, c.text, c.steps))
            for c in changes
        ]
        for packet in bundled(packets):
            self.say(packet)

    def say(self, packet: bytes) -> None:
        """Send the subscriber a packet."""
        assert self._home is not None, "nobody has subscribed"
        self._socket.sendto(packet, self._home)
