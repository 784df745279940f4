"""Serve OSCQuery: the address tree over HTTP, and a WebSocket.

Text frames are commands (``LISTEN``, ``IGNORE``). Binary frames are OSC packets, in both
directions.
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
from plugin_bridge.addresses import is_any, plain_ip
from plugin_bridge.protocol import Address, Argument, ProtocolError
from server.http.errors import error_answer
from server.http.middleware import Access, guarded
from server.osc.handlers import OscApi
from server.osc.messages import encode
from server.osc.namespace import ATTRIBUTES, Node, find, host_info, tree, values
from server.osc.subscribers import Sender
from server.updates.outbox import ConnectionOutbox

CONNECTIONS = 32  # WebSockets at a time
PACKET_BYTES = 65_507  # largest UDP packet


class OscQuery:
    """Serve the addresses of an OSC server."""

    def __init__(self, api: OscApi, osc: tuple[str, int], port: int) -> None:
        """Set the OSC server to describe.

        Args:
            api: Handlers of the OSC messages.
            osc: IP address and UDP port of OSC.
            port: TCP port of OSCQuery.
        """
        self._api, self._osc, self._port = api, osc, port
        self._connections = 0

    def app(self, hosts: Sequence[str]) -> ASGIApp:
        """Return the ASGI application; ``hosts`` as for ``server.http.app.create_app``.

        A client gets access by sending the token over OSC, or in a header as for HTTP.
        """
        routes = [
            WebSocketRoute("/{path:path}", self.connected),
            Route("/{path:path}", self.answer, methods=["GET"]),
        ]
        gate = self._api.gate
        access = Access(hosts, gate.token, lambda scope: gate.admits(plain_ip(scope["client"][0])))
        return guarded(Starlette(routes=routes), access)

    def _osc_at(self, scope: Scope) -> tuple[str, int]:
        """Return the IP address and UDP port of OSC for a client: the address that it asked."""
        ip, port = self._osc
        return plain_ip(scope["server"][0]) if is_any(ip) else ip, port

    async def answer(self, request: Request) -> Response:
        """Return a node of the tree or one attribute of it; 204 if the node lacks the attribute."""
        asked = next(iter(request.query_params), "")
        if asked == "HOST_INFO":
            name = f"patchwright {self._api.service.model_name}"
            return JSONResponse(host_info(name, self._osc_at(request.scope), self._port))
        node = find(await self._tree(), request.path_params["path"])
        if node is None:
            return JSONResponse({"error": f"{request.url.path[:100]}: no such address"}, 404)
        if not asked:
            return JSONResponse(node)
        if asked not in ATTRIBUTES:
            known = ", ".join(ATTRIBUTES)
            return JSONResponse({"error": f"{asked[:50]}: no such attribute. Use {known}"}, 400)
        return JSONResponse({asked: node[asked]}) if asked in node else Response(status_code=204)

    async def connected(self, socket: WebSocket) -> None:
        """Serve one WebSocket until it closes."""
        if self._connections >= CONNECTIONS:
            full = error_answer(503, "busy", f"{CONNECTIONS} clients are connected: close one")
            return await socket.send_denial_response(full)
        await socket.accept()
        self._connections += 1
        connection = Connection(self._api, socket)
        try:
            await connection.run()
        finally:
            self._connections -= 1

    async def _tree(self) -> Node:
        """Return the whole tree with its current values."""
        return tree(*await self._api.service.state())


class Connection:
    """Serve one WebSocket, and send it each change of the addresses that it listens to."""

    def __init__(self, api: OscApi, socket: WebSocket) -> None:
        self._api, self._socket, self._news = api, socket, ConnectionOutbox[bytes]()
        host, port = socket.client or (protocol.LOOPBACK, 0)
        self._sender = Sender(plain_ip(host), port, "websocket")
        self._listened: set[str] = set()

    async def run(self) -> None:
        """Serve the connection until one side closes it."""
        self._api.subscribers.connect(self._sender, self._news)
        self._api.service.listeners.append(self._send_changes)
        send = self._news.deliver_until_dropped(self._socket, self._socket.send_bytes)
        sending = asyncio.create_task(send)
        try:
            with contextlib.suppress(WebSocketDisconnect, RuntimeError):
                await self._receive()
        finally:
            self._api.service.listeners.remove(self._send_changes)
            self._api.subscribers.disconnect(self._sender)
            self._api.cancel_matches(self._sender)
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)

    async def _receive(self) -> None:
        """Handle frames until the client disconnects."""
        while True:
            await asyncio.sleep(0)  # messages that have arrived already do not delay others
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            if (packet := message.get("bytes")) is not None:
                self._api.receive(packet[:PACKET_BYTES], self._sender)
            else:
                await self._obey(message.get("text") or "")
            await asyncio.sleep(0)  # frames that wait already must not stop the other clients

    async def _obey(self, text: str) -> None:
        """Apply a command of a text frame, or answer that it is unknown.

        libossia and others send commands of their own extensions, whatever we support.
        """
        try:
            command = json.loads(text)
            order, path = command["COMMAND"], command["DATA"]
        except (ValueError, KeyError, TypeError, RecursionError):
            order, path = text, None
        if order not in ("LISTEN", "IGNORE") or not isinstance(path, str):
            self._api.answer_seldom(self._sender, _unknown_command(order))
        elif order == "IGNORE":
            self._listened.discard(path)
        elif (value := (await self._values()).get(path)) is not None:
            self._listened.add(path)
            self._put(path, value)

    async def _values(self) -> dict[str, float]:
        """Return the current value of each address that can be read."""
        return self._named(*await self._api.service.state())

    def _named(self, changes: Sequence[ParameterValue], knobs: Sequence[Knob]) -> dict[str, float]:
        return values(changes, knobs, self._api.service.instrument.names)

    def _send_changes(
        self, changes: Sequence[ParameterValue], knobs: Sequence[Knob], origin: object
    ) -> None:
        """Queue the changes that the client listens to, except a knob that it turned."""
        for path, value in self._named(changes, knobs).items():
            if path in self._listened and not (origin == self._sender and _is_knob(path)):
                self._put(path, value)

    def _put(self, path: str, value: float) -> None:
        """Queue a value for the client."""
        self._news.put([(path, encode(path, VALUE, [value]))])


def _unknown_command(order: object) -> ProtocolError:
    """Return the error for a text frame that is not a command."""
    shown = str(order)[: protocol.LONGEST_SHOWN] if isinstance(order, str) else type(order).__name__
    return ProtocolError(
        f"{shown!r}: not a command of this server: send LISTEN or IGNORE with the path as DATA, or "
        "OSC packets"
    )


VALUE = Address("", (Argument("value", "float"),), "current value of a control")


def _is_knob(path: str) -> bool:
    """Return whether a path is that of a knob."""
    return path.startswith(protocol.MACRO.at(0)[:-1])
