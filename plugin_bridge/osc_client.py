"""An OSC client of the server: subscribe, send and receive."""

from __future__ import annotations

import ipaddress
import select
import socket
from collections.abc import Iterator

from pythonosc.osc_message_builder import OscMessageBuilder

from plugin_bridge.osc_datagram import PACKET_BYTES, decode
from plugin_bridge.protocol import LOOPBACK, SUBSCRIBE

TTL_S = 600.0  # a subscription ends by itself; a client that lives longer renews it
MOST_AT_ONCE = 1000  # packets taken in one go: whoever is told without end must still get to act
RECEIVE_BYTES = 1 << 20  # what may wait while its owner does something else
Message = tuple[str, list[object]]


class OscClient:
    """One UDP socket, by default subscribed to a server on this machine."""

    def __init__(
        self, server: tuple[str, int], subscribed: bool = True, port: int = 0, ttl_s: float = TTL_S
    ) -> None:
        """``server`` is an IP and a UDP port; ``port`` is our own, 0 for any that is free.

        OSError when our port is taken.
        """
        self.server, self._ttl_s = server, ttl_s
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BYTES)
            # Only this machine can reach us, unless the server is another one.
            near = ipaddress.ip_address(server[0]).is_loopback
            self.socket.bind((LOOPBACK if near else "", port))
        except OSError:
            self.socket.close()
            raise
        if subscribed:
            self.subscribe()

    def subscribe(self) -> None:
        """Be told everything now and all changes from now on; said again, for longer."""
        self.send(SUBSCRIBE.path, int(self.socket.getsockname()[1]), self._ttl_s)

    def unsubscribe(self) -> None:
        """Be told no more."""
        self.send(SUBSCRIBE.path, int(self.socket.getsockname()[1]), 0.0)

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
                yield from self._messages()
            except TimeoutError:
                return

    def hear(self, wait_s: float = 0.0) -> list[Message]:
        """What has come; when nothing has, what comes first within ``wait_s`` seconds."""
        messages: list[Message] = []
        for _ in range(MOST_AT_ONCE):
            if not select.select([self.socket], [], [], wait_s)[0]:
                break
            wait_s = 0.0
            messages += self._messages()
        return messages

    def close(self) -> None:
        """Give the port back."""
        self.socket.close()

    def _messages(self) -> list[Message]:
        """The next packet's; none of one that is not OSC, or not from the server's machine."""
        try:
            packet, sender = self.socket.recvfrom(PACKET_BYTES)
            messages = decode(packet) if sender[0] == self.server[0] else []
        # On Windows a packet to a port that nobody has comes back as a ConnectionResetError.
        except (ConnectionError, ValueError):
            return []
        return [(message.address, list(message.params)) for message in messages]
