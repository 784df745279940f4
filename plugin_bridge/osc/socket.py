"""Send OSC to another program and receive OSC from it, over UDP.

Programs answer on a port from their own settings, not to the sender's port. So each direction has
its own socket. The sending socket is connected, because only then does this machine report a
closed port.

Messages are accepted only from the machine of that program.
"""

from __future__ import annotations

import logging
import math
import socket
import time
from collections.abc import Iterator

from pythonosc.osc_message_builder import OscMessageBuilder

from plugin_bridge.addresses import (
    ANY_IPV4,
    ANY_IPV6,
    LOOPBACK_IPV6,
    family_of,
    is_loopback,
    own_address_towards,
    plain_ip,
    resolved,
    shown,
)
from plugin_bridge.osc_datagram import BUNDLE, PACKET_BYTES, OscError, decode
from plugin_bridge.protocol import LOOPBACK
from plugin_bridge.sync.target import TargetError

log = logging.getLogger(__name__)

Heard = tuple[str, tuple[object, ...]]  # Address and arguments of a received message.
RECEIVE_BUFFER = 2**20  # Bytes: a host sends all its parameters in one burst.
EMPTY = BUNDLE + (1).to_bytes(8, "big")  # A bundle without messages, to execute immediately.
REFUSAL_S = 0.02  # This machine reports a closed port within so long.
AT_ONCE = 4096  # Packets read in one call; a flood must not block the caller.


class OscSocket:
    """Send to ``host:port``, and receive on a port of this machine."""

    def __init__(self, host: str, port: int, listen_port: int | None = None) -> None:
        """Open both sockets.

        Args:
            host: IP address or name of the other program's machine.
            port: UDP port to send to.
            listen_port: UDP port to receive on; 0 takes a free port, None receives nothing.

        Raises:
            TargetError: The port to receive on is in use, or the host has no address.
        """
        self.host, self.port = host, port
        self._sender, self._ip = _connected(host, port)
        self._peers, self._strange = _addresses_of(self._ip), ""
        self._listener = None
        if listen_port is not None:
            try:
                self._listener = _bound(self._ip, listen_port)
            except BaseException:
                self._sender.close()
                raise

    @property
    def listen_port(self) -> int:
        """Return the UDP port to receive on; 0 if there is none."""
        return int(self._listener.getsockname()[1]) if self._listener else 0

    def check(self) -> None:
        """Check that a program receives on the port; works for ports of this machine only.

        The check sends an OSC bundle without messages, which has no effect on the receiver.

        Raises:
            TargetError: No program on this machine receives on the port.
        """
        try:
            self._sender.settimeout(REFUSAL_S)
            self._sender.send(EMPTY)
            self._sender.recv(PACKET_BYTES)
        except TimeoutError:
            return
        except OSError as error:
            raise _no_receiver(self.host, self.port, error) from error
        finally:
            self._sender.settimeout(None)

    def send(self, path: str, *values: float | str) -> None:
        """Send one message: float as OSC float, int as OSC int, str as string.

        Raises:
            TargetError: No program receives there any more. This machine reports that one packet
                late; other machines never report it.
        """
        message = OscMessageBuilder(path)
        for value in values:
            message.add_arg(value, _TAGS[type(value)])
        try:
            self._sender.send(message.build().dgram)
        except OSError as error:
            raise _no_receiver(self.host, self.port, error) from error

    def received(self, wait_s: float = 0.0) -> Iterator[Heard]:
        """Yield all arrived messages, or wait ``wait_s`` seconds for the first; never raise."""
        for _ in range(AT_ONCE):
            packet = self._packet(wait_s)
            if packet is None:
                return
            wait_s = 0.0
            yield from messages(packet)

    def until_quiet(self, first_s: float, quiet_s: float, limit_s: float) -> Iterator[Heard]:
        """Yield messages until there is a pause or the time limit ends.

        Args:
            first_s: Longest wait for the first message, in seconds.
            quiet_s: Length of the pause that ends it, in seconds.
            limit_s: Longest time for everything, in seconds.

        Yields:
            Address and arguments of each message.
        """
        end, wait_s = time.monotonic() + limit_s, first_s
        while (left := end - time.monotonic()) > 0:
            arrived = list(self.received(min(wait_s, left)))
            if not arrived:
                return
            yield from arrived
            wait_s = quiet_s

    def _packet(self, wait_s: float) -> bytes | None:
        """Return the next packet, or None if none arrives within ``wait_s`` seconds.

        A packet from a machine other than the program's is empty.
        """
        if self._listener is None:
            return None
        try:
            self._listener.settimeout(wait_s)
            packet, sender = self._listener.recvfrom(PACKET_BYTES)
        except OSError:  # no packet arrived, or the socket was closed
            return None
        ip = plain_ip(sender[0])
        if is_loopback(self._ip) or ip in self._peers:  # a loopback port gets no other packets
            return packet
        if ip != self._strange:
            self._strange = ip
            log.warning("%s sends OSC to UDP port %s: ignored", ip, self.listen_port)
        return b""

    def close(self) -> None:
        """Close both sockets and free their ports."""
        self._sender.close()
        if self._listener:
            self._listener.close()


_TAGS: dict[type, str] = {
    float: OscMessageBuilder.ARG_TYPE_FLOAT,
    int: OscMessageBuilder.ARG_TYPE_INT,
    str: OscMessageBuilder.ARG_TYPE_STRING,
}


def messages(packet: bytes) -> list[Heard]:
    """Return the messages of a packet and its bundles; empty if broken. Times are ignored."""
    try:
        return [(message.address, tuple(message.params)) for message in decode(packet)]
    except OscError:
        return []


def number(arguments: tuple[object, ...]) -> float | None:
    """Return the first argument if it is a finite number, else None."""
    first = arguments[0] if arguments else None
    if isinstance(first, bool) or not isinstance(first, int | float):
        return None
    return float(first) if math.isfinite(first) else None


def _no_receiver(host: str, port: int, error: OSError) -> TargetError:
    """Return the error for a program that does not receive OSC."""
    return TargetError(
        f"{shown(host, port)}: no program receives OSC there ({error.strerror}); start the program "
        "and switch on its OSC input at that port"
    )


def _connected(host: str, port: int) -> tuple[socket.socket, str]:
    """Return a socket that sends to the host, and its IP; raise TargetError if it has none."""
    try:
        ip = resolved(host)
        sender = socket.socket(family_of(ip), socket.SOCK_DGRAM)
        try:
            sender.connect((ip, port))
        except BaseException:
            sender.close()
            raise
    except (OSError, OverflowError) as error:
        raise TargetError(
            f"{shown(host, port)}: cannot send OSC there ({error}); check it"
        ) from error
    return sender, ip


def _addresses_of(ip: str) -> frozenset[str]:
    """Return the addresses from which the program at an IP address may send.

    A program of this machine may send from a loopback address, whichever address it was given by.
    """
    try:
        is_own = own_address_towards(ip) == ip
    except OSError:
        is_own = False
    return frozenset({ip, *((LOOPBACK, LOOPBACK_IPV6) if is_own else ())})


def _bound(ip: str, port: int) -> socket.socket:
    """Return a socket that receives on the port; raise TargetError if the port is in use.

    Other machines can reach the port only if the IP address is not a loopback address.
    """
    near, far = (LOOPBACK_IPV6, ANY_IPV6) if ":" in ip else (LOOPBACK, ANY_IPV4)
    own = near if is_loopback(ip) else far
    listener = socket.socket(family_of(ip), socket.SOCK_DGRAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        listener.bind((own, port))
    except (OSError, OverflowError) as error:
        listener.close()
        raise TargetError(
            f"UDP port {port}: cannot receive on it ({error}); close the program that uses it, or "
            "set another port both in that program and here"
        ) from error
    return listener
