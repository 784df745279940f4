"""Start and stop the server: HTTP and OSC over one service, in one event loop."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import platformdirs
import uvicorn

from datasets.errors import ServeError
from models.checkpoint import load_checkpoint
from plugin_bridge.protocol import HTTP_PORT, LOOPBACK, OSC_PORT
from server.http.app import LOOPBACK_HOSTS, create_app
from server.inference import Inference
from server.osc_api import OscApi
from server.service import Service

COLLECTION = "collection.sqlite3"  # in the data folder
PATIENCE_S = 5  # for requests under way when the server is told to stop


@dataclass(frozen=True)
class Running:
    """A server that answers: where, and how to end it."""

    http_url: str
    osc: tuple[str, int]  # IP and UDP port
    stop: Callable[[], object]  # from any thread; returns at once


Ready = Callable[[Running], object]


def serve(
    model: str,
    host: str = LOOPBACK,
    http_port: int = HTTP_PORT,
    osc_port: int = OSC_PORT,
    token: str | None = None,
    ready: Ready | None = None,
    data: Path | None = None,
) -> None:
    """Serve a model until SIGINT or SIGTERM; blocks.

    ``model`` is a shipped name or a checkpoint folder; a port of 0 takes any free one; ``ready`` is
    called once both answer; ``data`` is the folder of what players keep. OSC always listens on
    loopback only. Raises ServeError for a port in use, a host that needs a token or a folder that
    cannot be used, CheckpointError for the model.
    """
    serve_service(lambda: open_service(model, data), host, http_port, osc_port, token, ready)


def open_service(model: str, data: Path | None = None) -> Service:
    """The service of a model by name or folder; ``data`` as the user's platform has it, if None."""
    checkpoint = load_checkpoint(model)
    folder = data or platformdirs.user_data_path("patchwright")
    return Service(checkpoint, Inference(checkpoint), folder / COLLECTION)


def serve_service(
    open_: Callable[[], Service],
    host: str = LOOPBACK,
    http_port: int = HTTP_PORT,
    osc_port: int = OSC_PORT,
    token: str | None = None,
    ready: Ready | None = None,
) -> None:
    """As ``serve``, with a service that is opened once both ports are ours."""
    if not is_loopback(host) and not token:
        raise ServeError(f"--host {host} can be reached from other machines: it needs a --token")
    with (
        contextlib.closing(bind_tcp(host, http_port)) as http,
        contextlib.closing(bind_udp(LOOPBACK, osc_port)) as osc,
        contextlib.closing(open_()) as service,
    ):
        hosts = LOOPBACK_HOSTS if is_loopback(host) else ("*",)
        config = uvicorn.Config(
            create_app(service, hosts, token or None),
            log_level="warning",
            access_log=False,
            lifespan="off",
            proxy_headers=False,
            timeout_graceful_shutdown=PATIENCE_S,
        )
        asyncio.run(_serve(Server(config), OscApi(service), http, osc, ready))


class Server(uvicorn.Server):
    """uvicorn, without its signal handlers: they would kill the process before OSC has stopped."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to ``_stopped_by_signals``."""
        yield


async def _serve(
    server: Server, osc_api: OscApi, http: socket.socket, osc: socket.socket, ready: Ready | None
) -> None:
    loop = asyncio.get_running_loop()

    def stop() -> None:
        server.force_exit = server.should_exit  # asked twice: do not wait for requests
        server.should_exit = True

    await osc_api.start(osc)
    with _stopped_by_signals(stop):
        serving = loop.create_task(server.serve(sockets=[http]))
        while not server.started and not serving.done():
            await asyncio.sleep(0.01)
        if server.started:
            address = osc.getsockname()[:2]
            running = Running(_url(http), address, lambda: loop.call_soon_threadsafe(stop))
            print(
                f"patchwright: {running.http_url} and osc.udp://{address[0]}:{address[1]}",
                flush=True,
            )
            if ready is not None:
                ready(running)
        try:
            await serving
        finally:
            await osc_api.close()


@contextlib.contextmanager
def _stopped_by_signals(stop: Callable[[], None]) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield  # Python gives signals to the main thread only
        return
    wanted = (signal.SIGINT, signal.SIGTERM)
    # signal.signal and not the loop's own: those do not exist on Windows.
    before = {number: signal.signal(number, lambda *_: stop()) for number in wanted}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a host name or address."""
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"


def bind_tcp(host: str, port: int) -> socket.socket:
    """A TCP socket that is ours and listens; ServeError says which option changes the port."""
    return _bind(host, port, socket.SOCK_STREAM, "--http-port")


def bind_udp(host: str, port: int) -> socket.socket:
    """The same for UDP."""
    return _bind(host, port, socket.SOCK_DGRAM, "--osc-port")


def _bind(host: str, port: int, kind: socket.SocketKind, option: str) -> socket.socket:
    if not 0 <= port <= 65535:
        raise ServeError(f"{option} {port} is outside 0..65535")
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=kind)[0]
    except OSError as error:
        raise ServeError(f"--host {host}: {error.strerror or error}") from error
    bound = socket.socket(family, kind)
    try:
        if kind is socket.SOCK_STREAM and os.name == "posix":
            # A port whose last server has just stopped is free. On Windows, and for UDP, the same
            # option would share the port with a living server instead.
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        # Only listening claims a TCP port: with SO_REUSEADDR a second bind alone would succeed.
        if kind is socket.SOCK_STREAM:
            bound.listen()
    except OSError as error:
        bound.close()
        name = "UDP" if kind is socket.SOCK_DGRAM else "TCP"
        raise ServeError(
            f"cannot use {name} port {port} on {host} ({error.strerror}): "
            f"stop what uses it, or choose another with {option}"
        ) from error
    return bound


def _url(http: socket.socket) -> str:
    host, port = http.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
