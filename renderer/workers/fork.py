"""Render in a forked copy of a process that holds the loaded synth: fast and pure.

The child's pages are the parent's until it writes to them, so a fork costs what the synth writes
while it plays, and nothing of what it rendered reaches the next one.
"""

from __future__ import annotations

import ctypes
import gc
import mmap
import os
import select
import signal
import sys
import time
from collections.abc import Callable

import numpy as np

from datasets.spec import SynthSpec
from renderer.engines.base import Audio, Engine
from renderer.workers.isolation import (
    C_LIBRARY,
    Limits,
    Rendered,
    RenderJob,
    Status,
    fault_of,
    fault_raised,
    judged,
    limit_memory,
    limit_processor,
    native_of,
    play,
)

PR_SET_PDEATHSIG = 1  # of linux/prctl.h
M_TOP_PAD, M_MMAP_THRESHOLD = -2, -3  # of malloc.h
HEADER = 4096  # bytes before the audio: one for "done", then what went wrong
DONE = b"\1"


class ForkedRender:
    """Memory that parent and child share; plugins print on stdout, so no pipe is safe there."""

    def __init__(self, spec: SynthSpec) -> None:
        shape = (spec.channels, round(spec.note.length_s * spec.sample_rate))
        self._memory = mmap.mmap(-1, HEADER + 4 * shape[0] * shape[1])
        self.audio: Audio = np.frombuffer(self._memory, np.float32, offset=HEADER).reshape(shape)

    def clear(self) -> None:
        """Forget the last answer."""
        self._memory[:2] = b"\0\0"

    def done(self, audio: Audio) -> None:
        """The child's last word."""
        self.audio[...] = audio
        self._memory[:1] = DONE

    def failed(self, status: Status, reason: str) -> None:
        """The child's last word when Python saw the fault."""
        text = f"{status} {reason}".encode()[: HEADER - 2]
        self._memory[1 : 2 + len(text)] = text + b"\0"

    @property
    def is_done(self) -> bool:
        """Whether the audio is there; a plugin that calls ``exit(0)`` leaves none."""
        return self._memory[:1] == DONE

    @property
    def fault(self) -> tuple[Status, str] | None:
        """Status and reason of a fault that Python saw, if it did."""
        text = self._memory[1:HEADER].split(b"\0", 1)[0].decode(errors="replace")
        status, _, reason = text.partition(" ")
        return (status, reason) if status else None  # type: ignore[return-value]


def render_forked(
    engine: Engine, job: RenderJob, limits: Limits, answer: ForkedRender | None = None
) -> Rendered:
    """Render one job in a child, without touching ``engine``'s state.

    ``answer`` may be used again for job after job; the audio is then good until the next one.
    """
    answer = answer or ForkedRender(engine.spec)
    # Here, so that a bad vector is told to the caller instead of ending a child.
    native = native_of(engine.spec, job)
    answer.clear()
    pid = os.fork()
    if pid == 0:
        _child(engine, job, native, limits, answer)
    fault = _wait(pid, limits, answer)
    if fault is not None:
        return Rendered(job, fault[0], reason=fault[1])
    return judged(job, answer.audio)


def _child(
    engine: Engine, job: RenderJob, native: dict[str, float], limits: Limits, answer: ForkedRender
) -> None:
    """Play, leave the audio, and end without any clean-up of what is the parent's."""
    status = 1
    try:
        gc.disable()  # a collection would copy every page that holds a Python object
        _keep_blocks_together()
        _die_with_parent()
        limit_memory(limits)
        limit_processor(limits)
        answer.done(play(engine, job, native))
        status = 0
    except BaseException as error:
        answer.failed(*fault_raised(error, limits))
    finally:
        os._exit(status)


def _keep_blocks_together() -> None:
    """On Linux: take large blocks from the heap, in pages of 2 MB instead of 4 KB."""
    if sys.platform == "linux":
        C_LIBRARY.mallopt(M_TOP_PAD, 16 << 20)
        C_LIBRARY.mallopt(M_MMAP_THRESHOLD, 64 << 20)


def _die_with_parent() -> None:
    """On Linux: a hanging child must not outlive a killed worker, whose pipe it holds."""
    if sys.platform == "linux":
        C_LIBRARY.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _wait(pid: int, limits: Limits, answer: ForkedRender) -> tuple[Status, str] | None:
    """None when the child left its audio, else the status and the reason."""
    if not _ended(pid, limits.wall_s):
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        return "timeout", f"no answer within {limits.wall_s:g} s"
    _, status, usage = os.wait4(pid, 0)
    if answer.is_done:
        return None
    # What the child held at its birth is what this process holds.
    taken_kb = usage.ru_maxrss - _held_kb() if sys.platform == "linux" else 0
    return answer.fault or fault_of(os.waitstatus_to_exitcode(status), limits, taken_kb)


def _held_kb() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * mmap.PAGESIZE // 1024


def _ended(pid: int, wall_s: float) -> bool:
    """Whether the child ends within ``wall_s``; it is not reaped."""
    if sys.platform == "linux":
        handle = os.pidfd_open(pid)
        try:
            poll = select.poll()
            poll.register(handle, select.POLLIN)
            return bool(poll.poll(1000 * wall_s))
        finally:
            os.close(handle)
    deadline = time.monotonic() + wall_s
    while time.monotonic() < deadline:
        if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None:
            return True
        time.sleep(0.002)
    return False


def leave_threads_behind() -> None:
    """Go on as a child of this process that has one thread, if plugin or host started others.

    A fork copies the calling thread only, and whatever locks the others held stay locked in it:
    one fork now, while they idle, instead of one such risk with every render. The parent stays
    until the child ends, and ends as it did.
    """
    if sys.platform != "linux" or len(os.listdir("/proc/self/task")) == 1:
        return
    pid = os.fork()
    if pid == 0:
        _die_with_parent()
        return
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if code < 0:
        os.kill(os.getpid(), -code)
    os._exit(code)


# Forking costs what is mapped, and every page the child writes is copied: a synth that clears its
# delay lines before each note writes 20 MB. Pages of zeros need no copy: handed back to the kernel
# they read as zeros again, and on first writing come in 2 MB pieces where they can.
MADV_DONTNEED, MADV_HUGEPAGE = 4, 14  # of asm-generic/mman-common.h
PAGE = 4096
LEAST = 1 << 20  # bytes of a mapping worth looking at
RUN = 16  # pages


def give_back_zero_pages() -> int:
    """Hand this process's large runs of zero pages back to the kernel; returns their number.

    Only where nobody can write between the look and the handing back: Linux, one thread, Python's
    objects on the C heap (``PYTHONMALLOC=malloc``), which is left alone. Else nothing is done.
    """
    if sys.platform != "linux" or os.environ.get("PYTHONMALLOC") != "malloc":
        return 0
    if len(os.listdir("/proc/self/task")) != 1 or mmap.PAGESIZE != PAGE:
        return 0
    gc.collect()
    gc.freeze()  # what lives now lives for ever: no collection writes to it again
    advise = C_LIBRARY.madvise
    advise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    return sum(_give_back(start, end, advise) for start, end in _anonymous_mappings())


def _anonymous_mappings() -> list[tuple[int, int]]:
    """Private writable mappings without a file or a name: large blocks of one owner each."""
    found = []
    with open("/proc/self/maps") as maps:
        for line in maps:
            fields = line.split()
            start, end = (int(text, 16) for text in fields[0].split("-"))
            if fields[1] == "rw-p" and len(fields) == 5 and end - start >= LEAST:
                found.append((start, end))
    return found


def _give_back(start: int, end: int, advise: Callable[[int, int, int], int]) -> int:
    block = memoryview((ctypes.c_char * (end - start)).from_address(start)).cast("B")
    empty = ~np.frombuffer(block, np.uint64).reshape(-1, PAGE // 8).any(axis=1)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], empty.view(np.int8), [0]])))
    given = 0
    for first, last in edges.reshape(-1, 2).tolist():
        if last - first >= RUN:
            advise(start + first * PAGE, (last - first) * PAGE, MADV_DONTNEED)
            given += last - first
    advise(start, end - start, MADV_HUGEPAGE)
    return given
