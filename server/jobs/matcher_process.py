"""Run the matcher in its own process, because a search must not delay a knob.

Python runs one thread at a time. In the server's own process, a search would make every knob wait.
A sound that crashes a decoder also ends only the matcher's process.
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
from models.instrument.neighbours import Neighbour
from models.matching.options import MatchOptions, Progress, Watcher
from renderer.engines.base import Audio
from renderer.plugins.patch_template import PatchFile, PatchTemplate
from server.jobs import living_pipe
from server.jobs.job import AbandonedError
from server.jobs.living_pipe import ALIVE, HungError, LivingPipe, receive
from server.jobs.matchers import HeldMatchers, open_matchers

log = logging.getLogger(__name__)

BEHIND = 10  # niceness: a match may take longer than a knob
TRIES = 2  # tries of a request; a process may end once by chance
LEAVING_S = 5.0
STARTING_S = 300.0  # until the first sign of life: a busy machine loads libraries slowly
ENDED_TWICE = "the matcher ended twice during this request: try another sound or preset"


@dataclass(frozen=True)
class MatchAnswer:
    """Hold the parts of a match result that the server needs; the audio would fill its memory."""

    unit: FloatArray  # preset of the parametric answer, (P,)
    preset: bytes
    preset_suffix: str
    document: dict[str, Any]
    method: str = "parameters"  # method of ``preset``: "parameters" or "resynthesis"

    def to_dict(self) -> dict[str, Any]:
        """Return the content of ``match.json``."""
        return self.document


class MatcherProcess:
    """Run ``models.matching.matcher.Matcher`` in another process.

    All calls block. Call them from one thread at a time; only ``close`` may come from another one.
    A process that ends or hangs is replaced, and the request starts again.
    """

    def __init__(self, model: str, workers: int = 2) -> None:
        """Start the process and wait until its synth is loaded.

        Args:
            model: Name of a shipped model, or a checkpoint folder.
            workers: Number of processes that render.

        Raises:
            CheckpointError: The model cannot be loaded.
            RenderError: The synth cannot be loaded.
        """
        self._model, self._workers, self._closed = model, workers, False
        self._start()

    @property
    def pid(self) -> int:
        """Return the id of the process."""
        return self._process.pid or 0

    def match(
        self,
        sound: Path,
        options: MatchOptions,
        watch: Watcher | None = None,
        template: PatchTemplate | None = None,
    ) -> MatchAnswer:
        """Match a sound, as ``Matcher.match`` does.

        Args:
            sound: The sound file.
            options: Budget, method and part of the sound.
            watch: Called with the progress; the search ends when it returns False. It may call
                the other methods, and the search waits for them. When it raises AbandonedError,
                the search ends without a result.
            template: A player's own patch to search on; None for the model's own template.

        Returns:
            The result.

        Raises:
            RenderError: The process ended twice during this match.
            AbandonedError: ``watch`` has raised it.
        """
        answer: MatchAnswer = self._ask(("match", sound, options, template), watch)
        return answer

    def hear(self, unit: FloatArray, note: int) -> tuple[Audio, int]:
        """Render a preset, as ``Matcher.hear`` does."""
        audio: tuple[Audio, int] = self._ask(("hear", unit, note))
        return audio

    def hear_preset(self, preset: bytes, note: int) -> tuple[Audio, int]:
        """Render a whole preset file, as ``Matcher.hear_preset`` does."""
        audio: tuple[Audio, int] = self._ask(("hear_preset", preset, note))
        return audio

    def near(self, sound: Path, options: MatchOptions, count: int) -> list[Neighbour]:
        """Return the presets of the library that sound most like a sound, as ``Matcher.near`` does.

        Args:
            sound: The sound file.
            options: The part of the sound and its note.
            count: Number of presets.

        Returns:
            The presets, nearest first.
        """
        found: list[Neighbour] = self._ask(("near", sound, options, count))
        return found

    def read_patch(self, file: PatchFile) -> PatchTemplate:
        """Put the model's spec on a player's own patch; a damaged file can crash only its render.

        Args:
            file: The preset file.

        Returns:
            The template.

        Raises:
            StoreError: The file is not a preset of this synth.
            RenderError: The synth fails on the file.
        """
        template: PatchTemplate = self._ask(("read_patch", file))
        return template

    def close(self) -> None:
        """End the process and its workers; a request in progress fails."""
        self._closed = True
        self._end()

    def _end(self) -> None:
        """End the process, and kill it if it does not."""
        self._pipe.close()
        self._process.join(LEAVING_S)
        self._process.kill()
        self._process.join()

    def _start(self) -> None:
        """Start the process and wait until its synth is loaded."""
        context = get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=_work, args=(theirs, self._model, self._workers), name="patchwright-match"
        )
        self._process.start()
        theirs.close()  # else this process would not notice that the other one has ended
        try:
            self._answer(None, STARTING_S)
        except HungError as error:
            self._process.kill()
            raise RenderError(f"{self._model}: the matcher did not start ({error})") from error

    def _ask(self, order: tuple[object, ...], watch: Watcher | None = None) -> Any:  # noqa: ANN401  the type depends on the request
        """Send a request and return its result; start the process again if it ends."""
        for left in reversed(range(TRIES)):
            process = self._process
            try:
                self._pipe.send(order)
                return self._answer(watch)
            except (EOFError, OSError, HungError) as error:
                if self._closed:
                    raise RenderError("the server stops: send the request again later") from None
                if process is self._process:  # else a request in between has started a new one
                    self._start_again(error)
                if not left:
                    raise RenderError(ENDED_TWICE) from None
        raise AssertionError("unreachable")

    def _start_again(self, error: Exception) -> None:
        """Start a new process after the old one has ended or hangs."""
        if isinstance(error, HungError):
            log.warning("the matcher hangs (%s): replacing it", error)
            self._process.kill()
        self._process.join(LEAVING_S)
        log.warning(
            "the matcher ended with exit code %s: starting it again", self._process.exitcode
        )
        self._end()
        self._start()

    def _answer(self, watch: Watcher | None, patience_s: float | None = None) -> Any:  # noqa: ANN401
        """Return the result of the current request; pass progress on to ``watch``."""
        process = self._process
        while True:
            kind, value = receive(self._pipe, patience_s or living_pipe.HUNG_S)
            patience_s = None
            if kind == ALIVE:
                continue
            if kind == "error":
                raise value
            if kind == "done":
                return value
            order = _order(watch, value)
            if process is not self._process:
                raise EOFError("the process was replaced during the search")
            self._pipe.send((order,))


def _order(watch: Watcher | None, progress: Progress) -> str:
    """Report progress, and return what the search does next: go on, stop, or leave."""
    try:
        return "on" if watch is None or watch(progress) is not False else "stop"
    except AbandonedError:
        return "leave"


def _work(connection: Connection, model: str, workers: int) -> None:
    """Handle requests in the other process until the pipe closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the server handles it
    if sys.platform != "win32":
        os.nice(BEHIND)
    pipe = LivingPipe(connection)
    with contextlib.suppress(EOFError, OSError):  # the server has ended
        try:
            with pipe.working():
                matchers = open_matchers(model, workers)
        except Exception as error:
            return pipe.send(("error", error))
        with contextlib.closing(matchers):
            pipe.send(("done", None))
            while True:
                order, *arguments = pipe.recv()
                with pipe.working():
                    reply = _followed(matchers, pipe, order, arguments)
                pipe.send(reply)


def _followed(
    matchers: HeldMatchers, pipe: LivingPipe, order: str, arguments: list[Any]
) -> tuple[str, object]:
    """Handle one request and return the kind of the reply with its content."""
    try:
        if order == "read_patch":
            return "done", matchers.read_patch(*arguments)
        if order in ("hear", "hear_preset", "near"):
            return "done", getattr(matchers.own, order)(*arguments)
        sound, options, template = arguments
        matcher = matchers.on(template)
        found = matcher.match(sound, options, lambda progress: _goes_on(matchers, pipe, progress))
        file, document = (found.preset, found.preset_suffix), found.document
        if template is not None:
            document |= {"patch": template.listing()}
        return "done", MatchAnswer(found.unit, *file, document, found.method)
    except PatchwrightError as error:
        return "error", error
    except (EOFError, OSError):
        raise
    except Exception as error:
        log.error("a match failed", exc_info=error)
        return "error", RuntimeError(f"{type(error).__name__}: {error}")


def _goes_on(matchers: HeldMatchers, pipe: LivingPipe, progress: Progress) -> bool:
    """Report progress, handle short requests, and return whether the search may continue.

    Raises:
        AbandonedError: The client has gone.
    """
    pipe.send(("progress", progress))
    while True:
        order, *arguments = pipe.recv()
        if order == "leave":
            raise AbandonedError("the client of this match has gone")
        if order in ("on", "stop"):
            return bool(order == "on")
        pipe.send(_followed(matchers, pipe, order, arguments))
