"""Worker processes that render apart (see ``renderer.isolation``), each with one loaded synth."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from multiprocessing.connection import Connection, wait
from types import TracebackType
from typing import Any, Self, TypeVar

from datasets.errors import PatchwrightError, RenderError
from datasets.spec import SynthSpec
from renderer.engine import open_engine
from renderer.isolation import (
    DEFAULT_ISOLATION,
    Isolation,
    Job,
    Limits,
    Rendered,
    render_apart,
)

Result = TypeVar("Result")


def whole(rendered: Rendered) -> Rendered:
    """Finish a job by sending everything back, the audio with it."""
    return rendered


class RenderPool:
    """Worker processes with one synth each; results come as they are ready.

    What ``map`` and ``render`` take as ``finish`` runs in the worker on every result (encode,
    measure), so that only what is needed travels back; it must be picklable.
    """

    def __init__(
        self,
        spec: SynthSpec,
        workers: int = 1,
        isolation: Isolation = DEFAULT_ISOLATION,
        limits: Limits | None = None,
    ) -> None:
        if workers < 1:
            raise RenderError(f"workers is {workers}: at least 1 is needed")
        arguments = (spec.to_dict(), isolation, limits or Limits())
        self._workers = [_Worker(arguments) for _ in range(workers)]

    def map(self, jobs: Iterable[Job], finish: Callable[[Rendered], Result]) -> Iterator[Result]:
        """``finish`` of every job's result, in the order in which they end."""
        queue = iter(jobs)
        busy: dict[Any, _Worker] = {}

        def give(worker: _Worker) -> None:
            job = next(queue, None)
            if job is not None:
                worker.send(job, finish)
                busy[worker.connection] = worker

        try:
            for worker in self._workers:
                give(worker)
            while busy:
                for connection in wait(list(busy)):
                    worker = busy.pop(connection)
                    result = worker.collect()
                    give(worker)  # before the caller works on the result: no worker waits for it
                    yield result
        finally:
            for worker in busy.values():  # the caller stopped early: drop what is under way
                worker.restart()

    def render(self, jobs: Iterable[Job], finish: Callable[[Rendered], Result]) -> list[Result]:
        """``finish`` of all results, in the order of the jobs."""
        numbered = (replace(job, index=i) for i, job in enumerate(jobs))
        results = list(self.map(numbered, _Numbered(finish)))
        return [result for _, result in sorted(results, key=lambda pair: pair[0])]

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
    """A ``finish`` that keeps the job's number beside the result (a class, for pickling)."""

    def __init__(self, finish: Callable[[Rendered], Any]) -> None:
        self.finish = finish

    def __call__(self, rendered: Rendered) -> tuple[int, Any]:
        return rendered.job.index, self.finish(rendered)


class _Worker:
    """One worker process and the pipe to it; started again when it dies."""

    def __init__(self, arguments: tuple[Any, ...]) -> None:
        self._arguments = arguments
        self.start()

    def start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        with _one_thread():
            self._process = context.Process(
                target=_serve, args=(theirs, *self._arguments), daemon=True
            )
            self._process.start()
        theirs.close()

    def stop(self) -> None:
        self.connection.close()
        self._process.join(2)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()

    def restart(self) -> None:
        self._process.kill()
        self.stop()
        self.start()

    def send(self, job: Job, finish: Callable[[Rendered], Any]) -> None:
        self._task = (job, finish)
        try:
            self.connection.send(self._task)
        except (BrokenPipeError, ConnectionResetError):
            self.restart()
            self.connection.send(self._task)

    def collect(self) -> Any:  # noqa: ANN401  whatever the task's finish returns
        """The result of the task; a worker that died is replaced and its task marked crashed."""
        job, finish = self._task
        try:
            result = self.connection.recv()
        except (EOFError, ConnectionResetError):
            self._process.join()
            reason = f"the render worker ended with exit code {self._process.exitcode}"
            self.restart()
            return finish(Rendered(job, "crashed", reason=reason))
        if isinstance(result, BaseException):
            raise result
        return result


@contextmanager
def _one_thread() -> Iterator[None]:
    """Children started here get single-threaded maths: a fork is safe and cores are not shared."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(dict.fromkeys(names, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _serve(
    connection: Connection, spec_data: dict[str, Any], isolation: Isolation, limits: Limits
) -> None:
    """The worker's life: take a task, render it apart, give the result back."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    engine = None
    with suppress(Exception):  # loaded ahead of the first task, which reports what went wrong
        engine = open_engine(SynthSpec.from_dict(spec_data))
    while True:
        try:
            job, finish = connection.recv()
        except (EOFError, OSError):
            return  # the parent is done, or gone
        try:
            engine = engine or open_engine(SynthSpec.from_dict(spec_data))
            connection.send(finish(render_apart(engine, job, isolation, limits)))
        except PatchwrightError as error:
            connection.send(error)
        except Exception as error:
            connection.send(RenderError(f"render {job.index}: {type(error).__name__}: {error}"))
