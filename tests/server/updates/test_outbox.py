"""Updates for one client: the newest of each kind, and never too many."""

import asyncio

from server.updates.outbox import MOST_PACED, Outbox


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
