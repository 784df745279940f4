"""Define a render as a pure function: jobs, results, limits, and the isolation methods.

A loaded synth keeps voices, LFO phases and reverb tails between renders. Three methods remove this
state. All three give the same audio:

``fork``      A worker loads the synth once, renders nothing with it, and forks for every job. The
              child plays the note on an unused copy and exits (``renderer.workers.fork``).
``process``   A new process for every job. This is slow, and works wherever a process starts.
``instance``  A new synth in the same process for every job, and a new process now and then. It is
              not pure for a plugin with state outside its instances; a scan finds this.

With each method, a job that crashes, hangs, uses too much memory or returns NaN fails alone.
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

# Before each note ``rand()`` is reset to its state at program start. Some plugins draw noise from
# it (Kars fills its string with it); otherwise their sound depends on earlier calls by the host.
C_LIBRARY = ctypes.cdll.msvcrt if sys.platform == "win32" else ctypes.CDLL(None)
Isolation = Literal["fork", "process", "instance"]
Status = Literal["ok", "silent", "nonfinite", "crashed", "timeout", "memory"]
RENDERED = ("ok", "silent")  # Any other status is a fault: tried once more, then stored.
LEFT_OUT = "left out"  # Status of a clip that belongs to another split than the requested one.
SILENCE_PEAK = 1e-3  # -60 dB full scale: a clip below this peak is silent.
CAN_FORK = sys.platform == "linux" and hasattr(os, "fork")
DEFAULT_ISOLATION: Isolation = "fork" if CAN_FORK else "process"


def parse_isolation(text: str, preferred: str = "") -> Isolation:
    """Return the isolation method of a text.

    Args:
        text: One of ``Isolation``, or "" for the default.
        preferred: The spec's method, used if ``text`` is empty; "" for the platform's default. If
            the platform cannot fork, a preferred ``fork`` becomes the platform's default.

    Returns:
        The isolation method.

    Raises:
        SpecError: The method is unknown, or it is ``fork`` on a platform that cannot fork.
    """
    chosen = text or preferred or DEFAULT_ISOLATION
    can_fork = hasattr(os, "fork")
    if not text and chosen == "fork" and not can_fork:
        chosen = DEFAULT_ISOLATION
    for known in get_args(Isolation):
        if chosen == known and (chosen != "fork" or can_fork):
            return known  # type: ignore[no-any-return]
    raise SpecError(
        f"isolation {chosen!r} is not available on this platform: "
        f"use {'fork, ' * can_fork}process or instance"
    )


@dataclass(frozen=True)
class Limits:
    """Describe the time and memory that one render may use before it is stopped."""

    cpu_s: int = 20  # processor seconds: the usual limit, the same on a busy machine
    wall_s: float = 120.0  # seconds: stops a plugin that sleeps forever
    memory_mb: int = 2048  # MB of address space in addition to the loaded synth's

    @classmethod
    def of(cls, spec: SynthSpec) -> Limits:
        """Return the limits of a spec's clips; long clips get more time and memory."""
        usual = cls()
        cpu_s = max(usual.cpu_s, math.ceil(4 * spec.note.length_s))
        wall_s = max(usual.wall_s, 6.0 * cpu_s)
        # The host, the engine and the encoder each hold the clip in single precision.
        return cls(cpu_s, wall_s, usual.memory_mb + 8 * spec.clip_bytes // 2**20)

    def of_job(self, job: RenderJob) -> Limits:
        """Return the limits of a job; a clip with a longer length of its own gets more time."""
        cpu_s = math.ceil(4 * (job.length_s or 0.0))
        if cpu_s <= self.cpu_s:
            return self
        return Limits(cpu_s, max(self.wall_s, 6.0 * cpu_s), self.memory_mb)


@dataclass(frozen=True)
class RenderJob:
    """Describe a patch and the note to play.

    The patch is a unit vector, or a whole preset in the synth's own format.
    """

    index: int
    note: int  # MIDI
    velocity: int  # MIDI
    unit: FloatArray | None = None
    preset: bytes | None = None
    hold_s: float | None = None  # seconds from key press to release; None: the spec's
    length_s: float | None = None  # seconds to render; None: the spec's


@dataclass(frozen=True)
class Rendered:
    """Hold the result of a job.

    ``audio`` is float32 of shape (channels, samples), or None if the synth did not render.
    """

    job: RenderJob
    status: Status
    audio: Audio | None = field(repr=False, default=None)
    reason: str = ""


def play(engine: Engine, job: RenderJob, native: Mapping[str, float]) -> Audio:
    """Set the job's patch and play its note, in this process and on this engine.

    Args:
        engine: The loaded synth.
        job: The note, and a whole preset if it has one.
        native: Values to set after the preset, by native name.

    Returns:
        Audio in float32, shape (channels, samples).
    """
    if job.preset is not None:
        engine.load_preset(job.preset)
    engine.set(native)
    C_LIBRARY.srand(1)
    note = engine.spec.note
    hold_s = note.hold_s if job.hold_s is None else job.hold_s
    length_s = note.length_s if job.length_s is None else job.length_s
    return engine.render(job.note, job.velocity, hold_s, length_s)


def native_of(spec: SynthSpec, job: RenderJob) -> dict[str, float]:
    """Return the native values of a job's unit vector; an empty dict if it has none.

    Raises:
        SpecError: The vector has the wrong shape or a value out of range.
    """
    return {} if job.unit is None else spec.to_native(job.unit)


def judged(job: RenderJob, audio: Audio) -> Rendered:
    """Return the result of a played job: ok, silent (with its audio), or nonfinite (without)."""
    high, low = float(audio.max()), float(audio.min())
    if not (np.isfinite(high) and np.isfinite(low)):  # a NaN anywhere makes both NaN
        return Rendered(job, "nonfinite", reason="the audio holds NaN or infinity")
    if max(high, -low) < SILENCE_PEAK:
        return Rendered(job, "silent", audio, "peak below -60 dB full scale")
    return Rendered(job, "ok", audio)


def fault_of(code: int, limits: Limits, taken_kb: int = 0) -> tuple[Status, str]:
    """Return the status and the reason of a render whose process ended early.

    Args:
        code: Exit code of the process; negative for the signal that ended it.
        limits: The limits of the render.
        taken_kb: Most memory that the process held in addition to the loaded synth, in kB; 0 if
            unknown.

    Returns:
        The status ("timeout", "memory" or "crashed") and the reason.
    """
    if code == -getattr(signal, "SIGXCPU", 24):
        return "timeout", f"more than {limits.cpu_s} s of processor time"
    if taken_kb > 0.75 * 1024 * limits.memory_mb:
        return "memory", f"more than {limits.memory_mb} MB of memory"
    how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
    return "crashed", f"the synth ended its process with {how}"


def fault_raised(error: BaseException, limits: Limits) -> tuple[Status, str]:
    """Return the status and the reason of a render that raised a Python error."""
    if isinstance(error, MemoryError):
        return "memory", f"more than {limits.memory_mb} MB of memory"
    return "crashed", f"{type(error).__name__}: {error}"


def limit_memory(limits: Limits) -> None:
    """Limit this process to its current address space plus ``memory_mb``.

    This works on Linux only: other platforms do not report the address space.
    """
    if sys.platform != "linux":
        return
    with open("/proc/self/statm") as file:
        held = int(file.read().split()[0]) * resource.getpagesize()
    _lower(resource.RLIMIT_AS, held + limits.memory_mb * 2**20)
    _lower(resource.RLIMIT_CORE, 0)


def most_held_kb() -> int:
    """Return the peak memory of this process in kB, as ``wait4`` reports it; 0 except on Linux."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss if sys.platform == "linux" else 0


def limit_processor(limits: Limits) -> None:
    """Give this process ``cpu_s`` more processor seconds, then end it by SIGXCPU (Unix only)."""
    if sys.platform == "win32":
        return
    _lower(resource.RLIMIT_CPU, math.ceil(time.process_time() - 0.1) + limits.cpu_s)


def _lower(which: int, bound: int) -> None:
    """Set a soft limit, within the hard limit that our parent process may have set."""
    hard = resource.getrlimit(which)[1]
    within = bound if hard == resource.RLIM_INFINITY else min(bound, hard)
    resource.setrlimit(which, (within, hard))
