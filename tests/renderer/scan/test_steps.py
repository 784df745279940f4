"""Laws of telling switches by their display texts."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renderer.scan.steps import MOST_STEPS, POINTS, staircase, stretches

AT = [i / (POINTS - 1) for i in range(POINTS)]
Step = Callable[[float, int], int]


def by_rounding(x: float, n: int) -> int:
    """How most hosts take 0..1 to a step."""
    return int(x * (n - 1) + 0.5)


def by_parts(x: float, n: int) -> int:
    """How the others do."""
    return min(int(x * n), n - 1)


@given(st.integers(2, 40), st.sampled_from([by_rounding, by_parts]), st.integers(-60, 60))
def test_numbered_steps_are_found_and_their_positions_lie_inside(
    n: int, step: Step, first: int
) -> None:
    found = staircase([f"{first + step(x, n)} st" for x in AT])
    assert found is not None and len(found) == n
    for i, (position, (low, high)) in enumerate(zip(found.positions, found.edges, strict=True)):
        assert low <= position <= high
        assert step(position, n) == i
    assert found.labels == tuple(f"{first + i} st" for i in range(n))


@given(st.lists(st.integers(2, 30), min_size=2, max_size=10))
def test_words_may_last_as_long_as_they_like(lengths: list[int]) -> None:
    texts = [f"Wave {chr(65 + i)}" for i, n in enumerate(lengths) for _ in range(n)]
    found = staircase(texts)
    assert found is not None and len(found) == len(lengths)
    for position, label in zip(found.positions, found.labels, strict=True):
        assert texts[round(position * (len(texts) - 1))] == label


@given(st.integers(MOST_STEPS + 1, 400), st.sampled_from([by_rounding, by_parts]))
def test_rounded_texts_are_no_steps(n: int, step: Step) -> None:
    """As a percentage without decimals: 101 texts of two points each."""
    assert staircase([f"{step(x, n)} %" for x in AT]) is None


@pytest.mark.parametrize(
    "texts",
    [
        [f"{x:.3f}" for x in AT],
        [f"{int(3 * x)} dB" if x < 0.7 else "Off" for x in AT],
        [f"{20 * 1000**x:.0f} Hz" for x in AT],
        [f"{int(20 * 10**x)} Hz" for x in AT],  # few texts, of unequal length
        [f"{int(5 * x)}" for x in AT],  # cut off: the last text is one point
        ["on" if 50 < i < 150 else "off" for i in range(POINTS)],  # a text that comes back
        [""] * POINTS,
        ["0"] * POINTS,
    ],
)
def test_other_texts_are_no_steps(texts: list[str]) -> None:
    assert staircase(texts) is None


@given(st.lists(st.sampled_from("ab"), min_size=1))
def test_stretches_cover_everything_once(values: list[str]) -> None:
    runs = stretches(values)
    assert [values[first] for first, last in runs for _ in range(first, last + 1)] == values
    assert all(values[a] != values[b] for (a, _), (b, _) in pairwise(runs))
