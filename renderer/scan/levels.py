"""Measure the level, the length and the render time of a spec's patches."""

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
from renderer.workers.isolation import RENDERED, Isolation, Limits, Rendered, RenderJob
from renderer.workers.pool import RenderPool

HOLD_S = 3.0  # seconds held in a dataset, as in the paper
TAIL_S = 4.0  # seconds rendered after that
WINDOW_S = 0.05
TAIL_DB = 60.0  # dB below the loudest window at which a tail ends
DC = 0.01  # of full scale: smaller offsets are not reported
TIMED = 12  # clips of the draft's own length that are timed


@dataclass(frozen=True)
class Level:
    """Hold the figures of one clip."""

    status: str
    rms_db: float = -120.0  # dB full scale while the note is held
    peak: float = 0.0
    dc: float = 0.0
    tail_s: float = 0.0  # from note-off until 60 dB below the loudest; TAIL_S if it is longer


@dataclass(frozen=True)
class Levels:
    """Hold the figures of random patches of a draft spec."""

    clips: tuple[Level, ...]

    @property
    def rendered(self) -> list[Level]:
        """Return the clips that are audible."""
        return [clip for clip in self.clips if clip.status == "ok"]

    @property
    def statuses(self) -> Counter[str]:
        """Return the number of clips by status."""
        return Counter(clip.status for clip in self.clips)

    def share(self, status: str) -> float:
        """Return the share of the clips with this status."""
        return self.statuses[status] / max(len(self.clips), 1)

    @property
    def rms_db(self) -> list[float]:
        """Return q10, q50 and q90 of the level of the audible clips, dB full scale."""
        return quantiles([clip.rms_db for clip in self.rendered], 0.1, 0.5, 0.9)

    @property
    def tail_s(self) -> list[float]:
        """Return q50 and q90 of the tails, in seconds."""
        return quantiles([clip.tail_s for clip in self.rendered], 0.5, 0.9)

    @property
    def over(self) -> float:
        """Return the share of the clips with a peak above full scale."""
        return sum(clip.peak > 1 for clip in self.clips) / max(len(self.clips), 1)

    @property
    def offset(self) -> float:
        """Return the share of the clips with an offset of more than .01 of full scale."""
        return sum(abs(clip.dc) > DC for clip in self.clips) / max(len(self.clips), 1)

    @property
    def length_s(self) -> float:
        """Return the clip length to propose, in seconds.

        The release is one second, or two if half of the tails last two seconds or more.
        """
        return HOLD_S + (2.0 if self.tail_s[0] >= 2.0 else 1.0)


class MeasureLevel:
    """Finish a render by measuring its level and tail; picklable."""

    def __init__(self, sample_rate: int) -> None:
        self._rate = sample_rate

    def __call__(self, rendered: Rendered) -> Level:
        """Return the figures of one clip."""
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
    """Return the seconds after ``HOLD_S`` until the sound is 60 dB below its loudest window.

    The sound's offset is removed first.

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
    """Measure the levels and tails of the first clips of a draft spec.

    Args:
        spec: The draft.
        clips: Number of clips.
        seed: Seed of the patches.
        workers: Number of render processes.
        isolation: Method that keeps renders independent.
        limits: Time and memory of one render.

    Returns:
        The figures of the clips.
    """
    note = replace(spec.note, hold_s=HOLD_S, length_s=HOLD_S + TAIL_S)
    long = replace(spec, note=note)
    with RenderPool(long, workers, isolation, limits) as pool:
        return Levels(tuple(pool.render(_jobs(long, clips, seed), MeasureLevel(spec.sample_rate))))


@dataclass(frozen=True)
class Speed:
    """Hold the cost of a clip of the draft spec, with the isolation that the draft names."""

    note: NotePolicy
    processor_ms: float  # median over clips
    wall_ms: float  # mean over clips, one worker
    failed: int  # timed clips that failed


def measure_speed(spec: SynthSpec, seed: int, isolation: Isolation, limits: Limits) -> Speed:
    """Render a dozen clips exactly as ``patchwright render`` does, and time them.

    Args:
        spec: The draft.
        seed: Seed of the patches.
        isolation: Method that keeps renders independent.
        limits: Time and memory of one render.

    Returns:
        The cost of one clip.
    """
    jobs = _jobs(spec, TIMED + 1, seed)
    with RenderPool(spec, 1, isolation, limits) as pool:
        pool.render(jobs[:1], _timed)  # loads the synth
        started = time.monotonic()
        timed = pool.render(jobs[1:], _timed)
    wall_ms = 1000 * (time.monotonic() - started) / TIMED
    failed = sum(status not in RENDERED for status, _ in timed)
    return Speed(spec.note, statistics.median(ms for _, ms in timed), wall_ms, failed)


def _timed(rendered: Rendered) -> tuple[str, float]:
    return rendered.status, processor_ms()


def _jobs(spec: SynthSpec, clips: int, seed: int) -> Sequence[RenderJob]:
    draws = [sample(spec, seed, index) for index in range(clips)]
    return [RenderJob(draw.index, draw.note, draw.velocity, draw.unit) for draw in draws]
