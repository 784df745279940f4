"""Queue updates for one client: the newest of each kind, at the client's own rate."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Generic, TypeVar

from plugin_bridge.sync.latest_values import LatestValues

News = TypeVar("News")
Items = Sequence[tuple[Hashable, News]]


class Outbox(Generic[News]):
    """News for one listener; with a pace, what has been overtaken is never sent."""

    def __init__(self, send: Callable[[Sequence[News]], object], pace_hz: float = 0.0) -> None:
        """At most ``pace_hz`` deliveries a second, of all that waits each; 0 sends at once."""
        self._send, self._pause_s = send, 1 / pace_hz if pace_hz > 0 else 0.0
        self._waiting = LatestValues[News]()
        self._timer: asyncio.TimerHandle | None = None
        self._delivered = -self._pause_s

    def put(self, items: Items[News]) -> None:
        """Tell things, each of a kind; what waits of the same kinds is forgotten."""
        if not self._pause_s:
            self._send([news for _, news in items])
            return
        self._waiting.put(items)
        if self._timer is None:
            loop = asyncio.get_running_loop()
            at = max(loop.time(), self._delivered + self._pause_s)
            self._timer = loop.call_at(at, self._deliver)

    def close(self) -> None:
        """Forget what waits."""
        self._waiting.clear()
        if self._timer is not None:
            self._timer.cancel()

    def _deliver(self) -> None:
        self._timer = None
        self._delivered = asyncio.get_running_loop().time()
        self._send(self._waiting.take())


class ConnectionOutbox(Generic[News]):
    """The same for a connection that sets the pace itself, by how fast it takes what is sent."""

    def __init__(self) -> None:
        self._waiting = LatestValues[News]()
        self._came = asyncio.Event()

    def put(self, items: Items[News]) -> None:
        """Tell things, each of a kind; what waits of the same kinds is forgotten."""
        self._waiting.put(items)
        self._came.set()

    async def deliver(self, send: Callable[[News], Awaitable[None]]) -> None:
        """Send what comes, for as long as this is awaited."""
        while True:
            await self._came.wait()
            self._came.clear()
            for news in self._waiting.take():
                await send(news)
