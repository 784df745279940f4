"""Subscribe to the server for as long as the bridge runs."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence

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

RENEW_S = 2.0  # the server is greeted so often; each greeting is answered by all it holds
TTL_S = 10.0  # it forgets us so soon after we are gone
AWAY_S = 5.0  # it is held to be gone when it says nothing for so long


class Subscription:
    """The newest value of every parameter, and the way back; a server that restarts is found."""

    def __init__(
        self,
        server: tuple[str, int],
        tell: Callable[[str], None],
        token: str = "",
        clock: Clock = time.monotonic,
    ) -> None:
        """``tell`` takes what a person should read, one line each, said once."""
        self.values: dict[str, ParameterChange] = {}  # by name, the newest told
        self._tell, self._token, self._clock = tell, token, clock
        self._client = OscClient(server, subscribed=False, ttl_s=TTL_S)
        self._where = f"{server[0]}:{server[1]}"
        self._greeted, self._heard = -float("inf"), clock()
        self._there: bool | None = None  # whether it answers; None until that is known
        self._complained = ""

    def hear(self, wait_s: float) -> list[ParameterChange]:
        """What was told since the last call, waiting ``wait_s`` at most for the first of it."""
        self._greet()
        messages = self._client.hear(wait_s)
        news = [change for one in messages if (change := self._follow(one))]
        self.values |= {change.name: change for change in news}
        self._notice(bool(news))
        return news

    def set(self, name: str, unit: float) -> None:
        """Move a parameter to 0..1, as a hand does."""
        self._send(SET_PARAMETER.path, name, unit)

    def close(self) -> None:
        """Be told no more."""
        if self._there:
            with contextlib.suppress(OSError):
                self._client.unsubscribe()
        self._client.close()

    def _greet(self) -> None:
        if self._clock() - self._greeted < RENEW_S:
            return
        self._greeted = self._clock()
        if self._token:
            self._send(TOKEN.path, self._token)
        with contextlib.suppress(OSError):
            self._client.subscribe()

    def _send(self, path: str, *arguments: float | str) -> None:
        with contextlib.suppress(OSError):  # another machine out of reach is a server that is away
            self._client.send(path, *arguments)

    def _follow(self, message: Message) -> ParameterChange | None:
        path, args = message
        try:
            told = check(path, args, OUTGOING)
        except ProtocolError:
            return None  # of a newer server: what it says beside the parameters is not for us
        self._heard = self._clock()
        if told.address is ERROR:
            self._complain(told.values)
        if told.address is not PARAMETER:
            return None
        name, unit, native, text, steps = told.values
        return ParameterChange(str(name), float(unit), float(native), str(text), int(steps))

    def _complain(self, values: Sequence[object]) -> None:
        said = f"the server says: {values[2]}"
        if said != self._complained:
            self._complained = said
            self._tell(said)

    def _notice(self, told: bool) -> None:
        """Say when the server comes or goes."""
        if told and not self._there:
            self._there = True
            self._tell(f"the patchwright server at {self._where} tells its parameters")
        elif self._clock() - self._heard > AWAY_S and self._there is not False:
            self._there = False
            self._tell(
                f"no patchwright server answers at {self._where}: start `patchwright serve`; "
                "this goes on as soon as it is there"
            )
