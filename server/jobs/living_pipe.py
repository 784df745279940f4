"""Exchange messages with another process, and notice when it hangs.

A process that works sends a sign of life each second, from a thread of its own. A process that is
stopped, or that holds Python's lock for ever, sends none.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

BEAT_S = 1.0
HUNG_S = 20.0  # without a sign of life; a busy machine delays them
STEP_S = 0.5  # longest time until a pipe that another thread has closed is noticed
ALIVE = "alive"


class HungError(Exception):
    """Signal that the other process sent no sign of life."""


def receive(pipe: Connection, patience_s: float) -> Any:  # noqa: ANN401  any message
    """Wait for a message; signs of life are messages too.

    Args:
        pipe: The pipe to the other process.
        patience_s: Longest time to wait, in seconds.

    Returns:
        The message.

    Raises:
        HungError: No message came in time.
        EOFError: The other process has ended.
        OSError: The pipe is closed.
    """
    end = time.monotonic() + patience_s
    while not pipe.poll(STEP_S):
        if time.monotonic() > end:
            raise HungError(f"no sign of life for {patience_s:g} s")
    return pipe.recv()


class LivingPipe:
    """Send messages from the process that works, with signs of life between them."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe, self._lock = pipe, threading.Lock()
        self.recv = pipe.recv

    def send(self, message: tuple[str, object]) -> None:
        """Send a message of a kind and a content."""
        with self._lock:
            self._pipe.send(message)

    @contextmanager
    def working(self) -> Iterator[None]:
        """Send signs of life while the context is open."""
        done = threading.Event()
        beats = threading.Thread(target=self._beat, args=(done,), daemon=True)
        beats.start()
        try:
            yield
        finally:
            done.set()
            beats.join()

    def _beat(self, done: threading.Event) -> None:
        """Send signs of life until the work is done or the server has ended."""
        while not done.wait(BEAT_S):
            try:
                self.send((ALIVE, None))
            except OSError:
                return
