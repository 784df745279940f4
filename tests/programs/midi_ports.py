"""MIDI ports for tests: what a cable would carry, both ways."""

import time
from collections.abc import Callable, Iterator
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


def wait_for(condition: Callable[[], bool], what: str, limit_s: float = 20.0) -> None:
    """Until ``condition`` holds; fails naming ``what`` when it does not in time."""
    end = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() > end:
            pytest.fail(f"{what} within {limit_s:g} s")
        time.sleep(0.02)
