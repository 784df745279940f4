"""Test echoes of our own changes, on a manual clock."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from plugin_bridge.sync.echo_filter_by_order import EXPECTED_S, SETTLING_S, EchoFilterByOrder
from tests.fakes.live_set import Clock


def test_each_value_is_expected_back_once_and_in_order() -> None:
    echoes = EchoFilterByOrder(Clock())
    for value in (0.1, 0.2, 0.3):
        echoes.sent(1, value)
    assert not echoes.take(2, 0.1, 1.0, 0.0)
    assert echoes.take(1, 0.2, 1.0, 0.0)
    assert not echoes.take(1, 0.1, 1.0, 0.0)  # it was sent before the one that has come
    assert echoes.expects(1)
    assert echoes.take(1, 0.3, 1.0, 0.0)
    assert not echoes.take(1, 0.3, 1.0, 0.0) and not echoes.expects(1)


def test_rounding_counts_for_a_moment_and_the_wires_digits_for_long() -> None:
    clock = Clock()
    echoes = EchoFilterByOrder(clock)
    echoes.sent(1, 10.0)
    assert not echoes.take(1, 10.3, 40.0, 0.005)
    assert echoes.take(1, 10.2, 40.0, 0.005)
    for pause_s, value, known in (
        (SETTLING_S * 1.1, 10.2, False),
        (EXPECTED_S * 0.9, 10.00001, True),
        (EXPECTED_S * 1.1, 10.0, False),
    ):
        echoes.sent(1, 10.0)
        clock.now += pause_s
        assert echoes.take(1, value, 40.0, 0.005) is known


def test_what_the_host_has_followed_is_not_expected() -> None:
    clock = Clock()
    echoes = EchoFilterByOrder(clock)
    echoes.sent(1, 0.1)
    clock.now += 1
    echoes.sent(1, 0.2)
    echoes.settle(clock.now)
    assert not echoes.take(1, 0.1, 1.0, 0.0)
    assert echoes.take(1, 0.2, 1.0, 0.0)
    clock.now += 3
    assert echoes.quiet_s(1) == 3 and echoes.quiet_s(2) == float("inf")


@given(st.lists(st.floats(0, 1), max_size=30), st.sets(st.integers(0, 29)))
def test_whatever_a_host_leaves_out_our_own_values_are_no_turns(
    values: list[float], left_out: set[int]
) -> None:
    echoes = EchoFilterByOrder(Clock())
    for value in values:
        echoes.sent(1, value)
    reported = [value for place, value in enumerate(values) if place not in left_out]
    assert all(echoes.take(1, value, 1.0, 0.0) for value in reported)
