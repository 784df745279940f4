"""Start and stop HTTP, OSC and OSCQuery for one service, in one event loop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import multiprocessing
import os
import signal
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs
import uvicorn
from starlette.types import ASGIApp

from datasets.errors import ServeError
from datasets.foreign_files import file_content
from models.matching.threads import one_thread
from plugin_bridge.addresses import ip_of, is_loopback, shown
from plugin_bridge.protocol import HTTP_PORT, LOOPBACK, OSC_PORT, OSCQUERY_PORT
from renderer.plugins.patch_template import MOST_BYTES, PatchFile, PatchTemplate
from renderer.workers.own_patch import named_patch
from server.http.app import OWN_NAMES, create_app
from server.http.connections import ACCEPTED, QUEUED, BoundedHttp, BoundedWebSocket
from server.http.uploads import clean_uploads
from server.jobs.matcher_process import MatcherProcess
from server.logging_setup import Logged
from server.osc.auth import TokenGate
from server.osc.discovery import announced, machine_names
from server.osc.oscquery import PACKET_BYTES, OscQuery
from server.osc.udp import UdpServer
from server.presets.store import PresetStore
from server.session.served_models import load_playable, served_models
from server.session.service import Service
from server.sockets import bind_tcp, bind_udp, port_of, url_of

log = logging.getLogger(__name__)

COLLECTION = "collection.sqlite3"  # in the data folder
PATIENCE_S = 5  # time that requests in progress have to finish when the server stops
STOPPING_S = 60.0  # time until a server that receives a stop signal is ended by force


@dataclass(frozen=True)
class Serving:
    """Hold the addresses on which a server listens; port 0 takes a free port."""

    host: str = LOOPBACK  # of HTTP
    http_port: int = HTTP_PORT
    osc_host: str = LOOPBACK  # of OSC and OSCQuery
    osc_port: int = OSC_PORT
    oscquery_port: int = OSCQUERY_PORT
    token: str | None = None
    announce: bool = True  # announce the server by Zeroconf

    def __post_init__(self) -> None:
        """Check that every address that other machines can reach has a token.

        Raises:
            ServeError: An address is not loopback and there is no token.
        """
        for option, host in (("--host", self.host), ("--osc-host", self.osc_host)):
            if not is_loopback(host) and not self.token:
                raise ServeError(
                    f"{option} {host}: other machines can reach this address. Set a --token"
                )


@dataclass(frozen=True)
class Running:
    """Describe a running server: its addresses, and how to stop it."""

    http_url: str
    osc: tuple[str, int]  # IP address and UDP port
    oscquery_url: str
    stop: Callable[[], object]  # call it from any thread; it returns at once


Ready = Callable[[Running], object]


def serve(
    model: str,
    serving: Serving,
    data: Path | None = None,
    ready: Ready | None = None,
    patch: Path | None = None,
) -> None:
    """Serve a model until SIGINT or SIGTERM arrives; block until then.

    Args:
        model: Name of a shipped model, or a checkpoint folder.
        serving: Addresses, ports and token.
        data: Folder of the saved presets; by default the user's data folder.
        ready: Called once all ports answer.
        patch: A preset file to play on; by default the model's own template.

    Raises:
        ServeError: A port is in use, or the folder cannot be used.
        CheckpointError: The model cannot be loaded.
        StoreError: The preset file cannot be used.
    """
    serve_service(lambda: open_service(model, data, patch), serving, ready)


def open_service(model: str, data: Path | None = None, patch: Path | None = None) -> Service:
    """Open the service of a model.

    Args:
        model: Name of a shipped model, or the folder of a model.
        data: Folder of the saved presets; by default the user's data folder.
        patch: A preset file to play on; by default the model's own template.

    Returns:
        The service; close it when it is no longer needed.

    Raises:
        CheckpointError: The model cannot be loaded.
        StoreError: The preset file cannot be used.
        RenderError: The synth fails on it.
    """
    one_thread()
    collection = (data or platformdirs.user_data_path("patchwright")) / COLLECTION
    with PresetStore(collection):
        pass  # a collection that cannot be used is reported before a synth loads
    checkpoint = load_playable(model)
    file = None
    if patch is not None:  # a file that is no preset is reported before the synth loads
        file = named_patch(file_content(patch, MOST_BYTES), patch.name, checkpoint.spec)
    models = served_models(model, checkpoint.name)
    matcher = MatcherProcess(model)
    try:
        template = _template(matcher, file) if file else None
        return Service(checkpoint, matcher, collection, models, template)
    except BaseException:
        matcher.close()
        raise


def _template(matcher: MatcherProcess, file: PatchFile) -> PatchTemplate:
    """Read a preset file and log what the model assumes and the patch lacks."""
    template = matcher.read_patch(file)
    for line in template.notes:
        log.info("%s: %s", template.file.name, line)
    return template


def serve_service(
    open_: Callable[[], Service], serving: Serving, ready: Ready | None = None
) -> None:
    """Serve a service until SIGINT or SIGTERM arrives; block until then.

    The ports are bound before the service opens. A port that is in use is therefore reported before
    a model loads.

    Args:
        open_: Opens the service.
        serving: Addresses, ports and token.
        ready: Called once all ports answer.

    Raises:
        ServeError: A port is in use or an address is unknown.
    """
    osc_host = serving.osc_host
    clean_uploads()
    with (
        contextlib.closing(
            bind_tcp(serving.host, serving.http_port, "--host", "--http-port")
        ) as http,
        contextlib.closing(bind_udp(osc_host, serving.osc_port, "--osc-host", "--osc-port")) as osc,
        contextlib.closing(
            bind_tcp(osc_host, serving.oscquery_port, "--osc-host", "--oscquery-port")
        ) as query,
        contextlib.closing(open_()) as service,
    ):
        asyncio.run(_serve(service, serving, Sockets(http, osc, query), ready))


@dataclass(frozen=True)
class Sockets:
    """Hold the sockets of a server, already bound."""

    http: socket.socket
    osc: socket.socket
    query: socket.socket


class Server(uvicorn.Server):
    """Run uvicorn without its signal handlers, which would end the process before OSC stops."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to ``_stopped_by_signals``."""
        yield

    def stop(self) -> None:
        """Stop after the requests in progress; stop at once when called a second time."""
        self.force_exit = self.should_exit
        self.should_exit = True


async def _serve(service: Service, serving: Serving, sockets: Sockets, ready: Ready | None) -> None:
    """Serve all transports until ``stop`` is called."""
    loop = asyncio.get_running_loop()
    udp = UdpServer(service, TokenGate(serving.token))
    await udp.start(sockets.osc)
    address = (str(sockets.osc.getsockname()[0]), port_of(sockets.osc))
    query = OscQuery(udp.api, address, port_of(sockets.query))
    servers = [
        _server(Logged(create_app(service, _hosts(serving.host), serving.token))),
        _server(Logged(query.app(_hosts(serving.osc_host)))),
    ]

    def stop() -> None:
        # A client that waits for a match then receives the best result so far.
        service.matching.jobs.cancel_all()
        for server in servers:
            server.stop()

    try:
        with _stopped_by_signals(stop):
            async with _started(servers, [sockets.http, sockets.query]) as serves:
                running = Running(
                    url_of(sockets.http),
                    address,
                    url_of(sockets.query),
                    lambda: loop.call_soon_threadsafe(stop),
                )
                async with _announced(service, serving, running, port_of(sockets.query)):
                    _report_start(running, ready)
                    await serves
    finally:
        await udp.close()


@contextlib.asynccontextmanager
async def _started(
    servers: list[Server], sockets: list[socket.socket]
) -> AsyncIterator[asyncio.Future[Any]]:
    """Start all servers and yield a future that is done once they have stopped."""
    pairs = zip(servers, sockets, strict=True)
    serves = asyncio.gather(*(server.serve(sockets=[bound]) for server, bound in pairs))
    while not all(server.started for server in servers) and not serves.done():
        await asyncio.sleep(0.01)
    for bound in sockets:
        bound.listen(QUEUED)  # asyncio uses one number for this and for the accepts of one step
    yield serves
    for server in servers:
        server.stop()
    await serves


@contextlib.asynccontextmanager
async def _announced(
    service: Service, serving: Serving, running: Running, query_port: int
) -> AsyncIterator[None]:
    """Announce the server by Zeroconf while the context is open, unless this is switched off."""
    if not serving.announce:
        yield
        return
    name = f"patchwright {service.model_name}"
    ip, port = running.osc
    async with announced(name, ip, query_port, port):
        yield


def _report_start(running: Running, ready: Ready | None) -> None:
    """Print and log the addresses, then call ``ready``."""
    osc = f"osc.udp://{shown(*running.osc)}"
    print(f"patchwright: {running.http_url} and {osc}", flush=True)
    addresses = {"osc": running.osc[1], "oscquery": running.oscquery_url}
    log.info("serving", extra={"http": running.http_url} | addresses)
    if ready is not None:
        ready(running)


def _server(app: ASGIApp) -> Server:
    """Return a uvicorn server for an application."""
    config = uvicorn.Config(
        app,
        http=BoundedHttp,
        ws=BoundedWebSocket,
        backlog=ACCEPTED,
        log_config=None,
        log_level="warning",
        access_log=False,
        lifespan="off",
        proxy_headers=False,
        ws_max_size=PACKET_BYTES,
        timeout_graceful_shutdown=PATIENCE_S,
    )
    return Server(config)


def _hosts(host: str) -> tuple[str, ...]:
    """Return the host names that requests may use; if others have access, this machine's names."""
    given = () if ip_of(host) else (host.lower(),)
    return (*OWN_NAMES, *given, *(() if is_loopback(host) else machine_names()))


@contextlib.contextmanager
def _stopped_by_signals(stop: Callable[[], None]) -> Iterator[None]:
    """Call ``stop`` for SIGINT and SIGTERM while the context is open."""
    if threading.current_thread() is not threading.main_thread():
        yield  # Python delivers signals to the main thread only
        return
    wanted = (signal.SIGINT, signal.SIGTERM)

    def stop_in_time() -> None:
        ending = threading.Timer(STOPPING_S, _end_by_force)
        ending.daemon = True  # it does not delay a server that stops by itself
        ending.start()
        stop()

    # The event loop's own signal handlers do not exist on Windows.
    before = {number: signal.signal(number, lambda *_: stop_in_time()) for number in wanted}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end_by_force() -> None:
    """End this process and its matcher: a plugin, a disk or a lock does not let it stop."""
    log.error("the server has not stopped within %g s: ending it", STOPPING_S)
    for process in multiprocessing.active_children():
        process.kill()
    os._exit(1)
