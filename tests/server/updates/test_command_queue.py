"""What is wished for is done once, the newest of each kind, in an order that can be relied on."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from server.jobs.short_requests import BusyError
from server.updates.command_queue import MOST, CommandQueue

Reported = list[str]


def never(error: Exception) -> None:
    raise error


def saying(reported: Reported, word: str) -> Callable[[], Awaitable[None]]:
    async def say() -> None:
        reported.append(word)

    return say


def followed(command: Callable[[CommandQueue, Reported], None]) -> Reported:
    """What was done, and the errors."""
    reported: Reported = []

    async def run() -> None:
        commands = CommandQueue()
        command(commands, reported)
        for _ in range(10):
            await asyncio.sleep(0)

    asyncio.run(run())
    return reported


def test_a_newer_command_of_a_kind_takes_the_others_turn() -> None:
    def command(commands: CommandQueue, reported: Reported) -> None:
        for kind, word in (("a", "a1"), ("b", "b1"), ("a", "a2")):
            commands.add(kind, saying(reported, word), never)

    assert followed(command) == ["a2", "b1"]


def test_one_that_asks_for_the_state_comes_last() -> None:
    def command(commands: CommandQueue, reported: Reported) -> None:
        for kind, word, last in (("r", "r1", True), ("b", "b1", False), ("r", "r2", True)):
            commands.add(kind, saying(reported, word), never, last)

    assert followed(command) == ["b1", "r2"]


def test_steps_are_never_replaced_and_nothing_passes_them() -> None:
    def command(commands: CommandQueue, reported: Reported) -> None:
        commands.add("a", saying(reported, "a1"), never)
        commands.add_step(saying(reported, "s1"), never)
        commands.add_step(saying(reported, "s2"), never)
        commands.add("a", saying(reported, "a2"), never)

    assert followed(command) == ["a1", "s1", "s2", "a2"]


def test_an_error_is_reported_and_the_next_is_done() -> None:
    def command(commands: CommandQueue, reported: Reported) -> None:
        async def fail() -> None:
            raise RuntimeError("a bug")

        commands.add("a", fail, lambda error: reported.append(str(error)))
        commands.add("b", saying(reported, "b1"), never)

    assert followed(command) == ["a bug", "b1"]


def test_too_many_are_refused_and_forgotten_at_the_end() -> None:
    async def run() -> None:
        commands, reported = CommandQueue(), Reported()
        for number in range(MOST):
            commands.add(number, saying(reported, "x"), never)
        with pytest.raises(BusyError, match="send fewer"):
            commands.add("one more", saying(reported, "x"), never)
        commands.close()
        await asyncio.sleep(0)
        assert not reported

    asyncio.run(run())
