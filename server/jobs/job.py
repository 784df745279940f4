"""Describe a match as a job: its state, its progress and its result.

The code is for one event loop. Only ``MatchJob.watch`` is called from the thread that searches.
"""

from __future__ import annotations

import asyncio
import threading
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, Protocol

from datasets.errors import MissingError, ServeError
from datasets.spec import FloatArray
from models.instrument.protocols import Playable
from models.matching.options import Progress

REMEMBERED = 32  # ended jobs that clients can still read
RUNNING = ("waiting", "running")  # states of a job that has not ended


class AbandonedError(ServeError):
    """Signal that no client waits for a match any more: its search ends without a result."""


class MatchOutcome(Protocol):
    """Describe the part of ``models.matching.matcher.MatchResult`` that the server uses."""

    @property
    def method(self) -> str:
        """Return the method of the chosen answer: ``parameters`` or ``resynthesis``."""

    @property
    def unit(self) -> FloatArray:
        """Return the preset (P,) of the parametric answer, even if another answer was chosen."""

    @property
    def preset(self) -> bytes:
        """Return the chosen answer as a whole file in the synth's own format."""

    @property
    def preset_suffix(self) -> str:
        """Return the suffix of this file, with its dot."""

    def to_dict(self) -> dict[str, Any]:
        """Return the content of ``match.json``.

        A match with more than one answer also has ``method`` and ``answers``. ``answers`` is a list
        of ``{"method", "distance", "preset", "audio"}``.
        """


class MatchJob:
    """Hold one match.

    Its state is ``waiting``, then ``running``, then ``done``, ``failed`` or ``cancelled``.
    """

    def __init__(self, title: str, client: str = "") -> None:
        self.id, self.title, self.client = uuid.uuid4().hex, title, client
        self.state = "waiting"
        self.progress: Progress | None = None
        self.found: MatchOutcome | None = None  # a cancelled job may have a result too
        self.error: Exception | None = None
        self.playable: Playable | None = None  # the model on the template of the match
        self.warning = ""  # what failed after the match itself, in one line
        self.drop: Callable[[], object] = lambda: None  # gives its place in the queue back
        self._stopped, self._abandoned = threading.Event(), threading.Event()
        self._news = asyncio.Event()
        self.loop = asyncio.get_running_loop()

    @property
    def ended(self) -> bool:
        """Return whether the job has ended."""
        return self.state not in RUNNING

    @property
    def cancelled(self) -> bool:
        """Return whether a client has cancelled the job."""
        return self._stopped.is_set()

    def cancel(self) -> None:
        """End the job: at once if it waits, else after the renders in progress.

        Then it has the best result so far.
        """
        self._stopped.set()
        if self.state == "waiting":
            self.end()
            self.drop()

    def abandon(self) -> None:
        """End the job without a result, because the client that waited for it has gone.

        The matcher then does not render its best preset again, and the next client waits less.
        """
        self._abandoned.set()
        self.cancel()

    def watch(self, progress: Progress) -> bool:
        """Store the progress of the search, and return whether the search may continue.

        Raises:
            AbandonedError: The client has gone.
        """
        if self._abandoned.is_set():
            raise AbandonedError(f"match of {self.title}: its client has gone")
        self.loop.call_soon_threadsafe(self._progressed, progress)
        return not self.cancelled

    def begin(self) -> None:
        """Set the state to ``running``."""
        self._change("running")

    def end(self, found: MatchOutcome | None = None, error: Exception | None = None) -> None:
        """End the job with a result, an error or neither.

        Args:
            found: The result; a cancelled job may have one too.
            error: The error of a failed match.
        """
        if self.ended:
            return
        self.found, self.error = found, error
        self._change("failed" if error else "cancelled" if self.cancelled else "done")

    async def changes(self) -> AsyncIterator[MatchJob]:
        """Yield the job now and after every change, until it has ended.

        A slow reader misses changes in between, but never the last one. Start reading before the
        first ``await`` after the job was created.
        """
        while True:
            news, ended = self._news, self.ended  # the job may end while the reader works
            yield self
            if ended:
                return
            await news.wait()

    async def wait(self) -> MatchJob:
        """Wait until the job has ended, and return it."""
        async for _ in self.changes():
            pass
        return self

    def _progressed(self, progress: Progress) -> None:
        self.progress = progress
        self._change(self.state)

    def _change(self, state: str) -> None:
        self.state = state
        self._news.set()
        self._news = asyncio.Event()


class Jobs:
    """Hold all jobs that run, and the ones that ended most recently."""

    def __init__(self) -> None:
        self._jobs: dict[str, MatchJob] = {}

    def __iter__(self) -> Iterator[MatchJob]:
        """Return all jobs, oldest first."""
        return iter(list(self._jobs.values()))

    def new(self, title: str, client: str = "") -> MatchJob:
        """Add a job that waits."""
        ended = [job.id for job in self._jobs.values() if job.ended]
        for id_ in ended[: max(0, len(ended) - REMEMBERED + 1)]:
            del self._jobs[id_]
        job = MatchJob(title, client)
        self._jobs[job.id] = job
        return job

    def get(self, id_: str) -> MatchJob:
        """Return a job by its id.

        Raises:
            MissingError: The id is unknown or too old.
        """
        if id_ not in self._jobs:
            raise MissingError(
                f"job {id_[:64]!r}: no job with this id. Only the last {REMEMBERED} ended jobs "
                "are kept"
            )
        return self._jobs[id_]

    @property
    def waiting(self) -> int:
        """Return the number of jobs that have not ended."""
        return sum(not job.ended for job in self._jobs.values())

    def wanted(self, client: str | None = None) -> int:
        """Return the number of jobs that are queued or running, without the cancelled ones.

        Args:
            client: Count only the jobs of this client.

        Returns:
            The number of jobs.
        """
        return sum(
            not job.ended and not job.cancelled
            for job in self._jobs.values()
            if client is None or job.client == client
        )

    def cancel_all(self) -> None:
        """Cancel all jobs."""
        for job in self:
            job.cancel()


def chosen_distance(found: MatchOutcome) -> float | None:
    """Return the distance of a match's chosen answer in dB, or None if it has none."""
    account = found.to_dict()
    answers = {answer["method"]: answer for answer in account.get("answers", ())}
    distance: float | None = answers.get(found.method, account).get("distance")
    return distance
