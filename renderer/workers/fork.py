"""Render in a forked copy of a process that holds the loaded synth: fast and pure.

The child shares the parent's memory pages until it writes to them. So a fork costs only the pages
that the synth writes while it plays, and no state reaches the next render.
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
HEADER = 4096  # bytes before the audio: one for "done", then the text of the fault
DONE = b"\1"


class ForkedRender:
    """Hold the memory that parent and child share: the audio, and the fault if there is one.

    Plugins print on stdout, so a pipe there is not safe.
    """

    def __init__(self, spec: SynthSpec, length_s: float | None = None) -> None:
        self.length_s = length_s  # None: the spec's
        seconds = spec.note.length_s if length_s is None else length_s
        shape = (spec.channels, round(seconds * spec.sample_rate))
        self._memory = mmap.mmap(-1, HEADER + 4 * shape[0] * shape[1])
        self.audio: Audio = np.frombuffer(self._memory, np.float32, offset=HEADER).reshape(shape)

    def clear(self) -> None:
        """Clear the last answer."""
        self._memory[:2] = b"\0\0"

    def done(self, audio: Audio) -> None:
        """Store the child's audio."""
        self.audio[...] = audio
        self._memory[:1] = DONE

    def failed(self, status: Status, reason: str) -> None:
        """Store a fault that Python caught in the child."""
        text = f"{status} {reason}".encode()[: HEADER - 2]
        self._memory[1 : 2 + len(text)] = text + b"\0"

    @property
    def is_done(self) -> bool:
        """Return whether the audio is complete; a plugin that calls ``exit(0)`` leaves none."""
        return self._memory[:1] == DONE

    @property
    def fault(self) -> tuple[Status, str] | None:
        """Return the status and the reason of a fault that Python caught, or None."""
        text = self._memory[1:HEADER].split(b"\0", 1)[0].decode(errors="replace")
        status, _, reason = text.partition(" ")
        return (status, reason) if status else None  # type: ignore[return-value]


def render_forked(
    engine: Engine, job: RenderJob, limits: Limits, answer: ForkedRender | None = None
) -> Rendered:
    """Render one job in a child process, without changing ``engine``'s state.

    Args:
        engine: The loaded synth.
        job: The patch and the note.
        limits: Time and memory that the render may use.
        answer: Shared memory of the job's length to use again; the audio of a result is then valid
            until the next job.

    Returns:
        The result, or the fault of the child.
    """
    answer, limits = answer or ForkedRender(engine.spec, job.length_s), limits.of_job(job)
    # Before the fork, so that a bad vector raises an error here and does not end a child.
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
    """Play the job, store the audio, and exit without cleaning up what belongs to the parent."""
    status = 1
    try:
        gc.disable()  # a collection writes to every page with a Python object, so copies it
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
    """Allocate large blocks on the heap, in pages of 2 MB instead of 4 KB (Linux)."""
    if sys.platform == "linux":
        C_LIBRARY.mallopt(M_TOP_PAD, 16 << 20)
        C_LIBRARY.mallopt(M_MMAP_THRESHOLD, 64 << 20)


def _die_with_parent() -> None:
    """End this process when its parent dies (Linux).

    A hanging child would otherwise keep the pipe of a killed worker open.
    """
    if sys.platform == "linux":
        C_LIBRARY.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _wait(pid: int, limits: Limits, answer: ForkedRender) -> tuple[Status, str] | None:
    """Return None when the child left its audio, else the status and the reason."""
    if not _ended(pid, limits.wall_s):
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        return "timeout", f"no answer within {limits.wall_s:g} s"
    _, status, usage = os.wait4(pid, 0)
    if answer.is_done:
        return None
    # At the fork the child holds the same memory as this process.
    taken_kb = usage.ru_maxrss - _held_kb() if sys.platform == "linux" else 0
    return answer.fault or fault_of(os.waitstatus_to_exitcode(status), limits, taken_kb)


def _held_kb() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * mmap.PAGESIZE // 1024


def _ended(pid: int, wall_s: float) -> bool:
    """Return whether the child ends within ``wall_s`` seconds; do not reap it."""
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
    """Go on in a child process with one thread, if the plugin or host started others.

    A fork copies the calling thread only. Locks that other threads hold stay locked in the copy. So
    we fork once now, while they are idle, and do not take this risk with every render. The parent
    waits until the child ends, and exits in the same way.
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


# The cost of a fork grows with the mapped memory, and every page the child writes is copied: a
# synth that clears its delay lines before each note writes 20 MB. Pages of zeros need no copy. We
# return them to the kernel; they still read as zeros. Where possible, a first write maps 2 MB.
MADV_DONTNEED, MADV_HUGEPAGE = 4, 14  # of asm-generic/mman-common.h
PAGE = 4096
LEAST = 1 << 20  # bytes; smaller mappings are ignored
RUN = 16  # pages; shorter runs of zero pages are kept


def give_back_zero_pages() -> int:
    """Return this process's long runs of zero pages to the kernel.

    It acts only where nothing can write between the check and the return: Linux, one thread, and
    Python's objects on the C heap (``PYTHONMALLOC=malloc``), which it does not touch.

    Returns:
        The number of pages returned; 0 where it does not act.
    """
    if sys.platform != "linux" or os.environ.get("PYTHONMALLOC") != "malloc":
        return 0
    if len(os.listdir("/proc/self/task")) != 1 or mmap.PAGESIZE != PAGE:
        return 0
    gc.collect()
    gc.freeze()  # exclude all current objects from later collections, which would write to them
    advise = C_LIBRARY.madvise
    advise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    return sum(_give_back(start, end, advise) for start, end in _anonymous_mappings())


def _anonymous_mappings() -> list[tuple[int, int]]:
    """Return private writable mappings without a file or a name: large single allocations."""
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
