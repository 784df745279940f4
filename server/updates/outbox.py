"""Queue updates for one client; a newer update replaces a waiting one of the same kind."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Generic, TypeVar

from starlette.websockets import WebSocket

from plugin_bridge.sync.latest_values import LatestValues

MOST_PACED = 1000  # updates for one client with a slow rate; more are sent ahead of their time
MOST_WAITING = 4096  # more than all knobs and parameters: the rest are unread replies

News = TypeVar("News")
Items = Sequence[tuple[Hashable, News]]


class Outbox(Generic[News]):
    """Send updates to one client, at a limited rate if wanted.

    With a limit, an update that a newer one replaced is never sent. When too many updates wait, all
    are sent at once, so that a slow rate does not fill the memory.
    """

    def __init__(self, send: Callable[[Sequence[News]], object], pace_hz: float = 0.0) -> None:
        """Set where updates go and how often.

        Args:
            send: Receives all updates that wait, in one call.
            pace_hz: Largest number of calls a second; 0 sends every update at once.
        """
        self._send, self._pause_s = send, 1 / pace_hz if pace_hz > 0 else 0.0
        self._waiting = LatestValues[News]()
        self._timer: asyncio.TimerHandle | None = None
        self._delivered = -self._pause_s

    def put(self, items: Items[News]) -> None:
        """Add updates, each with its kind; they replace waiting updates of the same kind."""
        if not self._pause_s:
            self._send([news for _, news in items])
            return
        self._waiting.put(items)
        if len(self._waiting) > MOST_PACED:
            self._send(self._waiting.take())
        if self._timer is None and self._waiting:
            loop = asyncio.get_running_loop()
            at = max(loop.time(), self._delivered + self._pause_s)
            self._timer = loop.call_at(at, self._deliver)

    def close(self) -> None:
        """Discard the waiting updates."""
        self._waiting.clear()
        if self._timer is not None:
            self._timer.cancel()

    def _deliver(self) -> None:
        self._timer = None
        self._delivered = asyncio.get_running_loop().time()
        self._send(self._waiting.take())


class ConnectionOutbox(Generic[News]):
    """Send updates over a connection, as fast as the connection accepts them.

    An update that waits is replaced by a newer one of the same kind. A client that leaves too many
    updates unread is dropped: it loses all of them, and ``deliver`` ends.
    """

    def __init__(self) -> None:
        self._waiting = LatestValues[News]()
        self._came = asyncio.Event()
        self._dropped = False

    def put(self, items: Items[News]) -> None:
        """Add updates, each with its kind; they replace waiting updates of the same kind."""
        if self._dropped:
            return
        self._waiting.put(items)
        if len(self._waiting) > MOST_WAITING:
            self._waiting.clear()
            self._dropped = True
        self._came.set()

    async def deliver(self, send: Callable[[News], Awaitable[None]]) -> None:
        """Send updates as they arrive, until this call is cancelled or the client is dropped."""
        while True:
            await self._came.wait()
            self._came.clear()
            if self._dropped:
                return
            for news in self._waiting.take():
                await send(news)

    async def deliver_until_dropped(
        self, socket: WebSocket, send: Callable[[News], Awaitable[None]]
    ) -> None:
        """Send updates over a WebSocket; close it when its client is dropped."""
        await self.deliver(send)
        await socket.close(1008, f"{MOST_WAITING} messages were not read")
