"""Run matches one at a time, in their own thread."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from datasets.errors import PatchwrightError, ServeError
from datasets.spec import FloatArray
from models.instrument.neighbours import Neighbour
from models.matching.options import MatchOptions, Progress
from plugin_bridge.protocol import LOOPBACK
from renderer.engines.base import Audio
from renderer.plugins.patch_template import PatchFile, PatchTemplate
from server.jobs.job import AbandonedError, Jobs, MatchJob, MatchOutcome
from server.jobs.matcher_interface import MatcherLike
from server.jobs.short_requests import BusyError, ShortRequests, check_same
from server.presets.preview_cache import Key, Previews, wav
from server.telemetry import Telemetry

log = logging.getLogger(__name__)

WAITING_MATCHES = 16  # A match takes seconds: with more in the queue, clients would time out.
MATCHES_OF_CLIENT = 8  # One client cannot take all places.
ENDING_S = 10.0  # Time that the running match has to end when the queue closes.
SOUND_BYTES = 32 * 1024 * 1024  # Largest size of a sound file, checked before decoding.


Opened = TypeVar("Opened")
T = TypeVar("T")


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
        self._short = ShortRequests()
        self._turn = asyncio.Lock()  # the matcher runs one match at a time
        self._running: set[asyncio.Task[None]] = set()
        self._calls: set[Future[Any]] = set()  # in the matcher's thread

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

        return await asyncio.wrap_future(self._submit(exchange))

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
        client: str = LOOPBACK,
        template: PatchTemplate | None = None,
    ) -> MatchJob:
        """Queue a match of a sound file.

        Args:
            sound: The sound file.
            options: Budget, method and part of the sound.
            name: Name of the sound in messages; by default the name of the file.
            then: Called when the job has ended.
            client: Address of the client; each client has a limited number of places.
            template: A player's own patch to search on; None for the model's own template.

        Returns:
            The job.

        Raises:
            BusyError: Too many matches wait.
        """
        self._check_places(client)
        job = self.jobs.new(name or sound.name, client)
        task = asyncio.get_running_loop().create_task(self._run(job, sound, options, template))
        self._running.add(task)  # the event loop alone does not keep a task alive
        task.add_done_callback(self._running.discard)
        job.drop = task.cancel
        if then is not None:
            task.add_done_callback(lambda _: then())
        return job

    def _check_places(self, client: str) -> None:
        """Check that one more match of a client has a place."""
        if self.jobs.wanted() >= WAITING_MATCHES:
            raise BusyError(f"{WAITING_MATCHES} matches wait already: try again in some seconds")
        if self.jobs.wanted(client) >= MATCHES_OF_CLIENT:
            raise BusyError(
                f"{MATCHES_OF_CLIENT} matches of {client} wait already: wait for one, or cancel "
                "one (GET /v1/jobs lists them)"
            )

    async def hear(self, unit: FloatArray, note: int) -> bytes:
        """Render a preset (P,) at a MIDI note and return it as a WAV file.

        Raises:
            BusyError: Too many requests wait.
            RenderError: The synth fails.
        """
        return await self._clip((unit.tobytes(), note), lambda matcher: matcher.hear(unit, note))

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
        return await self._clip(key, lambda matcher: matcher.hear_preset(preset, note))

    async def _clip(self, key: Key, play: Callable[[MatcherLike], tuple[Audio, int]]) -> bytes:
        """Return a clip from the cache, or render it."""
        previews = self._previews  # another model has others
        if (clip := previews.get(key)) is None:
            clip = wav(*await self._meanwhile(play))
            previews.put(key, clip)
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
            return await self._meanwhile(lambda matcher: matcher.near(sound, options, count))
        except PatchwrightError as error:
            raise renamed(error, sound, name) from error

    async def read_patch(self, file: PatchFile) -> PatchTemplate:
        """Put the model's spec on a player's own patch.

        Args:
            file: The preset file.

        Returns:
            The template.

        Raises:
            BusyError: Too many requests wait.
            StoreError: The file is not a preset of this synth.
            RenderError: The synth fails on the file.
        """
        return await self._meanwhile(lambda matcher: matcher.read_patch(file))

    async def _meanwhile(self, run: Callable[[MatcherLike], T]) -> T:
        """Send the matcher a short request; a running match handles it between its renders."""
        done = self._short.add(self._matcher, run)
        self._submit(lambda: self._short.run(self._matcher))
        answered: T = await asyncio.wrap_future(done)
        return answered

    def _submit(self, call: Callable[[], T]) -> Future[T]:
        """Run a call in the matcher's thread."""
        future = self._thread.submit(call)
        self._calls.add(future)
        future.add_done_callback(self._calls.discard)
        return future

    def close(self) -> None:
        """Cancel all matches and close the matcher; a match that does not end is killed."""
        self.jobs.cancel_all()
        self._short.close()
        self._thread.shutdown(wait=False, cancel_futures=True)
        wait(list(self._calls), ENDING_S)
        self._matcher.close()
        self._thread.shutdown()

    async def _run(
        self, job: MatchJob, sound: Path, options: MatchOptions, template: PatchTemplate | None
    ) -> None:
        """Run a job to its end."""
        started, matcher = time.perf_counter(), self._matcher
        try:
            async with self._turn:
                job.begin()
                run = self._submit(lambda: self._match(job, matcher, sound, options, template))
                found = await asyncio.wrap_future(run)
            if not job.cancelled:
                await self._landed(job, found)
        except AbandonedError:
            job.end()
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

    def _match(
        self,
        job: MatchJob,
        matcher: MatcherLike,
        sound: Path,
        options: MatchOptions,
        template: PatchTemplate | None,
    ) -> MatchOutcome:
        """Match a sound, in the matcher's thread."""
        check_same(matcher, self._matcher)
        # `Path.is_file` raises an OSError for a name that is too long; the matcher reports it.
        if os.path.isfile(sound) and sound.stat().st_size > SOUND_BYTES:
            raise ServeError(f"{sound} is over {SOUND_BYTES // 1024**2} MiB: send a shorter sound")
        return matcher.match(sound, options, partial(self._between, job), template)

    def _between(self, job: MatchJob, progress: Progress) -> bool:
        """Handle short requests between two generations of a search, then report its progress."""
        self._short.run(self._matcher)
        return job.watch(progress)


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
