"""Run matches one at a time in a thread of their own."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar

from datasets.errors import PatchwrightError, ServeError
from datasets.spec import FloatArray
from models.instrument.neighbours import Neighbour
from models.matching.options import MatchOptions, Progress, Watcher
from renderer.engines.base import Audio
from server.jobs.job import Jobs, MatchJob, MatchOutcome
from server.presets.preview_cache import Key, Previews, wav
from server.telemetry import Telemetry

log = logging.getLogger(__name__)

WAITING_MATCHES = 8  # a match takes up to seconds: more in line would only time out
WAITING_TASKS = 32
SOUND_BYTES = 32 * 1024 * 1024  # of a file, before anything decodes it


Opened = TypeVar("Opened")
T = TypeVar("T")


class BusyError(ServeError):
    """Too many matches wait already."""


@dataclass(frozen=True)
class MatcherTask:
    """Something short that the matcher does even while it searches."""

    run: Callable[[], object]
    done: Future[Any] = field(default_factory=Future)


class MatcherLike(Protocol):
    """The part of ``models.matching.matcher.Matcher`` that is used."""

    def match(self, sound: Path, options: MatchOptions, watch: Watcher | None) -> MatchOutcome: ...
    def hear(self, unit: FloatArray, note: int) -> tuple[Audio, int]: ...
    def hear_preset(self, preset: bytes, note: int) -> tuple[Audio, int]: ...
    def near(self, sound: Path, options: MatchOptions, count: int) -> list[Neighbour]: ...
    def close(self) -> None: ...


class MatchQueue:
    """The matcher behind a queue; for one event loop."""

    def __init__(
        self,
        matcher: MatcherLike,
        landed: Callable[[MatchJob, MatchOutcome], Awaitable[None]],
        metrics: Telemetry,
    ) -> None:
        """``landed`` is awaited with every winner before its job ends."""
        self._metrics, self._previews = metrics, Previews()
        self.jobs = Jobs()
        self._matcher, self._landed = matcher, landed
        self._thread = ThreadPoolExecutor(1, "patchwright-match")
        self._tasks = deque[MatcherTask]()
        self._running: set[asyncio.Task[None]] = set()

    async def exchange(self, open_: Callable[[], tuple[Opened, MatcherLike]]) -> Opened:
        """Another matcher from now on; the old one stays when that fails. In line, as a match."""

        def exchange() -> Opened:
            opened, matcher = open_()
            self._matcher.close()
            self._matcher, self._previews = matcher, Previews()
            return opened

        return await asyncio.get_running_loop().run_in_executor(self._thread, exchange)

    @property
    def busy(self) -> bool:
        """Whether a match is under way."""
        return self.jobs.waiting > 0

    def submit(
        self,
        sound: Path,
        options: MatchOptions,
        name: str = "",
        then: Callable[[], object] | None = None,
    ) -> MatchJob:
        """Begin to match a sound file.

        ``name`` is what messages call the file instead of by its path; ``then`` is called when the
        job has ended. Raises BusyError when too many wait.
        """
        if self.jobs.waiting >= WAITING_MATCHES:
            raise BusyError(f"{WAITING_MATCHES} matches are waiting already: try again shortly")
        job = self.jobs.new(name or sound.name)
        task = asyncio.get_running_loop().create_task(self._run(job, sound, options))
        self._running.add(task)  # the loop alone would let it be collected
        task.add_done_callback(self._running.discard)
        if then is not None:
            task.add_done_callback(lambda _: then())
        return job

    async def hear(self, unit: FloatArray, note: int) -> bytes:
        """A preset (P,) played by the synth, as WAV.

        Raises BusyError when too many wait, RenderError when the synth fails.
        """
        return await self._clip((unit.tobytes(), note), lambda: self._matcher.hear(unit, note))

    async def hear_preset(self, preset: bytes, note: int) -> bytes:
        """Play a whole preset file with the synth.

        Args:
            preset: A file in the synth's own format.
            note: MIDI, 0..127.

        Returns:
            A WAV file.

        Raises:
            BusyError: Too many wait.
            RenderError: The synth fails on it.
        """
        key = hashlib.sha256(preset).digest(), note
        return await self._clip(key, lambda: self._matcher.hear_preset(preset, note))

    async def _clip(self, key: Key, play: Callable[[], tuple[Audio, int]]) -> bytes:
        if (clip := self._previews.get(key)) is None:
            clip = wav(*await self._meanwhile(play))
            self._previews.put(key, clip)
        return clip

    async def near(
        self, sound: Path, options: MatchOptions, count: int, name: str
    ) -> list[Neighbour]:
        """The presets of the model's library that sound most like a sound; ``name`` as above.

        Raises BusyError when too many wait, AudioError for the sound, CheckpointError for a model
        without a library.
        """
        try:
            return await self._meanwhile(lambda: self._matcher.near(sound, options, count))
        except PatchwrightError as error:
            raise renamed(error, sound, name) from error

    async def _meanwhile(self, run: Callable[[], T]) -> T:
        """Ask the matcher something short: a match that runs makes room between its renders."""
        if len(self._tasks) >= WAITING_TASKS:
            raise BusyError(f"{WAITING_TASKS} wait for the synth already: try again shortly")
        matcher_task = MatcherTask(run)
        self._tasks.append(matcher_task)
        self._thread.submit(self._run_tasks)
        done: T = await asyncio.wrap_future(matcher_task.done)
        return done

    def close(self) -> None:
        """Let what runs end, drop what waits, and free the matcher."""
        self.jobs.cancel_all()
        self._thread.shutdown(cancel_futures=True)
        for matcher_task in self._tasks:
            matcher_task.done.cancel()
        self._matcher.close()

    async def _run(self, job: MatchJob, sound: Path, options: MatchOptions) -> None:
        started = time.perf_counter()
        try:
            loop = asyncio.get_running_loop()
            found = await loop.run_in_executor(self._thread, self._match, job, sound, options)
            if found is not None and not job.cancelled:
                await self._landed(job, found)
        except PatchwrightError as error:
            job.end(error=renamed(error, sound, job.title))
        except Exception as error:  # whoever asked is told; the server goes on
            job.end(error=error)
        except asyncio.CancelledError:
            job.cancel()
            job.end()
            raise
        else:
            job.end(found)
        finally:
            self._metrics.matches.labels(job.state).inc()
            passed = time.perf_counter() - started
            about = {"job": job.id, "state": job.state, "budget": options.budget}
            log.info("match", extra=about | {"ms": round(1000 * passed)})
            self._metrics.match_seconds.labels(options.budget).observe(passed)

    def _match(self, job: MatchJob, sound: Path, options: MatchOptions) -> MatchOutcome | None:
        if job.cancelled:
            return None
        job.loop.call_soon_threadsafe(job.begin)
        if sound.is_file() and sound.stat().st_size > SOUND_BYTES:
            raise ServeError(f"{sound} is over {SOUND_BYTES // 1024**2} MiB: cut it shorter")
        return self._matcher.match(sound, options, lambda told: self._between(job, told))

    def _between(self, job: MatchJob, progress: Progress) -> bool:
        """What is done between two generations of a search: whoever listens waits for no match."""
        self._run_tasks()
        return job.watch(progress)

    def _run_tasks(self) -> None:
        while self._tasks:
            matcher_task = self._tasks.popleft()
            if matcher_task.done.set_running_or_notify_cancel():
                try:
                    matcher_task.done.set_result(matcher_task.run())
                except Exception as error:  # whoever asked is told
                    matcher_task.done.set_exception(error)


def renamed(error: PatchwrightError, sound: Path, name: str) -> PatchwrightError:
    """The same error, with what a player calls the sound instead of where we put it."""
    return type(error)(str(error).replace(str(sound), name).replace(sound.name, name))


def answer(job: MatchJob) -> MatchOutcome:
    """What an ended job found; its error, or ServeError when it was cancelled first."""
    if job.error is not None:
        raise job.error
    if job.found is None:
        raise ServeError("the match was cancelled")
    return job.found
