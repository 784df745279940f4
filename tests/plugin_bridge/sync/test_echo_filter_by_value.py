"""Distinguish a knob turned in the host from an echo of what we sent."""

from hypothesis import given
from hypothesis import strategies as st

from plugin_bridge.sync.echo_filter_by_value import EchoFilterByValue


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@given(
    sent=st.lists(st.floats(-1, 1), min_size=1, max_size=20),
    said=st.lists(st.integers(1, 3), min_size=20, max_size=20),
)
def test_echoes_in_order_said_any_number_of_times_are_never_turns(
    sent: list[float], said: list[int]
) -> None:
    turns = EchoFilterByValue()
    for value in sent:
        turns.sent("x", value)
    for value, times in zip(sent, said, strict=False):
        for _ in range(times):
            assert not turns.turned("x", value)


def test_a_turn_is_reported_once_and_going_back_to_ours_is_a_turn_too() -> None:
    turns = EchoFilterByValue()
    turns.sent("x", 0.5)
    assert turns.turned("x", 0.6)
    assert not turns.turned("x", 0.6)
    assert turns.turned("x", 0.5)


def test_what_was_sent_long_ago_is_no_echo_but_the_newest_is_what_it_holds() -> None:
    clock = Clock()
    turns = EchoFilterByValue(keep_s=2.0, clock=clock)
    turns.sent("x", 0.1)
    turns.sent("x", 0.2)
    clock.now = 3.0
    assert not turns.turned("x", 0.2)
    assert turns.turned("x", 0.1)


def test_large_values_lose_digits_on_the_wire() -> None:
    turns = EchoFilterByValue()
    turns.sent("hertz", 19999.999)
    assert not turns.turned("hertz", 20000.0)
    assert turns.turned("hertz", 19990.0)
