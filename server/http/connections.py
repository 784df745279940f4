"""Bound the connections of a server: their number, the time of a header, clients that never read.

uvicorn closes an idle connection only after its first response, and waits without end for a client
that does not read.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

CONNECTIONS = 80  # Of one port; macOS allows a program 256 open files.
ACCEPTED = 8  # Connections that are accepted in one step, and may be over the limit for a moment.
QUEUED = 1024  # Connections that the system holds until they are accepted.
HEADER_S = 10.0  # Until the header of the first request is complete.
UNREAD_S = 20.0  # Without any progress while a client has not read what was sent.


class ReadingGuard:
    """Close a connection whose client has stopped to read."""

    def __init__(self) -> None:
        self._timer: asyncio.TimerHandle | None = None

    def watch(self, transport: asyncio.Transport, unread: int | None = None) -> None:
        """Close the connection when no byte was read in ``UNREAD_S``, else check again.

        Args:
            transport: The connection.
            unread: Number of bytes that the client had not read at the last check.
        """
        left = transport.get_write_buffer_size()
        if unread is not None and left >= unread:
            transport.abort()  # close() would wait for the client
            return
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(UNREAD_S, self.watch, transport, left)

    def stop(self) -> None:
        """Stop to check."""
        if self._timer is not None:
            self._timer.cancel()


class BoundedHttp(H11Protocol):
    """Serve HTTP on a limited number of connections.

    When all are taken, the oldest one that waits for its client makes place for a new one.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Accept a connection, or close it if there are too many."""
        super().connection_made(transport)
        self._reading, self._since = ReadingGuard(), self.loop.time()
        self._header = self.loop.call_later(HEADER_S, self._close_without_header)
        # One that closes stays in the set until the next step of the loop.
        alive = [one for one in self.connections if not one.transport.is_closing()]
        if len(alive) > CONNECTIONS:
            others = (one for one in alive if isinstance(one, BoundedHttp) and one is not self)
            waiting = [one for one in others if one.waits_for_client]
            min(waiting, key=lambda one: one._since, default=self).transport.abort()

    @property
    def waits_for_client(self) -> bool:
        """Return whether the client must act: send its request, or read the response."""
        cycle = self.cycle
        return cycle is None or cycle.response_complete or cycle.more_body or self.flow.write_paused

    def _close_without_header(self) -> None:
        """Close a connection whose first header is not complete."""
        if self.cycle is None:
            self.transport.abort()

    def handle_websocket_upgrade(self, event: Any) -> None:  # noqa: ANN401  uvicorn's own type
        """Hand the connection over to the WebSocket."""
        self._header.cancel()
        super().handle_websocket_upgrade(event)

    def pause_writing(self) -> None:
        """Note that the client does not read."""
        super().pause_writing()
        self._reading.watch(self.transport)

    def resume_writing(self) -> None:
        """Note that the client reads again."""
        super().resume_writing()
        self._reading.stop()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._header.cancel()
        super().connection_lost(exc)


class BoundedWebSocket(WebSocketsSansIOProtocol):
    """Serve a WebSocket, and drop a client that does not read or does not answer."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Accept a connection."""
        super().connection_made(transport)
        self._reading = ReadingGuard()

    def pause_writing(self) -> None:
        """Note that the client does not read."""
        super().pause_writing()
        self._reading.watch(self.transport)

    def resume_writing(self) -> None:
        """Note that the client reads again."""
        super().resume_writing()
        self._reading.stop()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._reading.stop()
        super().connection_lost(exc)

    def keepalive_timeout(self) -> None:
        """Drop a client that does not answer a ping; it does not read a close message either."""
        self.transport.abort()
