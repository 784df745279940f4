"""Compare the methods to reset a synth, and choose one that makes renders repeat.

Each order of patches runs in its own worker processes. So the results show both the effect of
earlier renders and the effect of the process.
"""

from __future__ import annotations

import os
import statistics
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from datasets.errors import RenderError
from renderer.engines.base import Audio, Engine
from renderer.scan.probe import Mel, PatchRenderer, audio_digest, generator, processor_ms, rms
from renderer.workers.isolation import (
    Isolation,
    Limits,
    Rendered,
    RenderJob,
    judged,
    native_of,
    play,
)
from renderer.workers.pool import RenderPool

METHODS: tuple[Isolation, ...] = ("fork", "instance", "process")  # cheapest first
ORDERS = {"fork": 3, "instance": 3, "process": 2, "none": 3}  # renders of each patch


@dataclass(frozen=True)
class Reset:
    """Describe how well one reset method makes the same patch sound the same."""

    method: str  # "none": one loaded synth for all patches.
    compared: int  # Pairs of renders of one patch.
    equal: float  # Share of the pairs that is bit-equal.
    as_process: float  # Share of its first renders that are bit-equal to a new process's.
    relative_median: float  # rms(a - b) / rms(a); 1.4 means unrelated phase.
    relative_max: float
    mel_median: float  # dB
    mel_max: float
    processor_ms: float  # Per render of a short clip, including its share of loading.
    failed: str = ""  # The reason, if there are no figures.

    @property
    def is_exact(self) -> bool:
        """Return whether every pair was bit-equal."""
        return self.compared > 0 and self.equal == 1.0


@dataclass(frozen=True)
class _Take:
    """Hold one render with the processor time it took."""

    audio: Audio | None
    status: str
    processor_ms: float


def _take(rendered: Rendered) -> _Take:
    return _Take(rendered.audio, rendered.status, processor_ms())


@dataclass(frozen=True)
class PlayAll:
    """Play jobs one after another on the loaded synth itself: a question for ``RenderPool.ask``."""

    jobs: tuple[RenderJob, ...]

    def __call__(self, engine: Engine) -> list[_Take]:
        """Return one take of every job."""
        processor_ms()
        takes = []
        for job in self.jobs:
            takes.append(_take(judged(job, play(engine, job, native_of(engine.spec, job)))))
        return takes


def available_methods() -> list[Isolation]:
    """Return the isolation methods that this platform has, the cheapest first."""
    return [method for method in METHODS if method != "fork" or hasattr(os, "fork")]


def compare_resets(
    bench: PatchRenderer,
    jobs: Sequence[RenderJob],
    mel: Mel,
    limits: Limits,
    seed: int,
    at_once: int,
) -> list[Reset]:
    """Compare ``none`` and every method of this platform on the same jobs.

    Args:
        bench: The renderer; its spec and job format are used.
        jobs: Patches to play.
        mel: Computes a clip's log-mel.
        limits: Time and memory of one render.
        seed: Seed of the orders.
        at_once: Orders that run at the same time.

    Returns:
        One ``Reset`` for each method.
    """
    methods = ["none", *available_methods()]
    takes: dict[str, list[list[_Take]]] = {}
    failed: dict[str, str] = {}
    with ThreadPoolExecutor(at_once) as threads:  # each thread waits for its own worker process
        running = {
            method: [
                threads.submit(_in_order, bench, jobs, method, order, limits, seed)
                for order in range(ORDERS[method])
            ]
            for method in methods
        }
        for method, orders in running.items():
            try:
                takes[method] = [order.result() for order in orders]
            except RenderError as error:
                failed[method] = str(error)
    truth = takes["process"][0] if "process" in takes else []
    return [
        _judge(method, takes[method], truth, mel)
        if method in takes
        else Reset(method, 0, 0, 0, 0, 0, 0, 0, 0, failed[method])
        for method in methods
    ]


def choose(resets: Sequence[Reset]) -> Reset | None:
    """Return the cheapest exact method, else the one with the most equal renders.

    If all methods failed, return None.
    """
    usable = [r for r in resets if r.method != "none" and not r.failed]
    exact = [reset for reset in usable if reset.is_exact]
    nearest = min(usable, key=lambda r: (-r.equal, round(r.mel_max, 2)), default=None)
    return exact[0] if exact else nearest


def _in_order(
    bench: PatchRenderer,
    jobs: Sequence[RenderJob],
    method: str,
    order: int,
    limits: Limits,
    seed: int,
) -> list[_Take]:
    """Play the jobs in a shuffled order in new processes.

    Returns:
        The takes, in the jobs' own order.
    """
    shuffled = generator(seed, (3 << 40) + order).permutation(len(jobs)).tolist()
    played = [jobs[i] for i in shuffled]
    isolation: Isolation = next((m for m in METHODS if m == method), METHODS[-1])
    with RenderPool(bench.spec, 1, isolation, limits) as pool:
        if method == "none":
            takes = pool.ask(PlayAll(tuple(played)))
        else:
            takes = pool.render(played, _take)
    return [take for _, take in sorted(zip(shuffled, takes, strict=True), key=lambda t: t[0])]


def _judge(method: str, orders: list[list[_Take]], truth: list[_Take], mel: Mel) -> Reset:
    pairs = [(a, b) for other in orders[1:] for a, b in zip(orders[0], other, strict=True)]
    played = [(a.audio, b.audio) for a, b in pairs if a.audio is not None and b.audio is not None]
    relative = [_relative(a, b) for a, b in played] or [0.0]
    mels = [float(np.abs(mel(a) - mel(b)).mean()) for a, b in played] or [0.0]
    alike = [_is_equal(a, b) for a, b in zip(orders[0], truth, strict=False)]
    return Reset(
        method,
        compared=len(pairs),
        equal=sum(_is_equal(a, b) for a, b in pairs) / max(len(pairs), 1),
        as_process=sum(alike) / max(len(alike), 1),
        relative_median=statistics.median(relative),
        relative_max=max(relative),
        mel_median=statistics.median(mels),
        mel_max=max(mels),
        processor_ms=statistics.median(take.processor_ms for order in orders for take in order),
    )


def _is_equal(a: _Take, b: _Take) -> bool:
    if a.audio is None or b.audio is None:
        return a.status == b.status and a.audio is b.audio
    return audio_digest(a.audio) == audio_digest(b.audio)


def _relative(a: Audio, b: Audio) -> float:
    """Return rms(a - b) / rms(a); 0 for equal audio of any level."""
    difference = rms(a - b)
    return difference / max(rms(a), 1e-9) if difference else 0.0
