"""A real server on free ports, and a client with real sockets."""

import itertools
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder
from pythonosc.osc_packet import OscPacket

from models.instrument.protocols import Playable
from plugin_bridge import protocol
from server.lifecycle import Running, Serving, serve_service
from server.session.service import Service
from tests.fakes.fake_model import FakeCheckpoint, FakeMatcher

FREE_PORTS = Serving(http_port=0, osc_port=0, oscquery_port=0, announce=False)
Heard = tuple[str, list[Any]]


def whole_state(checkpoint: Playable) -> list[str]:
    """What a refresh answers: the path of each knob, then the name of each parameter."""
    knobs = (f"/patchwright/macro/{n}" for n in range(1, len(checkpoint.macros) + 1))
    return [*knobs, *checkpoint.spec.names]


WHOLE_STATE = whole_state(FakeCheckpoint())


def fake_service() -> Service:
    """A service on the fakes."""
    return Service(FakeCheckpoint(), FakeMatcher())


@contextmanager
def live_server(
    open_: Callable[[], Service] = fake_service,
    token: str | None = None,
    announce: bool = False,
    ports: Serving = FREE_PORTS,
) -> Iterator[Running]:
    """The whole server in a thread; an error in it is an error here."""
    started, failed, running = threading.Event(), list[BaseException](), list[Running]()

    def ready(server: Running) -> None:
        running.append(server)
        started.set()

    def run() -> None:
        try:
            serve_service(open_, replace(ports, token=token, announce=announce), ready)
        except BaseException as error:
            failed.append(error)
        started.set()

    # A daemon: a server that hangs fails its test, and does not hang the tests.
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert started.wait(120)  # a real model is loaded, on a busy machine
    if failed:
        raise failed[0]
    try:
        yield running[0]
    finally:
        running[0].stop()
        thread.join(20)
        assert not thread.is_alive()
    if failed:
        raise failed[0]


class OscClient:
    """A controller: one UDP socket that sends and listens."""

    def __init__(self, running: Running, whole: list[str] = WHOLE_STATE) -> None:
        self.server, self.whole = running.osc, whole
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((protocol.LOOPBACK, 0))
        self.port: int = self.socket.getsockname()[1]
        self.state: list[Heard] = []
        self.marks = itertools.count()

    def __enter__(self) -> "OscClient":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, path: str, *args: object) -> None:
        """One message."""
        self.socket.sendto(message(path, *args).dgram, self.server)

    def subscribe(self, ttl_s: float = 60.0) -> list[Heard]:
        """Subscribe this socket; the whole state, which is said at once."""
        self.send("/patchwright/subscribe", self.port, ttl_s)
        return self.listen_until(self.is_whole)[-len(self.whole) :]

    def unsubscribe(self) -> None:
        """End this socket's subscription; nothing is said to that."""
        self.send("/patchwright/subscribe", self.port, 0.0)

    def hear(self) -> list[Heard]:
        """What was said to all that was sent so far.

        No silence is timed: a refresh is asked for, then a preset that cannot be, and both are
        answered only after all that came before. The refresh's answer is left in ``state``.
        """
        mark = f"mark-{self.port}-{next(self.marks)}"
        both = OscBundleBuilder(IMMEDIATELY)  # so that no other client's wish comes between
        both.add_content(message("/patchwright/refresh"))
        both.add_content(message("/patchwright/load", mark))
        self.socket.sendto(both.build().dgram, self.server)
        heard = self.listen_until(lambda heard: mark in str(heard[-1][1]))[:-1]
        self.state = heard[-len(self.whole) :]
        assert self.is_whole(self.state)
        return heard[: -len(self.whole)]

    def is_whole(self, heard: list[Heard]) -> bool:
        """Whether the last messages are the whole state."""
        return is_whole_state(heard, self.whole)

    def hear_until(self, path: str) -> list[Heard]:
        """All messages up to one of this address."""
        return self.listen_until(lambda heard: heard[-1][0] == path)

    def listen_until(self, done: Callable[[list[Heard]], bool]) -> list[Heard]:
        """All messages until it is done; each must follow the protocol."""
        heard: list[Heard] = []
        self.socket.settimeout(10)
        while not heard or not done(heard):
            for timed in OscPacket(self.socket.recv(65536)).messages:
                path, args = timed.message.address, timed.message.params
                protocol.check(path, args, protocol.OUTGOING)
                heard.append((path, args))
        return heard

    def hears_nothing(self, seconds: float = 0.3) -> bool:
        """Whether no message comes for so long."""
        self.socket.settimeout(seconds)
        try:
            self.socket.recv(65536)
        except TimeoutError:
            return True
        return False


def message(path: str, *args: object) -> OscMessage:
    """An OSC message."""
    builder = OscMessageBuilder(path)
    for value in args:
        builder.add_arg(value)  # type: ignore[arg-type]
    return builder.build()


def is_whole_state(heard: list[Heard], whole: list[str] = WHOLE_STATE) -> bool:
    """Whether the last messages are all knobs and all parameters, in their order."""
    tail = heard[-len(whole) :]
    return [args[0] if path == "/patchwright/param" else path for path, args in tail] == whole


def parameters(heard: list[Heard]) -> dict[str, list[Any]]:
    """Unit value, native value, text and steps by parameter name, the last one said."""
    return {args[0]: args[1:] for path, args in heard if path == "/patchwright/param"}


def knobs(heard: list[Heard]) -> dict[int, list[Any]]:
    """Position and name by knob number, the last one said."""
    prefix = "/patchwright/macro/"
    return {int(p.removeprefix(prefix)): args for p, args in heard if p.startswith(prefix)}


def errors(heard: list[Heard]) -> list[list[Any]]:
    """Id, code and text of the errors."""
    return [args for path, args in heard if path == "/patchwright/error"]
