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


def followed(wish: Callable[[CommandQueue, Told], None]) -> Told:
    """What was done, and the errors."""
    told: Told = []

    async def run() -> None:
        wishes = CommandQueue()
        wish(wishes, told)
        for _ in range(10):
            await asyncio.sleep(0)

    asyncio.run(run())
    return told


def test_a_newer_wish_of_a_kind_takes_the_others_turn() -> None:
    def wish(wishes: CommandQueue, told: Told) -> None:
        for kind, word in (("a", "a1"), ("b", "b1"), ("a", "a2")):
            wishes.add(kind, saying(told, word), never)

    assert followed(wish) == ["a2", "b1"]


def test_one_that_asks_for_the_state_comes_last() -> None:
    def wish(wishes: CommandQueue, told: Told) -> None:
        for kind, word, last in (("r", "r1", True), ("b", "b1", False), ("r", "r2", True)):
            wishes.add(kind, saying(told, word), never, last)

    assert followed(wish) == ["b1", "r2"]


def test_steps_are_never_replaced_and_nothing_passes_them() -> None:
    def wish(wishes: CommandQueue, told: Told) -> None:
        wishes.add("a", saying(told, "a1"), never)
        wishes.add_step(saying(told, "s1"), never)
        wishes.add_step(saying(told, "s2"), never)
        wishes.add("a", saying(told, "a2"), never)

    assert followed(wish) == ["a1", "s1", "s2", "a2"]


def test_an_error_is_told_and_the_next_is_done() -> None:
    def wish(wishes: CommandQueue, told: Told) -> None:
        async def fail() -> None:
            raise RuntimeError("a bug")

        wishes.add("a", fail, lambda error: told.append(str(error)))
        wishes.add("b", saying(told, "b1"), never)

    assert followed(wish) == ["a bug", "b1"]


def test_too_many_are_refused_and_forgotten_at_the_end() -> None:
    async def run() -> None:
        wishes, told = CommandQueue(), Told()
        for number in range(MOST):
            wishes.add(number, saying(told, "x"), never)
        with pytest.raises(BusyError, match="send fewer"):
            wishes.add("one more", saying(told, "x"), never)
        wishes.close()
        await asyncio.sleep(0)
        assert not told

    asyncio.run(run())
