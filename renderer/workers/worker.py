"""Run the process that renders: ``python -m renderer.workers.worker FD``, started by the pool.

The worker stays small because it forks: no Parquet, no torch, one thread, and Python's objects on
the C heap. It exchanges pickles over its own pipe, so plugins may print anything.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any, NoReturn

from datasets.errors import PatchwrightError, RenderError
from datasets.spec import SynthSpec
from renderer.engines.base import Engine, open_engine
from renderer.plugins.silence_output import silence
from renderer.workers.fork import (
    ForkedRender,
    give_back_zero_pages,
    leave_threads_behind,
    render_forked,
)
from renderer.workers.isolation import (
    Isolation,
    Limits,
    Rendered,
    RenderJob,
    fault_raised,
    judged,
    limit_memory,
    limit_processor,
    most_held_kb,
    native_of,
    play,
)

Question = Callable[[Engine], Any]


class Worker:
    """Hold one synth and keep its renders independent."""

    def __init__(self, spec: SynthSpec, isolation: Isolation, limits: Limits) -> None:
        self._spec, self._isolation, self._limits = spec, isolation, limits
        self._engine: Engine | None = None
        self._answer: ForkedRender | None = None
        self.is_spent = False  # a render failed in this process: its state is unknown

    def load(self) -> None:
        """Open the engine that the jobs need; raise the same errors as ``open_engine``."""
        if self._engine is None:
            self._engine = open_engine(self._spec)
            if self._isolation == "fork":
                self._answer = ForkedRender(self._spec)
                leave_threads_behind()
                give_back_zero_pages()
            else:
                limit_memory(self._limits)

    def render(self, job: RenderJob) -> Rendered:
        """Render one job on a synth that has rendered nothing before."""
        self.load()
        assert self._engine is not None
        if self._isolation == "fork":
            return render_forked(self._engine, job, self._limits, self._memory(job))
        limit_processor(self._limits.of_job(job))
        engine, self._engine = self._engine, None  # used once; the next job loads its own
        native = native_of(self._spec, job)  # outside `try`: a bad vector is the caller's error
        try:
            return judged(job, play(engine, job, native))
        except Exception as error:
            self.is_spent = True
            status, reason = fault_raised(error, self._limits)
            return Rendered(job, status, reason=reason)

    def _memory(self, job: RenderJob) -> ForkedRender:
        """Return shared memory for a job; the last one is used again if it has the length."""
        if self._answer is None or self._answer.length_s != job.length_s:
            self._answer = ForkedRender(self._spec, job.length_s)
        return self._answer

    def ask(self, question: Question) -> Any:  # noqa: ANN401  whatever the question answers
        """Call a function with the loaded engine and return its result."""
        self.load()
        assert self._engine is not None
        return question(self._engine)


def serve(connection: Connection) -> NoReturn:
    """Receive the spec, then answer one task after another until the pipe closes."""
    spec_data, isolation, limits = connection.recv()
    worker = Worker(SynthSpec.from_dict(spec_data), isolation, limits)
    loading: Exception | None = None
    try:
        worker.load()  # before the first task; the answer to that task reports a failure
    except Exception as error:
        loading = error
    # This reports that the synth is loaded, and its memory. From now on each job's limit applies.
    connection.send(most_held_kb())
    while True:
        try:
            job, finish = connection.recv()
        except (EOFError, OSError):  # The parent closed the pipe or ended.
            # Exit without clean-up: some plugins crash while they close. In a fork JUCE would wait
            # for a thread that exists only in the parent.
            os._exit(0)
        except Exception as error:  # the pickle names something not importable, as from __main__
            connection.send((RenderError(f"a worker cannot read its task: {error}"), False))
            continue
        connection.send((_answered(worker, job, finish, loading), worker.is_spent))


def _answered(
    worker: Worker, job: RenderJob | None, task: Callable[[Any], Any], loading: Exception | None
) -> Any:  # noqa: ANN401  what the task returns, or the error
    try:
        if loading is not None:
            raise loading
        if job is None:
            return worker.ask(task)
        return task(worker.render(job))
    except PatchwrightError as error:
        return error
    except Exception as error:
        what = "asking the synth" if job is None else f"render {job.index}"
        return RenderError(f"{what}: {type(error).__name__}: {error}")


def main() -> None:
    """Serve the pipe whose number is the first argument."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles Ctrl-C
    silence()
    if sys.platform == "win32":
        from multiprocessing.connection import PipeConnection

        serve(PipeConnection(int(sys.argv[1])))
    else:
        serve(Connection(int(sys.argv[1])))


if __name__ == "__main__":
    main()
