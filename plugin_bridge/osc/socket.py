"""UDP sockets to and from another OSC program.

Hosts answer on a port of their own settings, not to the sender, so the two directions are two
sockets. The sending one is connected: that is how a closed port is noticed on this machine.
"""

from __future__ import annotations

import math
import socket
import time
from collections.abc import Iterator

from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder

from plugin_bridge.protocol import LOOPBACK
from plugin_bridge.sync.target import TargetError

Heard = tuple[str, tuple[object, ...]]  # address and arguments
BUNDLE = b"#bundle\0"
DEEPEST_BUNDLE = 8
LARGEST_PACKET = 65536  # bytes
RECEIVE_BUFFER = 2**20  # bytes: a host answers a whole dump of parameters in one burst
EMPTY = BUNDLE + (1).to_bytes(8, "big")  # a bundle of no messages, to be carried out at once
REFUSAL_S = 0.02  # this machine says so at once when a port is closed
AT_ONCE = 4096  # packets heard in one call, so that a flood cannot hold the caller


class OscSocket:
    """Sends to ``host:port``; hears on ``listen_port`` of this machine, 0 for a free one.

    TargetError when the port to hear on is taken, or the host has no address.
    """

    def __init__(self, host: str, port: int, listen_port: int | None = None) -> None:
        self.host, self.port = host, port
        self._sender = _connected(host, port)
        self._listener = None
        if listen_port is not None:
            try:
                self._listener = _bound(host, listen_port)
            except BaseException:
                self._sender.close()
                raise

    @property
    def listen_port(self) -> int:
        """The UDP port that is heard on; 0 where nothing is."""
        return int(self._listener.getsockname()[1]) if self._listener else 0

    def check(self) -> None:
        """TargetError when nothing has that port on this machine; others do not tell.

        It is sent a bundle without messages, which means nothing to anybody.
        """
        try:
            self._sender.settimeout(REFUSAL_S)
            self._sender.send(EMPTY)
            self._sender.recv(LARGEST_PACKET)
        except TimeoutError:
            return
        except OSError as error:
            raise self._away(error) from error
        finally:
            self._sender.settimeout(None)

    def send(self, path: str, *values: float | str) -> None:
        """Send one message: Python's floats as OSC floats, ints as ints, str as strings.

        TargetError when nothing listens there any more. This machine reports that on the packet
        after the one that was lost, other machines never.
        """
        message = OscMessageBuilder(path)
        for value in values:
            message.add_arg(value, _TAGS[type(value)])
        try:
            self._sender.send(message.build().dgram)
        except OSError as error:
            raise self._away(error) from error

    def received(self, wait_s: float = 0.0) -> Iterator[Heard]:
        """Every message that has come; waits up to ``wait_s`` for the first. Never raises."""
        for _ in range(AT_ONCE):
            packet = self._packet(wait_s)
            if packet is None:
                return
            wait_s = 0.0
            yield from messages(packet)

    def until_quiet(self, first_s: float, quiet_s: float, limit_s: float) -> Iterator[Heard]:
        """Messages until none has come for ``quiet_s``, or ``limit_s`` seconds have gone.

        The first one may take ``first_s``.
        """
        end, wait_s = time.monotonic() + limit_s, first_s
        while (left := end - time.monotonic()) > 0:
            heard = list(self.received(min(wait_s, left)))
            if not heard:
                return
            yield from heard
            wait_s = quiet_s

    def _away(self, error: OSError) -> TargetError:
        return TargetError(
            f"nothing takes OSC at {self.host}:{self.port} ({error.strerror}): start it, and "
            "switch its OSC input on at that port"
        )

    def _packet(self, wait_s: float) -> bytes | None:
        if self._listener is None:
            return None
        try:
            self._listener.settimeout(wait_s)
            return self._listener.recv(LARGEST_PACKET)
        except OSError:  # none came, or it was closed meanwhile
            return None

    def close(self) -> None:
        """Give both ports back."""
        self._sender.close()
        if self._listener:
            self._listener.close()


_TAGS: dict[type, str] = {
    float: OscMessageBuilder.ARG_TYPE_FLOAT,
    int: OscMessageBuilder.ARG_TYPE_INT,
    str: OscMessageBuilder.ARG_TYPE_STRING,
}


def messages(packet: bytes) -> list[Heard]:
    """The messages of a packet, bundles opened and their dates ignored; none of a broken one."""
    return [heard for data in _elements(packet) for heard in _message(data)]


def number(arguments: tuple[object, ...]) -> float | None:
    """The first argument where it is a finite number; None for anything else."""
    first = arguments[0] if arguments else None
    if isinstance(first, bool) or not isinstance(first, int | float):
        return None
    return float(first) if math.isfinite(first) else None


def _elements(packet: bytes, depth: int = 0) -> Iterator[bytes]:
    # By hand: python-osc 1.10 trusts an element's size, and one of -4 keeps it reading forever.
    if not packet.startswith(BUNDLE):
        yield packet
        return
    at = 16
    while depth < DEEPEST_BUNDLE and at + 4 <= len(packet):
        size = int.from_bytes(packet[at : at + 4], "big", signed=True)
        if size <= 0 or at + 4 + size > len(packet):
            return
        yield from _elements(packet[at + 4 : at + 4 + size], depth + 1)
        at += 4 + size


def _message(data: bytes) -> Iterator[Heard]:
    try:
        message = OscMessage(data)
        yield message.address, tuple(message.params)
    except Exception:  # python-osc lets UnicodeDecodeError, IndexError and others through
        return


def _connected(host: str, port: int) -> socket.socket:
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        sender.connect((host, port))
    except (OSError, OverflowError) as error:
        sender.close()
        raise TargetError(f"cannot send OSC to {host}:{port}: {error}") from error
    return sender


def _bound(host: str, port: int) -> socket.socket:
    # Only who sends from elsewhere needs more than this machine's own address.
    own = LOOPBACK if host in (LOOPBACK, "localhost") else ""
    listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        listener.bind((own, port))
    except (OSError, OverflowError) as error:
        listener.close()
        raise TargetError(
            f"UDP port {port} cannot be heard on ({error}): close the program that has it, or "
            "give another port here and there"
        ) from error
    return listener
