"""Subscribe to the server for as long as the bridge runs."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence

from plugin_bridge.addresses import shown
from plugin_bridge.osc_client import Message, OscClient
from plugin_bridge.protocol import (
    ERROR,
    OUTGOING,
    PARAMETER,
    SET_PARAMETER,
    TOKEN,
    ProtocolError,
    check,
)
from plugin_bridge.sync.rate_limiter import Clock
from plugin_bridge.sync.target import ParameterChange

RENEW_S = 2.0  # Renew the subscription so often; the server then sends all its values.
TTL_S = 10.0  # The server ends the subscription so long after the last renewal.
AWAY_S = 5.0  # A server that sends nothing for so long is considered gone.


class Subscription:
    """Receive parameter values from the server and set them there; survive its restarts."""

    def __init__(
        self,
        server: tuple[str, int],
        tell: Callable[[str], None],
        token: str = "",
        clock: Clock = time.monotonic,
    ) -> None:
        """Open the socket; the first ``hear`` subscribes.

        Args:
            server: IP address and UDP port of the server.
            tell: Receives lines for the user, each once.
            token: Token of the server, if it has one.
            clock: Returns the time in seconds.
        """
        self.values: dict[str, ParameterChange] = {}  # newest value by name
        self._tell, self._token, self._clock = tell, token, clock
        self._client = OscClient(server, subscribed=False, ttl_s=TTL_S)
        self._where = shown(*server)
        self._greeted, self._received = -float("inf"), clock()
        self._there: bool | None = None  # the server answers; None until known
        self._complained = ""

    def hear(self, wait_s: float) -> list[ParameterChange]:
        """Return the changes since the last call; wait up to ``wait_s`` seconds for the first."""
        self._greet()
        messages = self._client.hear(wait_s)
        news = [change for one in messages if (change := self._follow(one))]
        self.values |= {change.name: change for change in news}
        self._notice(bool(news))
        return news

    def set(self, name: str, unit: float) -> None:
        """Set a parameter to 0..1, as if a person had moved it."""
        self._send(SET_PARAMETER.path, name, unit)

    def close(self) -> None:
        """End the subscription and free the port."""
        if self._there:
            with contextlib.suppress(OSError):
                self._client.unsubscribe()
        self._client.close()

    def _greet(self) -> None:
        """Send the token and subscribe, if it is time to renew."""
        if self._clock() - self._greeted < RENEW_S:
            return
        self._greeted = self._clock()
        if self._token:
            self._send(TOKEN.path, self._token)
        with contextlib.suppress(OSError):
            self._client.subscribe()

    def _send(self, path: str, *arguments: float | str) -> None:
        """Send a message to the server, ignoring an unreachable machine."""
        with contextlib.suppress(OSError):  # treat an unreachable machine as an absent server
            self._client.send(path, *arguments)

    def _follow(self, message: Message) -> ParameterChange | None:
        """Return the change in a message, or None if it has none; report the server's errors."""
        path, args = message
        try:
            checked = check(path, args, OUTGOING)
        except ProtocolError:
            return None  # perhaps from a newer server: ignore its other messages
        self._received = self._clock()
        if checked.address is ERROR:
            self._complain(checked.values)
        if checked.address is not PARAMETER:
            return None
        name, unit, native, text, steps = checked.values
        return ParameterChange(str(name), float(unit), float(native), str(text), int(steps))

    def _complain(self, values: Sequence[object]) -> None:
        """Report an error of the server, unless it was the last one."""
        text = f"the server reports: {values[2]}"
        if text != self._complained:
            self._complained = text
            self._tell(text)

    def _notice(self, answered: bool) -> None:
        """Report when the server appears or disappears."""
        if answered and not self._there:
            self._there = True
            self._tell(f"{self._where}: the patchwright server sends its parameters")
        elif self._clock() - self._received > AWAY_S and self._there is not False:
            self._there = False
            self._tell(
                f"{self._where}: no patchwright server answers; start `patchwright serve`. The "
                "bridge continues as soon as the server answers."
            )
