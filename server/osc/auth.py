"""Accept OSC from this machine, and from other machines after they send the token."""

from __future__ import annotations

import hmac
import time

from datasets.errors import ServeError
from plugin_bridge.addresses import is_loopback
from plugin_bridge.protocol import TOKEN

ADMITTED_S = 12 * 3600.0  # Access lasts this long after the token came.
DEAF_S = 1.0  # After a wrong token, the next one must wait: this slows down guessing.
REMEMBERED = 1000  # Machines in each table; the oldest one is dropped.
TOKEN_BYTES = 1024  # Largest packet with a token.
TOKEN_PATH = TOKEN.path.encode() + b"\0"


class TokenGate:
    """Hold the machines that have access, by IP address."""

    def __init__(self, token: str | None = None) -> None:
        """Set the token; without one, only this machine has access."""
        self.token = token
        self._until: dict[str, float] = {}  # end of access, monotonic time in seconds
        self._deaf: dict[str, float] = {}

    def admits(self, ip: str) -> bool:
        """Return whether the server accepts messages from a machine."""
        return is_loopback(ip) or self._until.get(ip, 0) > time.monotonic()

    def reads(self, ip: str, packet: bytes) -> bool:
        """Return whether to decode a packet: any from a machine with access, or one with a token.

        Decoding takes time, and any machine can send packets.
        """
        return self.admits(ip) or (len(packet) <= TOKEN_BYTES and TOKEN_PATH in packet)

    def check(self, ip: str) -> None:
        """Check that a machine has access.

        Raises:
            ServeError: The machine has not sent the token.
        """
        if not self.admits(ip):
            raise ServeError("send the token first: /patchwright/token TOKEN")

    def open(self, ip: str, token: str) -> None:
        """Give a machine access if it sends the right token.

        Args:
            ip: IP address of the machine.
            token: The token that it sent.

        Raises:
            ServeError: The token is wrong, or a wrong one came less than a second ago.
        """
        now = time.monotonic()
        if self._deaf.get(ip, 0) > now:
            raise ServeError("the last token was wrong: wait a second, then send the right one")
        if self.token is None or not hmac.compare_digest(token.encode(), self.token.encode()):
            _remember(self._deaf, ip, now + DEAF_S)
            raise ServeError("this is not the token of the server: use the one of its --token")
        _remember(self._until, ip, now + ADMITTED_S)


def _remember(times: dict[str, float], ip: str, until: float) -> None:
    """Store a time for a machine; drop the oldest machine if there are too many."""
    times.pop(ip, None)
    times[ip] = until
    if len(times) > REMEMBERED:
        del times[next(iter(times))]
