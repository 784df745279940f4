"""A match as a job: its state, its progress and its result.

For one event loop; only ``MatchJob.watch`` is called from the thread that searches.
"""

from __future__ import annotations

import asyncio
import threading
import uuid
from collections.abc import AsyncIterator
from typing import Any, Protocol

from datasets.errors import MissingError
from datasets.spec import FloatArray
from models.matching.options import Progress

REMEMBERED = 32  # ended jobs; older ones are forgotten
RUNNING = ("waiting", "running")  # states that are not an end


class MatchOutcome(Protocol):
    """The part of ``models.matching.matcher.MatchResult`` that is passed on."""

    @property
    def method(self) -> str:
        """Of the answer that was chosen: ``parameters`` or ``resynthesis``."""

    @property
    def unit(self) -> FloatArray:
        """The parametric answer (P,), whichever was chosen."""

    @property
    def preset(self) -> bytes:
        """The chosen answer, a whole file in the synth's own format."""

    @property
    def preset_suffix(self) -> str:
        """Ending of such files, with its dot."""

    def to_dict(self) -> dict[str, Any]:
        """Return the content of ``match.json``.

        It has ``method`` and ``answers``, a list of ``{"method", "distance", "preset", "audio"}``,
        once there is more than one way to answer.
        """


class MatchJob:
    """One match. It is ``waiting``, ``running``, and then ``done``, ``failed`` or ``cancelled``."""

    def __init__(self, title: str) -> None:
        self.id, self.title = uuid.uuid4().hex, title
        self.state = "waiting"
        self.progress: Progress | None = None
        self.found: MatchOutcome | None = None  # of a cancelled one too, if it had found anything
        self.error: Exception | None = None
        self._stopped = threading.Event()
        self._news = asyncio.Event()
        self.loop = asyncio.get_running_loop()

    @property
    def ended(self) -> bool:
        """Whether nothing will change any more."""
        return self.state not in RUNNING

    @property
    def cancelled(self) -> bool:
        """Whether someone wished it to end."""
        return self._stopped.is_set()

    def cancel(self) -> None:
        """Let it end after the renders under way, with the best so far."""
        self._stopped.set()

    def watch(self, progress: Progress) -> bool:
        """What a search asks after every generation: whether to go on."""
        self.loop.call_soon_threadsafe(self._progressed, progress)
        return not self.cancelled

    def begin(self) -> None:
        """It runs now."""
        self._change("running")

    def end(self, found: MatchOutcome | None = None, error: Exception | None = None) -> None:
        """It has ended with an answer, an error, or neither."""
        self.found, self.error = found, error
        self._change("failed" if error else "cancelled" if self.cancelled else "done")

    async def changes(self) -> AsyncIterator[MatchJob]:
        """Itself now and after every change, the last time ended; changes in between are left out.

        To be read before whoever asked awaits anything.
        """
        while True:
            news, ended = self._news, self.ended  # it may end while this is passed on
            yield self
            if ended:
                return
            await news.wait()

    async def wait(self) -> MatchJob:
        """Itself, once it has ended."""
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
    """All that run, and the last that ended."""

    def __init__(self) -> None:
        self._jobs: dict[str, MatchJob] = {}

    def new(self, title: str) -> MatchJob:
        """A job that waits."""
        ended = [job.id for job in self._jobs.values() if job.ended]
        for id_ in ended[: max(0, len(ended) - REMEMBERED + 1)]:
            del self._jobs[id_]
        job = MatchJob(title)
        self._jobs[job.id] = job
        return job

    def get(self, id_: str) -> MatchJob:
        """A job by its id; MissingError when there is none."""
        if id_ not in self._jobs:
            raise MissingError(
                f"no job {id_[:64]!r}: it never was, or {REMEMBERED} others have ended since"
            )
        return self._jobs[id_]

    @property
    def waiting(self) -> int:
        """How many have not ended."""
        return sum(not job.ended for job in self._jobs.values())

    def cancel_all(self) -> None:
        """Let all of them end."""
        for job in self._jobs.values():
            job.cancel()


def chosen_distance(found: MatchOutcome) -> float | None:
    """Return the distance in dB of the answer that a match chose, None where it has none."""
    account = found.to_dict()
    answers = {answer["method"]: answer for answer in account.get("answers", ())}
    distance: float | None = answers.get(found.method, account).get("distance")
    return distance
