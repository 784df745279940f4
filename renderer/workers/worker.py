"""The process that renders: ``python -m renderer.workers.worker FD``, started by the pool.

It is kept lean, for it is what forks: no Parquet, no torch, one thread, Python's objects on the C
heap. It speaks pickles over its own pipe; plugins may print what they like.
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
    """One synth and the way it is kept pure."""

    def __init__(self, spec: SynthSpec, isolation: Isolation, limits: Limits) -> None:
        self._spec, self._isolation, self._limits = spec, isolation, limits
        self._engine: Engine | None = None
        self._answer: ForkedRender | None = None
        self.is_spent = False  # a render failed in this very process: what it left is not known

    def load(self) -> None:
        """Open the engine that the jobs need; raises what ``open_engine`` does."""
        if self._engine is None:
            self._engine = open_engine(self._spec)
            if self._isolation == "fork":
                self._answer = ForkedRender(self._spec)
                leave_threads_behind()
                give_back_zero_pages()
            else:
                limit_memory(self._limits)

    def render(self, job: RenderJob) -> Rendered:
        """Render one job on a pristine synth."""
        self.load()
        assert self._engine is not None
        if self._isolation == "fork":
            return render_forked(self._engine, job, self._limits, self._answer)
        limit_processor(self._limits)
        engine, self._engine = self._engine, None  # used once; the next job loads its own
        native = native_of(self._spec, job)  # a bad vector is the caller's error, not the synth's
        try:
            return judged(job, play(engine, job, native))
        except Exception as error:
            self.is_spent = True
            status, reason = fault_raised(error, self._limits)
            return Rendered(job, status, reason=reason)

    def ask(self, question: Question) -> Any:  # noqa: ANN401  whatever the question answers
        """Put a question to the loaded engine itself."""
        self.load()
        assert self._engine is not None
        return question(self._engine)


def serve(connection: Connection) -> NoReturn:
    """The worker's life: the spec first, then task after task, each answered."""
    spec_data, isolation, limits = connection.recv()
    worker = Worker(SynthSpec.from_dict(spec_data), isolation, limits)
    loading: Exception | None = None
    try:
        worker.load()  # ahead of the first task, which reports what went wrong
    except Exception as error:
        loading = error
    # The synth is loaded, and so much memory held; from here on a job's own time limit holds.
    connection.send(most_held_kb())
    while True:
        try:
            job, finish = connection.recv()
        except (EOFError, OSError):  # the parent is done, or gone
            # No clean-up: plugins that fail while they are torn down have nothing left to spoil,
            # and in a fork JUCE waits there for a thread that stayed behind.
            os._exit(0)
        except Exception as error:  # what it names is not importable here, as names of __main__
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
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    silence()
    if sys.platform == "win32":
        from multiprocessing.connection import PipeConnection

        serve(PipeConnection(int(sys.argv[1])))
    else:
        serve(Connection(int(sys.argv[1])))


if __name__ == "__main__":
    main()
