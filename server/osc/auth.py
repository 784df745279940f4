"""Accept OSC from this machine, and from others after they send the token."""

from __future__ import annotations

import hmac
import ipaddress
import time

from datasets.errors import ServeError

ADMITTED_S = 12 * 3600.0  # since the token came
DEAF_S = 1.0  # after a wrong token: guessing takes as long
REMEMBERED = 1000  # machines: the oldest is forgotten


class TokenGate:
    """Machines by IP."""

    def __init__(self, token: str | None = None) -> None:
        """Without a token only this machine is let in."""
        self._token = token
        self._until: dict[str, float] = {}  # monotonic
        self._deaf: dict[str, float] = {}

    def admits(self, ip: str) -> bool:
        """Whether what this machine sends is followed."""
        return ipaddress.ip_address(ip).is_loopback or self._until.get(ip, 0) > time.monotonic()

    def check(self, ip: str) -> None:
        """ServeError unless it does."""
        if not self.admits(ip):
            raise ServeError("send the token first: /patchwright/token TOKEN")

    def open(self, ip: str, token: str) -> None:
        """Let a machine in that has the token; ServeError for a wrong one."""
        now = time.monotonic()
        if self._deaf.get(ip, 0) > now:
            raise ServeError("the last token was wrong: wait a second")
        if self._token is None or not hmac.compare_digest(token.encode(), self._token.encode()):
            _remember(self._deaf, ip, now + DEAF_S)
            raise ServeError("that is not the token that the server was started with")
        _remember(self._until, ip, now + ADMITTED_S)


def _remember(times: dict[str, float], ip: str, until: float) -> None:
    times.pop(ip, None)
    times[ip] = until
    if len(times) > REMEMBERED:
        del times[next(iter(times))]
