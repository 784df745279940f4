"""What is wished for is done once, the newest of each kind, in an order that can be relied on."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from server.jobs.match_queue import BusyError
from server.updates.command_queue import MOST, CommandQueue

Told = list[str]


def never(error: Exception) -> None:
    raise error


def saying(told: Told, word: str) -> Callable[[], Awaitable[None]]:
    async def say() -> None:
        told.append(word)

    return say


def followed(command: Callable[[CommandQueue, Told], None]) -> Told:
    """What was done, and the errors."""
    told: Told = []

    async def run() -> None:
        commands = CommandQueue()
        command(commands, told)
        for _ in range(10):
            await asyncio.sleep(0)

    asyncio.run(run())
    return told


def test_a_newer_wish_of_a_kind_takes_the_others_turn() -> None:
    def command(commands: CommandQueue, told: Told) -> None:
        for kind, word in (("a", "a1"), ("b", "b1"), ("a", "a2")):
            commands.add(kind, saying(told, word), never)

    assert followed(command) == ["a2", "b1"]


def test_one_that_asks_for_the_state_comes_last() -> None:
    def command(commands: CommandQueue, told: Told) -> None:
        for kind, word, last in (("r", "r1", True), ("b", "b1", False), ("r", "r2", True)):
            commands.add(kind, saying(told, word), never, last)

    assert followed(command) == ["b1", "r2"]


def test_steps_are_never_replaced_and_nothing_passes_them() -> None:
    def command(commands: CommandQueue, told: Told) -> None:
        commands.add("a", saying(told, "a1"), never)
        commands.add_step(saying(told, "s1"), never)
        commands.add_step(saying(told, "s2"), never)
        commands.add("a", saying(told, "a2"), never)

    assert followed(command) == ["a1", "s1", "s2", "a2"]


def test_an_error_is_told_and_the_next_is_done() -> None:
    def command(commands: CommandQueue, told: Told) -> None:
        async def fail() -> None:
            raise RuntimeError("a bug")

        commands.add("a", fail, lambda error: told.append(str(error)))
        commands.add("b", saying(told, "b1"), never)

    assert followed(command) == ["a bug", "b1"]


def test_too_many_are_refused_and_forgotten_at_the_end() -> None:
    async def run() -> None:
        commands, told = CommandQueue(), Told()
        for number in range(MOST):
            commands.add(number, saying(told, "x"), never)
        with pytest.raises(BusyError, match="send fewer"):
            commands.add("one more", saying(told, "x"), never)
        commands.close()
        await asyncio.sleep(0)
        assert not told

    asyncio.run(run())
