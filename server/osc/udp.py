"""Receive and send OSC over UDP."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Sequence

from plugin_bridge.addresses import plain_ip
from server.osc.auth import TokenGate
from server.osc.handlers import OscApi
from server.osc.messages import bundled
from server.osc.reply_socket import Peer, ReplySocket, mapped
from server.osc.subscribers import Sender, Subscribers
from server.session.service import Service

log = logging.getLogger(__name__)

RECEIVE_BUFFER = 4 * 1024 * 1024  # bytes; the usual 208 kB hold only 256 messages of a burst


class UdpServer(asyncio.DatagramProtocol):
    """Serve OSC on a UDP socket that is already bound."""

    def __init__(self, service: Service, gate: TokenGate) -> None:
        self.api = OscApi(service, Subscribers(self._send), gate)

    async def start(self, bound: socket.socket) -> None:
        """Receive packets on this socket until ``close``."""
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        bound.setblocking(False)
        self._family, self._replies = bound.family, isinstance(bound, ReplySocket)
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, sock=bound)

    async def close(self) -> None:
        """Stop receiving, and end the requests in progress."""
        self._transport.close()
        await self.api.close()

    def datagram_received(self, data: bytes, addr: Peer | tuple[str, int]) -> None:
        """Handle a packet."""
        local = addr.local if isinstance(addr, Peer) else ""
        self.api.receive(data, Sender(plain_ip(addr[0]), addr[1], local=local))

    def error_received(self, exc: Exception) -> None:
        """Ignore that a subscriber's port is closed: it may open again before its time ends."""
        log.debug("a message was not delivered: %s", exc)

    def _send(self, packets: Sequence[bytes], to: Sender) -> None:
        """Send packets to a client, in as few datagrams as possible."""
        target = (
            Peer(to.ip, to.port, to.local)
            if self._replies
            else (mapped(self._family, to.ip), to.port)
        )
        for datagram in bundled(packets):
            self._transport.sendto(datagram, target)
