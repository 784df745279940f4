"""Queue commands; a newer command replaces a waiting one of the same kind."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable

from server.jobs.short_requests import BusyError

MOST = 4096  # waiting commands: enough for every knob and parameter, and some undo steps

Command = Callable[[], Awaitable[None]]
Failed = Callable[[Exception], None]


class CommandQueue:
    """Run commands one at a time; a newer command replaces a waiting one of the same kind.

    The queue is for one event loop. All clients share it over every transport: if two clients turn
    one knob, the knob takes the most recent position.
    """

    def __init__(self) -> None:
        self._waiting: dict[Hashable, tuple[Command, Failed]] = {}
        self._era = 0  # commands of one era replace each other
        self._task: asyncio.Task[None] | None = None

    def add(self, kind: Hashable, command: Command, failed: Failed, last: bool = False) -> None:
        """Add a command.

        It takes the turn of the command that it replaces.

        Args:
            kind: Commands of the same kind replace each other.
            command: The command to run.
            failed: Called with the error if the command fails.
            last: Run the command after all waiting ones, even if it replaces one of them.

        Raises:
            BusyError: Too many commands wait.
        """
        if len(self._waiting) >= MOST:
            raise BusyError(f"{MOST} messages wait already: send fewer, or send them more slowly")
        if last:
            self._waiting.pop((self._era, kind), None)
        self._waiting[self._era, kind] = (command, failed)
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._follow())

    def add_step(self, command: Command, failed: Failed) -> None:
        """Add a command that is never replaced and that later commands wait for.

        Args:
            command: The command to run.
            failed: Called with the error if the command fails.

        Raises:
            BusyError: Too many commands wait.
        """
        self._era += 1
        self.add(None, command, failed)
        self._era += 1

    def close(self) -> None:
        """Cancel the running command and discard the waiting ones."""
        self._waiting.clear()
        if self._task is not None:
            self._task.cancel()

    async def _follow(self) -> None:
        """Run the waiting commands in their order until none is left."""
        while self._waiting:
            command, failed = self._waiting.pop(next(iter(self._waiting)))
            try:
                await command()
            except Exception as error:  # one failed command must not stop the others
                failed(error)
