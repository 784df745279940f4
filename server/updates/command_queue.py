"""Queue commands; a newer one of the same kind replaces one that waits."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable

from server.jobs.match_queue import BusyError

MOST = 4096  # that wait: every knob and parameter, and some steps back

Command = Callable[[], Awaitable[None]]
Failed = Callable[[Exception], None]


class CommandQueue:
    """Commands run one at a time; one that waits is replaced by a newer one of its kind.

    For one event loop. All clients share it, over every transport, so that a knob which two of them
    turn goes where the last one put it.
    """

    def __init__(self) -> None:
        self._waiting: dict[Hashable, tuple[Command, Failed]] = {}
        self._era = 0  # commands of one era replace each other
        self._task: asyncio.Task[None] | None = None

    def add(self, kind: Hashable, command: Command, failed: Failed, last: bool = False) -> None:
        """Add a command; ``failed`` is called with its error. BusyError when too many wait.

        It takes the turn of the one that it replaces, or, with ``last``, comes after all others.
        """
        if len(self._waiting) >= MOST:
            raise BusyError(f"{MOST} messages wait to be followed: send fewer")
        if last:
            self._waiting.pop((self._era, kind), None)
        self._waiting[self._era, kind] = (command, failed)
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._follow())

    def add_step(self, command: Command, failed: Failed) -> None:
        """The same for one that never is replaced, and that what comes later has to wait for."""
        self._era += 1
        self.add(None, command, failed)
        self._era += 1

    def close(self) -> None:
        """Forget what waits."""
        self._waiting.clear()
        if self._task is not None:
            self._task.cancel()

    async def _follow(self) -> None:
        while self._waiting:
            command, failed = self._waiting.pop(next(iter(self._waiting)))
            try:
                await command()
            except Exception as error:  # knobs must live on, whatever one of them meets
                failed(error)
