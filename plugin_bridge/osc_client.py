"""Subscribe to the server over OSC, send to it and receive from it."""

from __future__ import annotations

import select
import socket
from collections.abc import Iterator

from pythonosc.osc_message_builder import OscMessageBuilder

from plugin_bridge.addresses import (
    ANY_IPV4,
    ANY_IPV6,
    LOOPBACK_IPV6,
    family_of,
    is_loopback,
    plain_ip,
)
from plugin_bridge.osc_datagram import PACKET_BYTES, decode
from plugin_bridge.protocol import LOOPBACK, SUBSCRIBE

TTL_S = 600.0  # A subscription ends after so long; a longer-running client renews it.
MOST_AT_ONCE = 1000  # Packets read in one call; a constant stream must not block the caller.
RECEIVE_BYTES = 1 << 20  # Size of the receive buffer, for times when the caller is busy.
Message = tuple[str, list[object]]


class OscClient:
    """Hold one UDP socket to a server on this machine or another, subscribed by default."""

    def __init__(
        self, server: tuple[str, int], subscribed: bool = True, port: int = 0, ttl_s: float = TTL_S
    ) -> None:
        """Open the socket and subscribe.

        Args:
            server: IP address and UDP port of the server.
            subscribed: Subscribe at once.
            port: UDP port to receive on; 0 takes a free port.
            ttl_s: Seconds until the subscription ends.

        Raises:
            OSError: The port is in use by another program.
        """
        self.server, self._ttl_s = server, ttl_s
        self.socket = socket.socket(family_of(server[0]), socket.SOCK_DGRAM)
        try:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BYTES)
            # Accept packets from this machine only, unless the server is on another machine.
            near, far = (LOOPBACK_IPV6, ANY_IPV6) if ":" in server[0] else (LOOPBACK, ANY_IPV4)
            self.socket.bind((near if is_loopback(server[0]) else far, port))
        except OSError:
            self.socket.close()
            raise
        if subscribed:
            self.subscribe()

    def subscribe(self) -> None:
        """Receive all values now and all changes from now on; call it again to renew."""
        self.send(SUBSCRIBE.path, int(self.socket.getsockname()[1]), self._ttl_s)

    def unsubscribe(self) -> None:
        """End the subscription."""
        self.send(SUBSCRIBE.path, int(self.socket.getsockname()[1]), 0.0)

    def send(self, path: str, *arguments: int | float | str) -> None:
        """Send one message."""
        builder = OscMessageBuilder(path)
        for argument in arguments:
            builder.add_arg(argument)
        self.socket.sendto(builder.build().dgram, self.server)

    def receive(self, quiet_s: float) -> Iterator[Message]:
        """Yield messages until none arrives for ``quiet_s`` seconds."""
        self.socket.settimeout(quiet_s)
        while True:
            try:
                yield from self._messages()
            except TimeoutError:
                return

    def hear(self, wait_s: float = 0.0) -> list[Message]:
        """Return the messages that have arrived, or wait up to ``wait_s`` seconds for the first."""
        messages: list[Message] = []
        for _ in range(MOST_AT_ONCE):
            if not select.select([self.socket], [], [], wait_s)[0]:
                break
            wait_s = 0.0
            messages += self._messages()
        return messages

    def close(self) -> None:
        """Close the socket and free its port."""
        self.socket.close()

    def _messages(self) -> list[Message]:
        """Return the next packet's messages; empty if it is not OSC or not from the server's IP."""
        try:
            packet, sender = self.socket.recvfrom(PACKET_BYTES)
            messages = decode(packet) if plain_ip(sender[0]) == plain_ip(self.server[0]) else []
        # On Windows a packet sent to a closed port causes a ConnectionResetError here.
        except (ConnectionError, ValueError):
            return []
        return [(message.address, list(message.params)) for message in messages]
