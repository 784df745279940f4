"""Find stepped controls by their display texts over the whole range.

Hosts do not report steps reliably: VST2 calls everything continuous, some hosts call everything
discrete. So the texts are read at 201 points. A switch shows a staircase: few texts, each over one
stretch. A continuous control with rounded texts shows one too, so ``renderer.scan.effects`` checks
the audio.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from datasets.errors import RenderError
from renderer.engines.base import Control, Engine
from renderer.workers.pool import RenderPool

POINTS = 201  # texts read over a control's range
MOST_STEPS = 64  # With more, each text lasts two or three points: that is rounding, as in "36 %".
UNEVEN = 2  # Points by which the numbered steps of one control may differ in length.
NUMBER = re.compile(r"\s*[-+]?[.,]?\d")


@dataclass(frozen=True)
class Steps:
    """Hold the steps of a switch; positions are 0..1 over the native range."""

    positions: tuple[float, ...]  # one safely inside each step
    edges: tuple[tuple[float, float], ...]  # first and last position seen of each
    labels: tuple[str, ...] = ()  # what the synth shows there

    def __len__(self) -> int:
        return len(self.positions)


def staircase(texts: Sequence[str]) -> Steps | None:
    """Return the steps in texts at evenly spaced points, or None for a continuous control.

    Texts that are words make steps of any length of two points or more. If most texts are numbers,
    the steps must have equal lengths. Only the first and the last may be half as long, because a
    host rounds to the nearest step.

    >>> staircase(["Off"] * 10 + ["On"] * 11).positions
    (0.0, 1.0)
    >>> staircase([f"{i / 20:.2f}" for i in range(21)]) is None
    True
    """
    runs = stretches(texts)
    labels = [texts[first] for first, _ in runs]
    if not 2 <= len(runs) <= MOST_STEPS or len(set(labels)) < len(labels):
        return None
    lengths = [last - first + 1 for first, last in runs]
    numbered = 2 * sum(bool(NUMBER.match(label)) for label in labels) > len(labels)
    if min(lengths) < 2 or (numbered and not _is_even(lengths)):
        return None
    return steps_of(runs, len(texts), tuple(label.strip() for label in labels))


def stretches(values: Sequence[str]) -> list[tuple[int, int]]:
    """Return the first and last index of every stretch of equal values."""
    starts = [0] + [i for i, (a, b) in enumerate(pairwise(values), 1) if a != b]
    return [(a, b - 1) for a, b in pairwise([*starts, len(values)])]


def steps_of(runs: Sequence[tuple[int, int]], points: int, labels: tuple[str, ...] = ()) -> Steps:
    """Return the steps of some stretches.

    Args:
        runs: First and last point of each stretch.
        points: Number of points over the whole range.
        labels: The synth's text of each step.

    Returns:
        The steps. Positions are on the even grid i / (n - 1) if that is safely inside each stretch,
        else at the centre of each stretch.
    """
    edges = [(first / (points - 1), last / (points - 1)) for first, last in runs]
    grid = [i / (len(edges) - 1) for i in range(len(edges))]
    inside = [
        first + (last - first) / 4 <= at <= last - (last - first) / 4 or at in (0, 1)
        for at, (first, last) in zip(grid, edges, strict=True)
    ]
    centres = [round((first + last) / 2, 6) for first, last in edges]
    return Steps(tuple(grid if all(inside) else centres), tuple(edges), labels)


def _is_even(lengths: Sequence[int]) -> bool:
    inner = lengths[1:-1] or lengths
    ends = (lengths[0], lengths[-1])
    if max(inner) - min(inner) > UNEVEN:
        return False
    return min(ends) >= min(inner) / 2 - UNEVEN and max(ends) <= max(inner) + UNEVEN


@dataclass(frozen=True)
class ReadTexts:
    """Read the texts of the first controls: a question for ``RenderPool.ask``.

    It stops after ``budget_s`` seconds.
    """

    controls: tuple[Control, ...]
    budget_s: float

    def __call__(self, engine: Engine) -> list[tuple[str, ...]]:
        """Return ``POINTS`` texts of every control reached; each control is set back afterwards."""
        until = time.monotonic() + self.budget_s
        found: list[tuple[str, ...]] = []
        for control in self.controls:
            found.append(tuple(_texts(engine, control)))
            engine.set({control.name: control.value})
            if time.monotonic() > until:
                break
        return found


def _texts(engine: Engine, control: Control) -> list[str]:
    texts = []
    for i in range(POINTS):
        engine.set({control.name: control.low + i / (POINTS - 1) * (control.high - control.low)})
        texts.append(engine.text(control.name))
    return texts


def read_texts(
    pool: RenderPool, controls: Sequence[Control], budget_s: float
) -> list[tuple[str, ...]]:
    """Return the texts of every control.

    Args:
        pool: A worker with the synth.
        controls: The synth's controls.
        budget_s: Seconds for one question.

    Returns:
        The texts by control; empty for a control whose texts crash or hang the synth.
    """
    texts: list[tuple[str, ...]] = []
    while len(texts) < len(controls):
        texts += _read_some(pool, tuple(controls[len(texts) :]), budget_s)
    return texts


def _read_some(
    pool: RenderPool, controls: tuple[Control, ...], budget_s: float
) -> list[tuple[str, ...]]:
    """Return the texts of the first controls, of at least one."""
    try:
        return pool.ask(ReadTexts(controls, budget_s))
    except RenderError:
        if len(controls) == 1:
            return [()]
        return _read_some(pool, controls[: len(controls) // 2], budget_s)
