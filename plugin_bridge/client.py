"""A controller's side of the protocol: subscribe, send, listen."""

from __future__ import annotations

import socket
from collections.abc import Iterator

from pythonosc.osc_message_builder import OscMessageBuilder
from pythonosc.osc_packet import OscPacket

from plugin_bridge.protocol import LOOPBACK, SUBSCRIBE

TTL_S = 600.0  # a subscription ends by itself; a client that lives longer renews it
Message = tuple[str, list[object]]


class OscClient:
    """One UDP socket, by default subscribed to a server on this machine."""

    def __init__(self, server: tuple[str, int], subscribed: bool = True) -> None:
        self.server = server
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((LOOPBACK, 0))
        if subscribed:
            self.send(SUBSCRIBE.path, int(self.socket.getsockname()[1]), TTL_S)

    def send(self, path: str, *arguments: int | float | str) -> None:
        """Send one message."""
        builder = OscMessageBuilder(path)
        for argument in arguments:
            builder.add_arg(argument)
        self.socket.sendto(builder.build().dgram, self.server)

    def receive(self, quiet_s: float) -> Iterator[Message]:
        """Messages until none has come for ``quiet_s`` seconds."""
        self.socket.settimeout(quiet_s)
        while True:
            try:
                packet = OscPacket(self.socket.recv(65536))
            except TimeoutError:
                return
            for timed in packet.messages:
                yield timed.message.address, list(timed.message.params)

    def close(self) -> None:
        """Give the port back."""
        self.socket.close()
