"""Queue short requests for the matcher, which handles them even during a search."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from datasets.errors import ServeError
from server.jobs.matcher_interface import MatcherLike

WAITING_REQUESTS = 32


class BusyError(ServeError):
    """Signal that too many requests wait already, or that the server cannot take one now."""


@dataclass(frozen=True)
class ShortRequest:
    """Hold a short request, for the matcher of the model that played when it came."""

    matcher: MatcherLike
    run: Callable[[MatcherLike], object]
    done: Future[Any] = field(default_factory=Future)

    def answer(self, matcher: MatcherLike) -> None:
        """Run the request, unless its client has gone or the model has changed since."""
        if not self.done.set_running_or_notify_cancel():
            return
        try:
            check_same(self.matcher, matcher)
            self.done.set_result(self.run(matcher))
        except Exception as error:  # the client receives the error
            self.done.set_exception(error)


class ShortRequests:
    """Hold the short requests that wait. ``add`` is for the event loop, ``run`` for the matcher."""

    def __init__(self) -> None:
        self._waiting = deque[ShortRequest]()

    def add(self, matcher: MatcherLike, run: Callable[[MatcherLike], object]) -> Future[Any]:
        """Add a request and return its future; a client that goes cancels it.

        Args:
            matcher: The matcher that the request is for.
            run: Called with the matcher, in the matcher's thread.

        Returns:
            The future of the result.

        Raises:
            BusyError: Too many requests wait.
        """
        # Copies: the matcher's thread may take one at the same time.
        if sum(not one.done.cancelled() for one in list(self._waiting)) >= WAITING_REQUESTS:
            raise BusyError(
                f"{WAITING_REQUESTS} requests wait for the synth already: try again in some seconds"
            )
        request = ShortRequest(matcher, run)
        self._waiting.append(request)
        return request.done

    def run(self, matcher: MatcherLike) -> None:
        """Handle all requests that wait."""
        while self._waiting:
            self._waiting.popleft().answer(matcher)

    def close(self) -> None:
        """Cancel all requests that wait."""
        for request in list(self._waiting):
            request.done.cancel()


def check_same(before: MatcherLike, now: MatcherLike) -> None:
    """Check that a request still meets the matcher that it is for.

    Raises:
        BusyError: The model has changed.
    """
    if before is not now:
        raise BusyError("the model has changed since this request: send it again")
