"""Run matches one at a time, in their own thread."""

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

WAITING_MATCHES = 8  # A match takes seconds: with more in the queue, clients would time out.
WAITING_TASKS = 32
SOUND_BYTES = 32 * 1024 * 1024  # Largest size of a sound file, checked before decoding.


Opened = TypeVar("Opened")
T = TypeVar("T")


class BusyError(ServeError):
    """Signal that too many requests wait already."""


@dataclass(frozen=True)
class MatcherTask:
    """Hold a short request that the matcher handles even during a search."""

    run: Callable[[], object]
    done: Future[Any] = field(default_factory=Future)


class MatcherLike(Protocol):
    """Describe the part of ``models.matching.matcher.Matcher`` that the server uses."""

    def match(self, sound: Path, options: MatchOptions, watch: Watcher | None) -> MatchOutcome:
        """Match a sound.

        Args:
            sound: The sound file.
            options: Budget, method and part of the sound.
            watch: Called with the progress; the search ends when it returns False.

        Returns:
            The result.
        """

    def hear(self, unit: FloatArray, note: int) -> tuple[Audio, int]:
        """Render a preset (P,) and return its audio and its sample rate in Hz."""

    def hear_preset(self, preset: bytes, note: int) -> tuple[Audio, int]:
        """Render a whole preset file and return its audio and its sample rate in Hz."""

    def near(self, sound: Path, options: MatchOptions, count: int) -> list[Neighbour]:
        """Return the presets of the library that sound most like a sound.

        Args:
            sound: The sound file.
            options: The part of the sound and its note.
            count: Number of presets.

        Returns:
            The presets, nearest first.
        """

    def close(self) -> None:
        """Free the synth."""


class MatchQueue:
    """Queue requests for the matcher; for one event loop."""

    def __init__(
        self,
        matcher: MatcherLike,
        landed: Callable[[MatchJob, MatchOutcome], Awaitable[None]],
        metrics: Telemetry,
    ) -> None:
        """Start with a matcher.

        Args:
            matcher: The matcher; the queue closes it at the end.
            landed: Awaited with every result before its job ends.
            metrics: Counters of the server.
        """
        self._metrics, self._previews = metrics, Previews()
        self.jobs = Jobs()
        self._matcher, self._landed = matcher, landed
        self._thread = ThreadPoolExecutor(1, "patchwright-match")
        self._tasks = deque[MatcherTask]()
        self._running: set[asyncio.Task[None]] = set()

    async def exchange(self, open_: Callable[[], tuple[Opened, MatcherLike]]) -> Opened:
        """Replace the matcher once the queued matches have ended; keep the old one after an error.

        Args:
            open_: Opens a new matcher and returns it as the second value.

        Returns:
            The first value of ``open_``.
        """

        def exchange() -> Opened:
            opened, matcher = open_()
            self._matcher.close()
            self._matcher, self._previews = matcher, Previews()
            return opened

        return await asyncio.get_running_loop().run_in_executor(self._thread, exchange)

    @property
    def busy(self) -> bool:
        """Return whether a match runs or waits."""
        return self.jobs.waiting > 0

    def submit(
        self,
        sound: Path,
        options: MatchOptions,
        name: str = "",
        then: Callable[[], object] | None = None,
    ) -> MatchJob:
        """Queue a match of a sound file.

        Args:
            sound: The sound file.
            options: Budget, method and part of the sound.
            name: Name of the sound in messages; by default the name of the file.
            then: Called when the job has ended.

        Returns:
            The job.

        Raises:
            BusyError: Too many matches wait.
        """
        if self.jobs.waiting >= WAITING_MATCHES:
            raise BusyError(f"{WAITING_MATCHES} matches wait already: try again in some seconds")
        job = self.jobs.new(name or sound.name)
        task = asyncio.get_running_loop().create_task(self._run(job, sound, options))
        self._running.add(task)  # the event loop alone does not keep a task alive
        task.add_done_callback(self._running.discard)
        if then is not None:
            task.add_done_callback(lambda _: then())
        return job

    async def hear(self, unit: FloatArray, note: int) -> bytes:
        """Render a preset (P,) at a MIDI note and return it as a WAV file.

        Raises:
            BusyError: Too many requests wait.
            RenderError: The synth fails.
        """
        return await self._clip((unit.tobytes(), note), lambda: self._matcher.hear(unit, note))

    async def hear_preset(self, preset: bytes, note: int) -> bytes:
        """Render a whole preset file.

        Args:
            preset: A file in the synth's own format.
            note: MIDI note, 0..127.

        Returns:
            A WAV file.

        Raises:
            BusyError: Too many requests wait.
            RenderError: The synth fails on the file.
        """
        key = hashlib.sha256(preset).digest(), note
        return await self._clip(key, lambda: self._matcher.hear_preset(preset, note))

    async def _clip(self, key: Key, play: Callable[[], tuple[Audio, int]]) -> bytes:
        """Return a clip from the cache, or render it."""
        if (clip := self._previews.get(key)) is None:
            clip = wav(*await self._meanwhile(play))
            self._previews.put(key, clip)
        return clip

    async def near(
        self, sound: Path, options: MatchOptions, count: int, name: str
    ) -> list[Neighbour]:
        """Return the presets of the model's library that sound most like a sound.

        Args:
            sound: The sound file.
            options: The part of the sound and its note.
            count: Number of presets.
            name: Name of the sound in messages.

        Returns:
            The presets, nearest first.

        Raises:
            BusyError: Too many requests wait.
            AudioError: The sound cannot be read or used.
            CheckpointError: The model has no library.
        """
        try:
            return await self._meanwhile(lambda: self._matcher.near(sound, options, count))
        except PatchwrightError as error:
            raise renamed(error, sound, name) from error

    async def _meanwhile(self, run: Callable[[], T]) -> T:
        """Send the matcher a short request; a running match handles it between its renders."""
        if len(self._tasks) >= WAITING_TASKS:
            raise BusyError(
                f"{WAITING_TASKS} requests wait for the synth already: try again in some seconds"
            )
        matcher_task = MatcherTask(run)
        self._tasks.append(matcher_task)
        self._thread.submit(self._run_tasks)
        done: T = await asyncio.wrap_future(matcher_task.done)
        return done

    def close(self) -> None:
        """Finish the running match, cancel the queued matches and close the matcher."""
        self.jobs.cancel_all()
        self._thread.shutdown(cancel_futures=True)
        for matcher_task in self._tasks:
            matcher_task.done.cancel()
        self._matcher.close()

    async def _run(self, job: MatchJob, sound: Path, options: MatchOptions) -> None:
        """Run a job to its end."""
        started = time.perf_counter()
        try:
            loop = asyncio.get_running_loop()
            found = await loop.run_in_executor(self._thread, self._match, job, sound, options)
            if found is not None and not job.cancelled:
                await self._landed(job, found)
        except PatchwrightError as error:
            job.end(error=renamed(error, sound, job.title))
        except Exception as error:  # the client receives the error; the server continues
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
        """Match a sound, in the matcher's thread."""
        if job.cancelled:
            return None
        job.loop.call_soon_threadsafe(job.begin)
        if sound.is_file() and sound.stat().st_size > SOUND_BYTES:
            raise ServeError(f"{sound} is over {SOUND_BYTES // 1024**2} MiB: send a shorter sound")
        return self._matcher.match(sound, options, lambda progress: self._between(job, progress))

    def _between(self, job: MatchJob, progress: Progress) -> bool:
        """Handle short requests between two generations of a search, then report its progress."""
        self._run_tasks()
        return job.watch(progress)

    def _run_tasks(self) -> None:
        """Handle all short requests that wait."""
        while self._tasks:
            matcher_task = self._tasks.popleft()
            if matcher_task.done.set_running_or_notify_cancel():
                try:
                    matcher_task.done.set_result(matcher_task.run())
                except Exception as error:  # the client receives the error
                    matcher_task.done.set_exception(error)


def renamed(error: PatchwrightError, sound: Path, name: str) -> PatchwrightError:
    """Return an error with the player's name of the sound instead of its path on the server.

    Args:
        error: The error.
        sound: Path of the file on the server.
        name: The player's name of the sound.

    Returns:
        An error of the same class.
    """
    return type(error)(str(error).replace(str(sound), name).replace(sound.name, name))


def answer(job: MatchJob) -> MatchOutcome:
    """Return the result of an ended job.

    Raises:
        ServeError: The match was cancelled before it had a result.
        PatchwrightError: The match failed; this is its own error.
    """
    if job.error is not None:
        raise job.error
    if job.found is None:
        raise ServeError(f"match of {job.title}: it was cancelled before it had a result")
    return job.found
