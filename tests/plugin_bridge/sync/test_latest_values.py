"""The newest value of each key waits, in the order in which the newest came."""

from hypothesis import given
from hypothesis import strategies as st

from plugin_bridge.sync.latest_values import LatestValues


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers())))
def test_each_key_has_its_newest_value_in_the_order_of_the_newest(
    items: list[tuple[str, int]],
) -> None:
    waiting = LatestValues[tuple[str, int]]()
    waiting.put((key, (key, value)) for key, value in items)
    taken = waiting.take()
    assert dict(taken) == dict(items)
    last = {key: place for place, (key, _) in enumerate(items)}
    assert [key for key, _ in taken] == sorted(last, key=lambda key: last[key])
    assert not waiting and waiting.take() == []


def test_a_forgotten_key_is_not_taken() -> None:
    waiting = LatestValues[int]()
    waiting.put([("a", 1), ("b", 2)])
    waiting.forget("a")
    waiting.forget("never put")
    assert waiting.take() == [2]
