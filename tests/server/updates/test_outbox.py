"""Updates for one client: the newest of each kind, and never too many."""

import asyncio

from server.updates.outbox import MOST_PACED, MOST_WAITING, ConnectionOutbox, Outbox


def test_a_slow_pace_does_not_fill_the_memory() -> None:
    sent = list[list[int]]()

    async def run() -> None:
        box = Outbox[int](lambda items: sent.append(list(items)), pace_hz=1e-4)
        box.put([("first", -1)])  # the first is sent at once, and then none for hours
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        for number in range(10 * MOST_PACED):
            box.put([(object(), number), ("knob", -2)])
            assert len(box._waiting) <= MOST_PACED
        box.close()

    asyncio.run(run())
    told = [one for items in sent for one in items if one >= 0]
    assert told == list(range(len(told))) and len(told) > 8 * MOST_PACED  # in order, none lost
    assert len(sent) < 15


def test_a_newer_update_replaces_one_that_waits() -> None:
    sent = list[int]()

    async def run() -> None:
        box = ConnectionOutbox[int]()
        for number in range(10 * MOST_WAITING):
            box.put([("knob", number)])

        async def send(number: int) -> None:
            sent.append(number)

        delivering = asyncio.create_task(box.deliver(send))
        while not sent:
            await asyncio.sleep(0)
        delivering.cancel()

    asyncio.run(run())
    assert sent == [10 * MOST_WAITING - 1]


def test_a_client_with_too_many_unread_updates_is_dropped() -> None:
    sent = list[int]()

    async def run() -> None:
        box = ConnectionOutbox[int]()

        async def send(number: int) -> None:
            sent.append(number)

        for number in range(10 * MOST_WAITING):
            box.put([(object(), number)])
            assert len(box._waiting) <= MOST_WAITING
        await asyncio.wait_for(box.deliver(send), 20)

    asyncio.run(run())
    assert sent == []
