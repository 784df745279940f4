"""Answer UDP packets from the address that they were sent to.

A socket on all addresses (``0.0.0.0`` or ``::``) does not say to which address a packet was sent,
and the system chooses the sender of an answer. Clients ignore an answer from another address than
they asked. The system reports and takes the address in each packet's control data.
"""

from __future__ import annotations

import ipaddress
import socket
import struct
import sys
from typing import NamedTuple

from plugin_bridge.addresses import plain_ip

# Python 3.14 is the first version to name this constant.
IP_PKTINFO: int = getattr(socket, "IP_PKTINFO", {"linux": 8, "darwin": 26}.get(sys.platform, 0))
KNOWN = IP_PKTINFO > 0 and hasattr(socket.socket, "recvmsg")  # not on Windows
CONTROL_BYTES = 256  # more than the control data that we ask for
IPV4_INFO, IPV6_INFO = struct.Struct("=I4s4s"), struct.Struct("=16sI")


class Peer(NamedTuple):
    """Hold the address of a client, and the address of this machine that it sent to."""

    ip: str
    port: int
    local: str


class ReplySocket(socket.socket):
    """Receive and send on all addresses of this machine; its addresses are of type ``Peer``.

    asyncio calls ``recvfrom`` and ``sendto`` of the socket that it gets.
    """

    def report_addresses(self) -> None:
        """Ask the system for the address that each packet was sent to."""
        if self.family == socket.AF_INET6:
            self.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
        else:
            self.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)

    def recvfrom(self, bufsize: int, flags: int = 0) -> tuple[bytes, Peer]:
        """Return a packet, its sender, and the address that it was sent to."""
        data, control, _, sender = self.recvmsg(bufsize, CONTROL_BYTES, flags)
        return data, Peer(plain_ip(sender[0]), sender[1], _local_of(control))

    def sendto(self, data: bytes, *address: Peer) -> int:  # type: ignore[override]
        """Send a packet to a ``Peer``, from its local address."""
        peer = address[-1]
        target = mapped(self.family, peer.ip), peer.port
        if peer.local:
            try:
                return self.sendmsg([data], [self._from(peer.local)], 0, target)
            except (BlockingIOError, InterruptedError):
                raise
            except OSError:  # the address has gone, or was a multicast address
                pass
        return super().sendto(data, target)

    def _from(self, local: str) -> tuple[int, int, bytes]:
        """Return the control data that makes a packet leave from an address."""
        if self.family == socket.AF_INET6:
            ip = ipaddress.ip_address(mapped(self.family, local)).packed
            return socket.IPPROTO_IPV6, socket.IPV6_PKTINFO, IPV6_INFO.pack(ip, 0)
        ip = ipaddress.ip_address(local).packed
        return socket.IPPROTO_IP, IP_PKTINFO, IPV4_INFO.pack(0, ip, bytes(4))


def mapped(family: int, ip: str) -> str:
    """Return an IP address as a socket of a family takes it: ``::ffff:127.0.0.1`` for IPv6."""
    return f"::ffff:{ip}" if family == socket.AF_INET6 and ":" not in ip else ip


def _local_of(control: list[tuple[int, int, bytes]]) -> str:
    """Return the local address in a packet's control data, or an empty text."""
    for level, kind, data in control:
        if (level, kind) == (socket.IPPROTO_IP, IP_PKTINFO) and len(data) >= IPV4_INFO.size:
            # The second field is a local address even for a broadcast, unlike the third.
            return str(ipaddress.IPv4Address(IPV4_INFO.unpack_from(data)[1]))
        if (level, kind) == (socket.IPPROTO_IPV6, socket.IPV6_PKTINFO):
            if len(data) >= IPV6_INFO.size:
                return plain_ip(str(ipaddress.IPv6Address(IPV6_INFO.unpack_from(data)[0])))
    return ""
