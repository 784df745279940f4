"""Rendering as a pure function: one patch and note, one audio, whatever was rendered before.

A loaded synth keeps voices, LFO phases and reverb tails between renders. So each worker process
loads it once, renders nothing with it, and **forks** for every job: the child plays the note on a
pristine copy, hands the audio back through anonymous shared memory (plugins print on stdout), and
is gone. A child that crashes, hangs or returns NaN costs its own job only. Where fork is missing
(Windows) or unsafe (macOS), ``instance`` loads a fresh synth for every job instead.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import signal
import sys
import time
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from datasets.errors import SpecError
from datasets.spec import FloatArray
from renderer.engine import Audio, Engine, open_engine

Isolation = Literal["fork", "instance"]
Status = Literal["ok", "silent", "nonfinite", "crashed", "timeout"]
PR_SET_PDEATHSIG = 1  # of linux/prctl.h
SILENCE_PEAK = 1e-3  # -60 dB full scale: nothing to hear, nothing to learn
DEFAULT_ISOLATION: Isolation = "fork" if sys.platform == "linux" else "instance"


def parse_isolation(text: str) -> Isolation:
    """``fork`` or ``instance``; an empty text is the platform's default. SpecError otherwise."""
    if text == "":
        return DEFAULT_ISOLATION
    if text == "instance":
        return "instance"
    if text == "fork" and hasattr(os, "fork"):
        return "fork"
    raise SpecError(f"isolation {text!r} is not available here: use {DEFAULT_ISOLATION}")


@dataclass(frozen=True)
class Limits:
    """What one render may cost before it is stopped."""

    cpu_s: int = 20  # processor seconds: decides alone, so a busy machine changes nothing
    wall_s: float = 120.0  # for a plugin that sleeps for ever


@dataclass(frozen=True)
class Job:
    """A patch and the note to play: a unit vector, or a whole preset in the synth's own format."""

    index: int
    note: int  # MIDI
    velocity: int  # MIDI
    unit: FloatArray | None = None
    preset: bytes | None = None


@dataclass(frozen=True)
class Rendered:
    """What came of a job; ``audio`` is (channels, samples) float32, None if it was not played."""

    job: Job
    status: Status
    audio: Audio | None = field(repr=False, default=None)
    reason: str = ""


def render_apart(engine: Engine, job: Job, isolation: Isolation, limits: Limits) -> Rendered:
    """Render one job without touching ``engine``'s state."""
    spec = engine.spec
    # Here, so that a bad vector is told to the caller instead of ending a child.
    native = {} if job.unit is None else spec.to_native(job.unit)
    if isolation == "instance":
        return _judged(job, _play(open_engine(spec), job, native))
    samples = round(spec.note.length_s * spec.sample_rate)
    memory = mmap.mmap(-1, 4 * spec.channels * samples)
    pid = os.fork()
    if pid == 0:
        _child(engine, job, native, limits, memory)
    failed = _wait(pid, limits)
    if failed is not None:
        return Rendered(job, failed[0], reason=failed[1])
    audio = np.frombuffer(memory, np.float32).reshape(spec.channels, samples).copy()
    return _judged(job, audio)


def _play(engine: Engine, job: Job, native: dict[str, float]) -> Audio:
    if job.preset is not None:
        engine.load_preset(job.preset)
    engine.set(native)
    note = engine.spec.note
    return engine.render(job.note, job.velocity, note.hold_s, note.length_s)


def _child(
    engine: Engine, job: Job, native: dict[str, float], limits: Limits, memory: mmap.mmap
) -> None:
    """The forked child: play, write the audio, and leave without any clean-up of the parent's."""
    status = 1
    try:
        import resource  # Unix only, as fork is

        _die_with_parent()
        resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_s, limits.cpu_s + 1))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        memory.write(np.ascontiguousarray(_play(engine, job, native), np.float32).tobytes())
        status = 0
    except BaseException as error:
        print(f"render {job.index}: {error}", file=sys.stderr)
    finally:
        os._exit(status)


def _die_with_parent() -> None:
    """On Linux: a hanging child must not outlive a killed worker, whose pipe it holds."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _wait(pid: int, limits: Limits) -> tuple[Status, str] | None:
    """None when the child ended well, else the status and the reason."""
    deadline = time.monotonic() + limits.wall_s
    while True:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            code = os.waitstatus_to_exitcode(status)
            break
        if time.monotonic() > deadline:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            return "timeout", f"no answer within {limits.wall_s:g} s"
        time.sleep(0.002)
    if code == 0:
        return None
    if code == -signal.SIGXCPU:
        return "timeout", f"more than {limits.cpu_s} s of processor time"
    how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
    return "crashed", f"the synth ended with {how}"


def _judged(job: Job, audio: Audio) -> Rendered:
    if not np.isfinite(audio).all():
        return Rendered(job, "nonfinite", reason="the audio holds NaN or infinity")
    if np.abs(audio).max() < SILENCE_PEAK:
        return Rendered(job, "silent", audio, "peak below -60 dB full scale")
    return Rendered(job, "ok", audio)
