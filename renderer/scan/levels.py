"""Measure how loud, how long and how fast a spec's patches are."""

from __future__ import annotations

import statistics
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from datasets.sampler import sample
from datasets.spec import NotePolicy, SynthSpec
from renderer.engines.base import Audio
from renderer.scan.probe import RUNAWAY_PEAK, decibels, processor_ms, quantiles, rms
from renderer.workers.isolation import HEARD, Isolation, Limits, Rendered, RenderJob
from renderer.workers.pool import RenderPool

HOLD_S = 3.0  # seconds held in a dataset, as in the paper
TAIL_S = 4.0  # seconds listened to after that
WINDOW_S = 0.05
TAIL_DB = 60.0  # a tail has ended when it is so far below the loudest window
DC = 0.01  # of full scale: an offset worth telling
TIMED = 12  # clips of the draft's own length that are timed


@dataclass(frozen=True)
class Level:
    """One clip."""

    status: str
    rms_db: float = -120.0  # dB full scale while the note is held
    peak: float = 0.0
    dc: float = 0.0
    tail_s: float = 0.0  # from note-off until 60 dB below the loudest; TAIL_S where it goes on


@dataclass(frozen=True)
class Levels:
    """Random patches of a draft spec."""

    clips: tuple[Level, ...]

    @property
    def heard(self) -> list[Level]:
        """Those that sound."""
        return [clip for clip in self.clips if clip.status == "ok"]

    @property
    def statuses(self) -> Counter[str]:
        """Clips by what came of them."""
        return Counter(clip.status for clip in self.clips)

    def share(self, status: str) -> float:
        """Share of the clips that ended so."""
        return self.statuses[status] / max(len(self.clips), 1)

    @property
    def rms_db(self) -> list[float]:
        """q10, q50, q90 of the level of those that sound, dB full scale."""
        return quantiles([clip.rms_db for clip in self.heard], 0.1, 0.5, 0.9)

    @property
    def tail_s(self) -> list[float]:
        """q50 and q90 of the tails, seconds."""
        return quantiles([clip.tail_s for clip in self.heard], 0.5, 0.9)

    @property
    def over(self) -> float:
        """Share of the clips with a peak above full scale."""
        return sum(clip.peak > 1 for clip in self.clips) / max(len(self.clips), 1)

    @property
    def offset(self) -> float:
        """Share of the clips with an offset of more than .01 of full scale."""
        return sum(abs(clip.dc) > DC for clip in self.clips) / max(len(self.clips), 1)

    @property
    def length_s(self) -> float:
        """Clip length to propose: a second of release, two if half of the clips ring so long."""
        return HOLD_S + (2.0 if self.tail_s[0] >= 2.0 else 1.0)


class MeasureLevel:
    """Finish a render by its level and tail; picklable."""

    def __init__(self, sample_rate: int) -> None:
        self._rate = sample_rate

    def __call__(self, rendered: Rendered) -> Level:
        """The figures of one clip."""
        audio = rendered.audio
        if audio is None:
            return Level(rendered.status)
        peak = float(np.abs(audio).max())
        return Level(
            "runaway" if peak > RUNAWAY_PEAK else rendered.status,
            decibels(rms(audio[:, : round(HOLD_S * self._rate)])),
            peak,
            float(audio.mean()),
            tail(audio, self._rate),
        )


def tail(audio: Audio, sample_rate: int) -> float:
    """Seconds after ``HOLD_S`` until the sound, without its offset, is 60 dB below its loudest.

    >>> tail(np.ones((1, 44100), np.float32), 44100)
    0.0
    """
    window = round(WINDOW_S * sample_rate)
    count = audio.shape[1] // window
    cut = audio[:, : count * window].reshape(audio.shape[0], count, window)
    loud = cut.std(axis=2, dtype=np.float64).max(axis=0)
    above = np.flatnonzero(loud > loud.max() * 10 ** (-TAIL_DB / 20))
    return max(0.0, (above[-1] + 1) * WINDOW_S - HOLD_S) if len(above) else 0.0


def measure_levels(
    spec: SynthSpec, clips: int, seed: int, workers: int, isolation: Isolation, limits: Limits
) -> Levels:
    """Levels and tails of the first clips that a draft spec would give."""
    note = replace(spec.note, hold_s=HOLD_S, length_s=HOLD_S + TAIL_S)
    long = replace(spec, note=note)
    with RenderPool(long, workers, isolation, limits) as pool:
        return Levels(tuple(pool.render(_jobs(long, clips, seed), MeasureLevel(spec.sample_rate))))


@dataclass(frozen=True)
class Speed:
    """What a clip of the draft spec costs with the method it names."""

    note: NotePolicy
    processor_ms: float  # median over clips
    wall_ms: float  # mean over clips, one worker
    failed: int  # of the clips timed, those that were not played


def measure_speed(spec: SynthSpec, seed: int, isolation: Isolation, limits: Limits) -> Speed:
    """Render a dozen clips just as ``patchwright render`` would."""
    jobs = _jobs(spec, TIMED + 1, seed)
    with RenderPool(spec, 1, isolation, limits) as pool:
        pool.render(jobs[:1], _timed)  # loads the synth
        started = time.monotonic()
        timed = pool.render(jobs[1:], _timed)
    wall_ms = 1000 * (time.monotonic() - started) / TIMED
    failed = sum(status not in HEARD for status, _ in timed)
    return Speed(spec.note, statistics.median(ms for _, ms in timed), wall_ms, failed)


def _timed(rendered: Rendered) -> tuple[str, float]:
    return rendered.status, processor_ms()


def _jobs(spec: SynthSpec, clips: int, seed: int) -> Sequence[RenderJob]:
    draws = [sample(spec, seed, index) for index in range(clips)]
    return [RenderJob(draw.index, draw.note, draw.velocity, draw.unit) for draw in draws]
