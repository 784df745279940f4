"""Render candidates for one target, and measure their distance.

Nothing here imports torch: render workers load this module.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import numpy.typing as npt

from datasets.errors import RenderError
from datasets.spec import FloatArray, SynthSpec
from models.audio.distance import TargetDistance
from models.audio.features import FeatureSettings, log_mel
from renderer.engines.base import Audio
from renderer.workers.isolation import Rendered, RenderJob
from renderer.workers.pool import RenderPool, whole

UNHEARD = np.inf  # dB: the distance of what did not sound


@dataclass(frozen=True)
class RenderedCandidate:
    """A preset that was played."""

    unit: FloatArray  # (P,) as it was played, stepped parameters on their steps
    distance: float  # J to the target, dB; infinite when it is silent or failed
    mss: float  # dB, the half of J that is multi-scale
    mel: npt.NDArray[np.float16] | None  # (bands, frames) by the settings asked for, if they were

    @property
    def sounds(self) -> bool:
        """Whether there was anything to hear."""
        return math.isfinite(self.distance)


@dataclass
class Objective:
    """One target, the synth, and everything that was played for it."""

    pool: RenderPool
    spec: SynthSpec
    target_distance: TargetDistance
    note: int  # MIDI
    features: FeatureSettings | None = None  # of the log-mels to keep; none are kept without
    heard: list[RenderedCandidate] = field(default_factory=list)
    rendering_ms: float = 0.0  # wall clock, measuring included
    began: float = field(default_factory=time.perf_counter)
    seconds: list[float] = field(default_factory=list)  # since then, when each was heard

    def play(self, units: Sequence[FloatArray]) -> list[RenderedCandidate]:
        """Render presets (P,) at the target's note and measure them, in their order."""
        started = time.perf_counter()
        snapped = [self.spec.snap(unit) for unit in units]
        jobs = [RenderJob(0, self.note, self.spec.note.velocity, unit) for unit in snapped]
        finish = partial(
            measure, target_distance=self.target_distance.analysed(), features=self.features
        )
        results = self.pool.render(jobs, finish)
        new = [
            RenderedCandidate(unit, *result) for unit, result in zip(snapped, results, strict=True)
        ]
        self.heard += new
        now = time.perf_counter()
        self.rendering_ms += 1000 * (now - started)
        self.seconds += [now - self.began] * len(new)
        return new

    @property
    def best(self) -> RenderedCandidate:
        """The nearest so far, the first of equals."""
        return min(self.heard, key=lambda one: one.distance)

    def ranked(self) -> list[RenderedCandidate]:
        """All, the nearest first."""
        return sorted(self.heard, key=lambda one: one.distance)

    def curve(self) -> list[float]:
        """The best distance after each render, dB."""
        best = np.minimum.accumulate([one.distance for one in self.heard])
        return [float(distance) for distance in best]


def measure(
    rendered: Rendered, target_distance: TargetDistance, features: FeatureSettings | None
) -> tuple[float, float, npt.NDArray[np.float16] | None]:
    """J and MSS of a render and its log-mel, in a worker."""
    if rendered.status != "ok" or rendered.audio is None:
        return UNHEARD, UNHEARD, None
    mel = log_mel(rendered.audio, features, rendered.job.note) if features else None
    distance = target_distance.distance(rendered.audio)
    return distance.j, distance.mss, None if mel is None else mel.astype(np.float16)


def play_preset(
    pool: RenderPool, spec: SynthSpec, preset: bytes, note: int, times: int = 1
) -> list[Audio]:
    """What anyone who loads a preset file hears, rendered so many times, side by side.

    Raises RenderError when the synth fails on it.
    """
    jobs = [RenderJob(0, note, spec.note.velocity, preset=preset)] * times
    heard = []
    for rendered in pool.render(jobs, whole):
        if rendered.audio is None:
            why = rendered.reason or rendered.status
            raise RenderError(f"{spec.name} failed on its own preset ({why}): try another --seed")
        heard.append(rendered.audio)
    return heard
