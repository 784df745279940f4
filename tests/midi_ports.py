"""MIDI ports for tests: one that records what is sent, and a JACK server of our own."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import mido
import pytest


class Recorder:
    """What a MIDI cable would carry."""

    def __init__(self) -> None:
        self.wire = b""
        self.broken = False

    def send(self, message: Any) -> None:  # noqa: ANN401  mido is untyped
        if self.broken:
            raise OSError("unplugged")
        self.wire += bytes(message.bytes())

    def close(self) -> None:
        self.broken = True


class Wire:
    """A port that hears the bytes it is given, parsed by mido as any port's are."""

    def __init__(self) -> None:
        self.parser = mido.Parser()
        self.broken = False

    def iter_pending(self) -> Iterator[Any]:
        if self.broken:
            raise OSError("unplugged")
        return iter(list(self.parser))

    def hear(self, data: bytes) -> None:
        self.parser.feed(data)

    def close(self) -> None:
        self.broken = True


@contextmanager
def jack_server() -> Iterator[None]:
    """jackd with its dummy driver, under a name that no other server has."""
    if not shutil.which("jackd"):
        missing("jackd", "jackd2")
    before = os.environ.get("JACK_DEFAULT_SERVER")
    os.environ["JACK_DEFAULT_SERVER"] = f"patchwright-{os.getpid()}"
    command = ["jackd", "--no-realtime", "-d", "dummy", "-r", "44100", "-p", "1024"]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        # A client that knocks while the server registers itself can spoil the registration.
        socket = f"jack_{os.environ['JACK_DEFAULT_SERVER']}_*"
        wait_for(lambda: bool([*Path("/dev/shm").glob(socket)]), "jackd opened its socket")
        time.sleep(0.5)
        yield
    finally:
        server.terminate()
        server.wait(10)
        del os.environ["JACK_DEFAULT_SERVER"]
        if before is not None:
            os.environ["JACK_DEFAULT_SERVER"] = before


def missing(program: str, package: str) -> None:
    """Skip, or fail where every plugin and program is demanded."""
    text = f"no {program}: get it with `apt-get install {package}`"
    if os.environ.get("PATCHWRIGHT_REQUIRE_PLUGINS") == "1":
        pytest.fail(text, pytrace=False)
    pytest.skip(text)


def wait_for(condition: Callable[[], bool], what: str, limit_s: float = 20.0) -> None:
    """Until ``condition`` holds; fails naming ``what`` when it does not in time."""
    end = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() > end:
            pytest.fail(f"{what} within {limit_s:g} s")
        time.sleep(0.02)
