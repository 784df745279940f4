"""Rendering in the loop: candidates are played by the real synth and ranked by what is heard.

Nothing here imports torch: render workers load this module.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import numpy as np

from datasets.spec import FloatArray, SynthSpec
from models.yardstick import Yardstick
from renderer.engine import Audio
from renderer.isolation import Job, Rendered
from renderer.pool import RenderPool, whole

Source = Literal["library", "network"]


@dataclass(frozen=True)
class Candidate:
    """A preset that may be the answer."""

    unit: FloatArray  # (P,)
    source: Source
    estimate: float | None = (
        None  # dB, distance in the library's feature space, if it comes from there
    )
    distance: float | None = None  # J in dB, measured on its render; None while it is not rendered


@dataclass(frozen=True)
class Ranking:
    """Candidates in order of their measured distance, and what measuring cost."""

    candidates: tuple[Candidate, ...]
    renders: int
    rendering_ms: float  # wall clock
    ranking_ms: float  # wall clock spent on distances


def rank(
    pool: RenderPool,
    spec: SynthSpec,
    yardstick: Yardstick,
    note: int,
    candidates: Sequence[Candidate],
    workers: int,
) -> Ranking:
    """Render every candidate at ``note`` (MIDI) and sort by J; the silent and failed go last."""
    started = time.perf_counter()
    jobs = [Job(0, note, spec.note.velocity, candidate.unit) for candidate in candidates]
    measured = pool.render(jobs, partial(measure, yardstick=yardstick))
    wall_ms = 1000 * (time.perf_counter() - started)
    ranking_ms = sum(ms for _, ms in measured) / workers
    heard = [
        replace(candidate, distance=distance)
        for candidate, (distance, _) in zip(candidates, measured, strict=True)
    ]
    heard.sort(key=lambda c: np.inf if c.distance is None else c.distance)
    return Ranking(tuple(heard), len(jobs), wall_ms - ranking_ms, ranking_ms)


def measure(rendered: Rendered, yardstick: Yardstick) -> tuple[float | None, float]:
    """J of a render (None if it did not sound) and the milliseconds that took, in a worker."""
    started = time.perf_counter()
    distance = None
    if rendered.status == "ok" and rendered.audio is not None:
        distance = yardstick.distance(rendered.audio).j
    return distance, 1000 * (time.perf_counter() - started)


def render_preset(pool: RenderPool, spec: SynthSpec, preset: bytes, note: int) -> Audio | None:
    """The audio of a preset file, rendered as anyone who loads it would; None when it fails."""
    (rendered,) = pool.render([Job(0, note, spec.note.velocity, preset=preset)], whole)
    return rendered.audio
