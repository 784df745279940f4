"""OSCQuery: the address tree over HTTP, and a WebSocket.

Text frames are commands (``LISTEN``, ``IGNORE``), binary frames are OSC packets, both ways.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Scope
from starlette.websockets import WebSocket, WebSocketDisconnect

from models.instrument.instrument import Knob, ParameterValue
from plugin_bridge import protocol
from plugin_bridge.protocol import Address, Argument
from server.http.errors import error_answer
from server.http.middleware import guarded
from server.osc.handlers import OscApi
from server.osc.messages import encode
from server.osc.namespace import ATTRIBUTES, Node, find, host_info, tree, values
from server.osc.subscribers import Sender
from server.updates.outbox import ConnectionOutbox

CONNECTIONS = 32  # WebSockets at a time
PACKET_BYTES = 65_507  # the most that UDP carries


class OscQuery:
    """The OSCQuery side of an OSC server."""

    def __init__(self, api: OscApi, osc: tuple[str, int], port: int) -> None:
        """``osc`` is where packets are taken by UDP, ``port`` the TCP port of this side."""
        self._api, self._osc, self._port = api, osc, port
        self._connections = 0

    def app(self, hosts: Sequence[str]) -> ASGIApp:
        """The ASGI application; ``hosts`` as of ``server.http.app``."""
        routes = [
            WebSocketRoute("/{path:path}", self.connected),
            Route("/{path:path}", self.answer, methods=["GET"]),
        ]
        return guarded(Starlette(routes=routes), hosts, self._admits)

    def _admits(self, scope: Scope) -> bool:
        """Who may play by UDP: a client that cannot send a header sends the token there."""
        return self._api.gate.admits(scope["client"][0])

    async def answer(self, request: Request) -> Response:
        """A node of the tree, or one of its attributes: 204 when it has none of that name."""
        asked = next(iter(request.query_params), "")
        if asked == "HOST_INFO":
            name = f"patchwright {self._api.service.model_name}"
            return JSONResponse(host_info(name, self._osc, self._port))
        node = find(await self._tree(), request.path_params["path"])
        if node is None:
            return JSONResponse({"error": f"no address {request.url.path[:100]}"}, 404)
        if not asked:
            return JSONResponse(node)
        if asked not in ATTRIBUTES:
            return JSONResponse({"error": f"no attribute {asked[:50]}"}, 400)
        return JSONResponse({asked: node[asked]}) if asked in node else Response(status_code=204)

    async def connected(self, socket: WebSocket) -> None:
        """One connection, until it closes."""
        if self._connections >= CONNECTIONS:
            full = error_answer(503, "busy", f"{CONNECTIONS} are connected already")
            return await socket.send_denial_response(full)
        await socket.accept()
        self._connections += 1
        connection = Connection(self._api, socket)
        try:
            await connection.run()
        finally:
            self._connections -= 1

    async def _tree(self) -> Node:
        return tree(*await self._api.service.state())


class Connection:
    """A WebSocket: what it listens to is told as it changes, the newest value of each."""

    def __init__(self, api: OscApi, socket: WebSocket) -> None:
        self._api, self._socket, self._news = api, socket, ConnectionOutbox[bytes]()
        host, port = socket.client or ("127.0.0.1", 0)
        self._sender = Sender(host, port, "websocket")
        self._listened: set[str] = set()

    async def run(self) -> None:
        """Until it closes, whichever side does."""
        self._api.subscribers.connect(self._sender, self._news)
        self._api.service.listeners.append(self._tell)
        telling = asyncio.create_task(self._news.deliver(self._socket.send_bytes))
        try:
            with contextlib.suppress(WebSocketDisconnect, RuntimeError):
                await self._hear()
        finally:
            self._api.service.listeners.remove(self._tell)
            self._api.subscribers.disconnect(self._sender)
            telling.cancel()
            await asyncio.gather(telling, return_exceptions=True)

    async def _hear(self) -> None:
        while True:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            if (packet := message.get("bytes")) is not None:
                self._api.receive(packet[:PACKET_BYTES], self._sender)
            elif not await self._obey(message.get("text") or ""):
                return await self._socket.close(1003, "send LISTEN or IGNORE, or OSC packets")

    async def _obey(self, text: str) -> bool:
        """Follow a command; whether it was one."""
        try:
            command = json.loads(text)
            order, path = command["COMMAND"], command["DATA"]
        except (ValueError, KeyError, TypeError, RecursionError):
            return False
        if order not in ("LISTEN", "IGNORE") or not isinstance(path, str):
            return False
        if order == "IGNORE":
            self._listened.discard(path)
        elif (value := (await self._values()).get(path)) is not None:
            self._listened.add(path)
            self._put(path, value)
        return True

    async def _values(self) -> dict[str, float]:
        return self._named(*await self._api.service.state())

    def _named(self, changes: Sequence[ParameterValue], knobs: Sequence[Knob]) -> dict[str, float]:
        return values(changes, knobs, self._api.service.instrument.spec.names)

    def _tell(
        self, changes: Sequence[ParameterValue], knobs: Sequence[Knob], origin: object
    ) -> None:
        for path, value in self._named(changes, knobs).items():
            if path in self._listened and not (origin == self._sender and _is_knob(path)):
                self._put(path, value)

    def _put(self, path: str, value: float) -> None:
        self._news.put([(path, encode(path, VALUE, [value]))])


VALUE = Address("", (Argument("value", "float"),), "a control's present value")


def _is_knob(path: str) -> bool:
    return path.startswith(protocol.MACRO.at(0)[:-1])
