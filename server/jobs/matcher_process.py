"""Run the matcher in its own process, so that a search never delays a knob.

Python runs one thread at a time, so a search in the server's own process would make every knob
wait for it; and what a broken sound does to a decoder ends that process alone.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import sys
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from datasets.errors import PatchwrightError, RenderError
from datasets.spec import FloatArray
from models.checkpoint import load_checkpoint
from models.instrument.neighbours import Neighbour
from models.matching.matcher import Matcher
from models.matching.options import MatchOptions, Progress, Watcher
from renderer.engines.base import Audio

log = logging.getLogger(__name__)

BEHIND = 10  # niceness of what a player waits for longer than for a knob
TRIES = 2  # of one order: what ended the process once may have been chance
LEAVING_S = 5.0
ENDED_TWICE = "the matcher ended twice over this: try another sound"


@dataclass(frozen=True)
class MatchAnswer:
    """A match, as much of it as is passed on: its audio would fill the memory."""

    unit: FloatArray  # (P,) of the parametric winner
    preset: bytes
    preset_suffix: str
    document: dict[str, Any]
    method: str = "parameters"  # of ``preset``: parameters or resynthesis

    def to_dict(self) -> dict[str, Any]:
        """The content of ``match.json``."""
        return self.document


class MatcherProcess:
    """``models.matching.matcher.Matcher`` in another process; calls block, and are not
    thread-safe."""

    def __init__(self, model: str, workers: int = 2) -> None:
        """Returns once its synth is loaded; errors as of ``load_checkpoint`` and RenderError."""
        self._model, self._workers = model, workers
        self._start()

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid or 0

    def match(
        self, sound: Path, options: MatchOptions, watch: Watcher | None = None
    ) -> MatchAnswer:
        """As of ``Matcher``; RenderError when the process ends twice over it.

        ``watch`` may call ``hear``, ``hear_preset`` and ``near``: the search waits meanwhile.
        """
        answer: MatchAnswer = self._ask(("match", sound, options), watch)
        return answer

    def hear(self, unit: FloatArray, note: int) -> tuple[Audio, int]:
        """As of ``Matcher``."""
        heard: tuple[Audio, int] = self._ask(("hear", unit, note))
        return heard

    def hear_preset(self, preset: bytes, note: int) -> tuple[Audio, int]:
        """As of ``Matcher``."""
        audio: tuple[Audio, int] = self._ask(("hear_preset", preset, note))
        return audio

    def near(self, sound: Path, options: MatchOptions, count: int) -> list[Neighbour]:
        """As of ``Matcher``."""
        found: list[Neighbour] = self._ask(("near", sound, options, count))
        return found

    def close(self) -> None:
        """End the process, and its workers with it."""
        self._pipe.close()
        self._process.join(LEAVING_S)
        self._process.kill()
        self._process.join()

    def _start(self) -> None:
        context = get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=_work, args=(theirs, self._model, self._workers), name="patchwright-match"
        )
        self._process.start()
        theirs.close()  # or a process that ends would leave this one waiting
        self._answer(None)

    def _ask(self, order: tuple[object, ...], watch: Watcher | None = None) -> Any:  # noqa: ANN401  whatever was asked for
        for left in reversed(range(TRIES)):
            process = self._process
            try:
                self._pipe.send(order)
                return self._answer(watch)
            except (EOFError, OSError):
                if process is self._process:  # else what was asked in between has met it already
                    self._start_again()
                if not left:
                    raise RenderError(ENDED_TWICE) from None
        raise AssertionError("unreachable")

    def _start_again(self) -> None:
        self._process.join(LEAVING_S)
        log.warning("the matcher ended with %s: started again", self._process.exitcode)
        self.close()
        self._start()

    def _answer(self, watch: Watcher | None) -> Any:  # noqa: ANN401
        process = self._process
        while True:
            kind, value = self._pipe.recv()
            if kind == "error":
                raise value
            if kind == "done":
                return value
            goes_on = watch is None or watch(value) is not False
            if process is not self._process:
                raise EOFError("another process has taken its place while it was watched")
            self._pipe.send(("on" if goes_on else "stop",))


def _work(pipe: Connection, model: str, workers: int) -> None:
    """In the other process: follow orders until the pipe is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the server's to follow
    if sys.platform != "win32":
        os.nice(BEHIND)
    with contextlib.suppress(EOFError, OSError):  # the server has gone
        try:
            matcher = Matcher(load_checkpoint(model), workers)
            matcher.pool.ready()
        except Exception as error:
            return pipe.send(("error", error))
        with matcher:
            pipe.send(("done", None))
            while True:
                order, *arguments = pipe.recv()
                pipe.send(_followed(matcher, pipe, order, arguments))


def _followed(
    matcher: Matcher, pipe: Connection, order: str, arguments: list[Any]
) -> tuple[str, object]:
    try:
        if order in ("hear", "hear_preset", "near"):
            return "done", getattr(matcher, order)(*arguments)
        sound, options = arguments
        found = matcher.match(sound, options, lambda told: _goes_on(matcher, pipe, told))
        file = found.preset, found.preset_suffix
        return "done", MatchAnswer(found.unit, *file, found.document, found.method)
    except PatchwrightError as error:
        return "error", error
    except (EOFError, OSError):
        raise
    except Exception as error:
        log.error("a match failed", exc_info=error)
        return "error", RuntimeError(f"{type(error).__name__}: {error}")


def _goes_on(matcher: Matcher, pipe: Connection, progress: Progress) -> bool:
    """Tell of a search, play what is to be heard meanwhile; whether it goes on."""
    pipe.send(("progress", progress))
    while True:
        order, *arguments = pipe.recv()
        if order in ("on", "stop"):
            return bool(order == "on")
        pipe.send(_followed(matcher, pipe, order, arguments))
