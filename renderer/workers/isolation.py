"""Render as a pure function: jobs, results, limits, and the isolation methods.

A loaded synth keeps voices, LFO phases and reverb tails between renders. Three ways to be rid of
them, all with the same audio:

``fork``      a worker loads the synth once, renders nothing with it, and forks for every job: the
              child plays the note on a pristine copy and is gone (``renderer.workers.fork``);
``process``   a fresh process for every job: slow, and works wherever a process starts;
``instance``  a fresh synth in the same process for every job, and a fresh process now and then.
              A plugin with state outside its instances is not pure this way: scan finds it.

In each, a job that crashes, hangs, eats memory or gives NaN costs itself only.
"""

from __future__ import annotations

import ctypes
import math
import os
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np

from datasets.errors import SpecError
from datasets.spec import FloatArray, SynthSpec
from renderer.engines.base import Audio, Engine

if sys.platform != "win32":
    import resource

# Before each note its ``rand()`` is put where it stands when a program starts: plugins that draw
# noise from it (Kars fills its string so) would sound of whatever host and clock did before.
C_LIBRARY = ctypes.cdll.msvcrt if sys.platform == "win32" else ctypes.CDLL(None)
Isolation = Literal["fork", "process", "instance"]
Status = Literal["ok", "silent", "nonfinite", "crashed", "timeout", "memory"]
HEARD = ("ok", "silent")  # the others are faults: tried once more, then kept as that
LEFT_OUT = "left out"  # status of a clip of another split than the one that was asked for
SILENCE_PEAK = 1e-3  # -60 dB full scale: nothing to hear, nothing to learn
DEFAULT_ISOLATION: Isolation = "fork" if sys.platform == "linux" else "process"


def parse_isolation(text: str, preferred: str = "") -> Isolation:
    """One of ``Isolation``; an empty text is the spec's ``preferred`` one, or the platform's.

    Raises SpecError for another word, and for ``fork`` where there is none.
    """
    chosen = text or preferred or DEFAULT_ISOLATION
    can_fork = hasattr(os, "fork")
    if not text and chosen == "fork" and not can_fork:
        chosen = DEFAULT_ISOLATION
    for known in get_args(Isolation):
        if chosen == known and (chosen != "fork" or can_fork):
            return known  # type: ignore[no-any-return]
    raise SpecError(
        f"isolation {chosen!r} is not available here: use {'fork, ' * can_fork}process or instance"
    )


@dataclass(frozen=True)
class Limits:
    """What one render may cost before it is stopped."""

    cpu_s: int = 20  # processor seconds: decides alone, so a busy machine changes nothing
    wall_s: float = 120.0  # for a plugin that sleeps for ever
    memory_mb: int = 2048  # address space beyond what the loaded synth holds


@dataclass(frozen=True)
class RenderJob:
    """A patch and the note to play: a unit vector, or a whole preset in the synth's own format."""

    index: int
    note: int  # MIDI
    velocity: int  # MIDI
    unit: FloatArray | None = None
    preset: bytes | None = None
    hold_s: float | None = None  # seconds from key press to release; the spec's where None


@dataclass(frozen=True)
class Rendered:
    """What came of a job; ``audio`` is (channels, samples) float32, None if it was not played."""

    job: RenderJob
    status: Status
    audio: Audio | None = field(repr=False, default=None)
    reason: str = ""


def play(engine: Engine, job: RenderJob, native: Mapping[str, float]) -> Audio:
    """Set the job's patch and play its note, in this process and on this engine."""
    if job.preset is not None:
        engine.load_preset(job.preset)
    engine.set(native)
    C_LIBRARY.srand(1)
    note = engine.spec.note
    hold_s = note.hold_s if job.hold_s is None else job.hold_s
    return engine.render(job.note, job.velocity, hold_s, note.length_s)


def native_of(spec: SynthSpec, job: RenderJob) -> dict[str, float]:
    """Native values of a job's unit vector, if it has one; SpecError for a bad one."""
    return {} if job.unit is None else spec.to_native(job.unit)


def judged(job: RenderJob, audio: Audio) -> Rendered:
    """The render of an audio: ok, silent (with its audio), or not finite (without)."""
    high, low = float(audio.max()), float(audio.min())
    if not (np.isfinite(high) and np.isfinite(low)):  # both follow a NaN anywhere
        return Rendered(job, "nonfinite", reason="the audio holds NaN or infinity")
    if max(high, -low) < SILENCE_PEAK:
        return Rendered(job, "silent", audio, "peak below -60 dB full scale")
    return Rendered(job, "ok", audio)


def fault_of(code: int, limits: Limits, taken_kb: int = 0) -> tuple[Status, str]:
    """Status and reason of a process that ended early with ``code`` (negative: by that signal).

    ``taken_kb`` is the most memory it held beyond what the loaded synth does, where that is known.
    """
    if code == -getattr(signal, "SIGXCPU", 24):
        return "timeout", f"more than {limits.cpu_s} s of processor time"
    if taken_kb > 0.75 * 1024 * limits.memory_mb:
        return "memory", f"more than {limits.memory_mb} MB of memory"
    how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
    return "crashed", f"the synth ended its process with {how}"


def fault_raised(error: BaseException, limits: Limits) -> tuple[Status, str]:
    """Status and reason of a render that ended in a Python error."""
    if isinstance(error, MemoryError):
        return "memory", f"more than {limits.memory_mb} MB of memory"
    return "crashed", f"{type(error).__name__}: {error}"


def limit_memory(limits: Limits) -> None:
    """Bind this process, from now on, to its present address space and ``memory_mb`` more.

    Linux only: elsewhere the address space held cannot be read, and nothing is done.
    """
    if sys.platform != "linux":
        return
    with open("/proc/self/statm") as file:
        held = int(file.read().split()[0]) * resource.getpagesize()
    _lower(resource.RLIMIT_AS, held + limits.memory_mb * 2**20)
    _lower(resource.RLIMIT_CORE, 0)


def most_held_kb() -> int:
    """The most memory this process held so far, as ``wait4`` will tell it; Linux only, else 0."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss if sys.platform == "linux" else 0


def limit_processor(limits: Limits) -> None:
    """Give this process ``cpu_s`` more of processor time; SIGXCPU ends it after that. Unix only."""
    if sys.platform == "win32":
        return
    _lower(resource.RLIMIT_CPU, math.ceil(time.process_time() - 0.1) + limits.cpu_s)


def _lower(which: int, bound: int) -> None:
    """Set a soft limit, within the hard one that whoever started us may have set."""
    hard = resource.getrlimit(which)[1]
    within = bound if hard == resource.RLIM_INFINITY else min(bound, hard)
    resource.setrlimit(which, (within, hard))
