"""Test merging and rate limits, on a manual clock."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_bridge.sync.rate_limiter import RateLimiter
from plugin_bridge.sync.target import ParameterChange
from tests.fakes.live_set import Clock


def change(name: str, unit: float) -> ParameterChange:
    return ParameterChange(name, unit, unit, f"{unit:.2f}")


def test_the_newest_of_each_waits_and_the_pace_is_kept() -> None:
    clock = Clock()
    pace = RateLimiter(10.0, clock)
    assert pace.wait_s is None and pace.take() == []
    pace.put([change("a", 0.1), change("b", 0.2), change("a", 0.3)])
    assert pace.wait_s == 0.0
    assert pace.take() == [change("b", 0.2), change("a", 0.3)]
    pace.put([change("a", 0.4)])
    assert pace.take() == [] and pace.wait_s == pytest.approx(0.1)
    clock.now += 0.0999
    assert pace.take() == []
    clock.now += 0.001
    pace.put([change("a", 0.5)])
    assert pace.take() == [change("a", 0.5)]


def test_what_is_forgotten_is_not_delivered() -> None:
    pace = RateLimiter(math.inf, Clock())
    pace.put([change("a", 0.1), change("b", 0.2)])
    pace.forget("a")
    pace.forget("never there")
    assert pace.take() == [change("b", 0.2)]


@pytest.mark.parametrize("pace_hz", [0.0, -1.0, math.nan])
def test_a_pace_is_above_zero(pace_hz: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        RateLimiter(pace_hz)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 1), st.floats(0, 0.3)), min_size=1))
def test_whatever_comes_the_last_values_arrive_and_never_too_fast(
    moves: list[tuple[str, float, float]],
) -> None:
    clock, delivered, times = Clock(), dict[str, float](), list[float]()
    pace = RateLimiter(10.0, clock)

    def deliver() -> None:
        if taken := pace.take():
            times.append(clock.now)
            delivered.update({one.name: one.unit for one in taken})

    for name, unit, pause_s in moves:
        pace.put([change(name, unit)])
        deliver()
        clock.now += pause_s
    clock.now += pace.wait_s or 0.0
    deliver()
    assert delivered == {name: unit for name, unit, _ in moves}
    assert all(late - early >= 0.1 - 1e-9 for early, late in pairwise(times))
