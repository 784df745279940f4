"""Run a pool of worker processes that render, each with one loaded synth."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from multiprocessing import Pipe
from multiprocessing.connection import wait
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from datasets.errors import RenderError
from datasets.spec import SynthSpec
from renderer.engines.base import Engine
from renderer.workers.isolation import (
    DEFAULT_ISOLATION,
    Isolation,
    Limits,
    Rendered,
    RenderJob,
    fault_of,
)

Result = TypeVar("Result")
ROOMS = Path(__file__).resolve().parents[2]  # the folder that workers import our packages from
# Number of renders after which a process is replaced, before a plugin's memory leaks add up (each
# new Vital instance leaks 1 MB).
LIFETIME: dict[Isolation, int] = {"fork": 5000, "process": 1, "instance": 50}
LOADING_S = 180.0  # time limit for loading: a large plugin reads many files


def _identity(engine: Engine) -> dict[str, str]:
    return engine.identity()


def whole(rendered: Rendered) -> Rendered:
    """Return the whole result, with its audio: a ``finish`` that changes nothing."""
    return rendered


class RenderPool:
    """Run worker processes with one synth each; results arrive as soon as they are ready.

    The ``finish`` argument of ``map`` and ``render`` runs in the worker on every result, for
    example to encode or to measure it. So only the needed data travels back. It must be picklable,
    and must not keep the audio after it returns.
    """

    def __init__(
        self,
        spec: SynthSpec,
        workers: int = 1,
        isolation: Isolation = DEFAULT_ISOLATION,
        limits: Limits | None = None,
    ) -> None:
        if workers < 1:
            raise RenderError(f"workers is {workers}: must be at least 1")
        self._workers = [
            _Process(spec, isolation, limits or Limits.of(spec)) for _ in range(workers)
        ]

    def map(
        self, jobs: Iterable[RenderJob], finish: Callable[[Rendered], Result]
    ) -> Iterator[Result]:
        """Yield ``finish`` of every job's result, in the order in which the jobs end."""
        queue = iter(jobs)
        busy: dict[Any, _Process] = {}

        def give(worker: _Process) -> None:
            job = next(queue, None)
            if job is not None:
                worker.send(job, finish)
                busy[worker.connection] = worker

        try:
            for worker in self._workers:
                give(worker)
            while busy:
                for worker in _ready(list(busy.values())):
                    del busy[worker.connection]
                    result = worker.collect()
                    give(worker)  # before the caller uses the result, so the worker stays busy
                    yield result
        finally:
            for worker in busy.values():  # the caller stopped early: cancel the running jobs
                worker.restart()

    def render(
        self, jobs: Iterable[RenderJob], finish: Callable[[Rendered], Result]
    ) -> list[Result]:
        """Return ``finish`` of all results, in the order of the jobs."""
        numbered = (replace(job, index=i) for i, job in enumerate(jobs))
        results = list(self.map(numbered, _Numbered(finish)))
        return [result for _, result in sorted(results, key=lambda pair: pair[0])]

    def identity(self) -> dict[str, str]:
        """Return what makes the sound (see ``renderer.engines.base.Engine.identity``)."""
        try:
            return self.ask(_identity)
        except RenderError:  # the worker was killed, or the plugin does not load: try once more
            return self.ask(_identity)

    def ask(self, question: Callable[[Engine], Result]) -> Result:
        """Call a picklable function with the loaded synth in its worker process; return its result.

        It has the wall-clock limit of a render. Call ``refresh`` after a question that changes the
        synth.

        Raises:
            RenderError: The synth crashes or hangs.
        """
        worker = self._workers[0]
        worker.send(None, question)
        _ready([worker])
        answer: Result = worker.collect()
        return answer

    def ready(self) -> None:
        """Wait until every worker has loaded its synth.

        Then the loading time does not count as render time.
        """
        for worker in self._workers:
            worker.wait_loaded()

    def refresh(self) -> None:
        """Replace every process by a new one."""
        for worker in self._workers:
            worker.restart()

    def close(self) -> None:
        """End the workers."""
        for worker in self._workers:
            worker.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class _Numbered:
    """Pair the result of a ``finish`` with the job's number (a class, because it is pickled)."""

    def __init__(self, finish: Callable[[Rendered], Any]) -> None:
        self.finish = finish

    def __call__(self, rendered: Rendered) -> tuple[int, Any]:
        return rendered.job.index, self.finish(rendered)


def _ready(workers: list[_Process]) -> list[_Process]:
    """Return the busy workers that have an answer or are overdue."""
    while True:
        patience = min(worker.deadline for worker in workers) - time.monotonic()
        speaking = wait([worker.connection for worker in workers], max(0.0, patience))
        ready = [w for w in workers if w.connection in speaking and w.answers()]
        now = time.monotonic()
        ready += [w for w in workers if w.deadline <= now and w not in ready]
        if ready:
            return ready


class _Process:
    """Hold one worker process (``renderer.workers.worker``) and its pipe.

    It starts again when it dies.
    """

    def __init__(self, spec: SynthSpec, isolation: Isolation, limits: Limits) -> None:
        self._first_words = (spec.to_dict(), isolation, limits)
        self._limits = limits
        # The worker itself stops a forked child that takes too long, so it gets a little longer.
        self._usual = limits.wall_s + (10.0 if isolation == "fork" else 0.0)
        self._patience = self._usual  # of the current task
        self._lifetime = LIFETIME[isolation]
        self._rendered, self._loaded, self._held_kb = 0, False, 0
        self._start()

    def send(self, job: RenderJob | None, finish: Callable[[Any], Any]) -> None:
        """Send a task: a job and its finish, or no job and a question to the engine."""
        self._task = (job, finish)
        longer_s = 0.0 if job is None else self._limits.of_job(job).wall_s - self._limits.wall_s
        self._patience = self._usual + longer_s
        self.deadline = time.monotonic() + (self._patience if self._loaded else LOADING_S)
        try:
            self.connection.send(self._task)
        except (BrokenPipeError, ConnectionResetError):
            self.restart()
            self.connection.send(self._task)

    def wait_loaded(self) -> None:
        """Wait until the worker reports that the synth is loaded, or until it dies."""
        if not self._loaded and self.connection.poll(LOADING_S):
            self.answers()

    def answers(self) -> bool:
        """Return whether the waiting message is an answer (or the end of the pipe).

        The first message of a worker only reports that the synth is loaded.
        """
        if self._loaded:
            return True
        self._loaded = True
        self.deadline = time.monotonic() + self._patience
        try:
            self._held_kb = self.connection.recv()
        except (EOFError, ConnectionResetError):
            return True
        return self.connection.poll()

    def collect(self) -> Any:  # noqa: ANN401  whatever the task's finish returns
        """Return the result of the task.

        If the worker died or hangs, replace it and return its task as a fault.
        """
        job, finish = self._task
        try:
            if not self.connection.poll():
                return self._failed(job, finish, hangs=True)
            result, is_spent = self.connection.recv()
        except (EOFError, ConnectionResetError):
            return self._failed(job, finish, hangs=False)
        if job is not None:
            self._rendered += 1
        if is_spent or self._rendered >= self._lifetime:
            self.stop()
            self._start()
        if isinstance(result, BaseException):
            raise result
        return result

    def restart(self) -> None:
        """Kill the process and start another."""
        self._process.kill()
        self.stop()
        self._start()

    def stop(self) -> None:
        """End the process by closing its pipe; kill it if it does not exit."""
        self.connection.close()
        try:
            self._process.wait(2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _start(self) -> None:
        self.connection, theirs = Pipe()
        self._process = _spawn(theirs.fileno())
        theirs.close()
        self._rendered, self._loaded, self._held_kb = 0, False, 0
        self.connection.send(self._first_words)

    def _failed(self, job: RenderJob | None, finish: Callable[[Any], Any], hangs: bool) -> Any:  # noqa: ANN401  whatever the task's finish returns
        if hangs:
            self._process.kill()
        code, peak_kb = _reap(self._process)
        taken_kb = peak_kb - self._held_kb
        self.restart()
        status, reason = fault_of(code, self._limits, taken_kb)
        if hangs:
            status, reason = "timeout", f"no answer within {self._limits.wall_s:g} s"
        if job is None:
            raise RenderError(f"{self._first_words[0]['name']}: the synth failed: {reason}")
        return finish(Rendered(job, status, reason=reason))


def _reap(process: subprocess.Popen[bytes]) -> tuple[int, int]:
    """Return the exit code of an ended process and its peak memory in kB (0 except on Linux)."""
    if sys.platform != "linux":
        return process.wait(), 0
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, usage.ru_maxrss


def _spawn(pipe: int) -> subprocess.Popen[bytes]:
    """Start ``renderer.workers.worker`` at the other end of a pipe."""
    command = [sys.executable, "-m", "renderer.workers.worker", str(pipe)]
    if sys.platform == "win32":
        os.set_handle_inheritable(pipe, True)
        return subprocess.Popen(command, env=_environment(), close_fds=False)
    return subprocess.Popen(command, env=_environment(), pass_fds=[pipe])


def _environment() -> dict[str, str]:
    """Return the environment that keeps a worker small and safe to fork.

    ``renderer.workers.fork`` has the reasons.
    """
    threads = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    tunables = os.environ.get("GLIBC_TUNABLES")
    return {
        **os.environ,
        **dict.fromkeys(threads, "1"),
        "PYTHONPATH": os.pathsep.join(p for p in (str(ROOMS), os.environ.get("PYTHONPATH")) if p),
        "PYTHONMALLOC": "malloc",
        "GLIBC_TUNABLES": f"{tunables}:" * bool(tunables) + "glibc.malloc.hugetlb=1",
    }
