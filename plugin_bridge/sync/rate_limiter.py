"""Limit the rate of changes, and keep only the newest change of each parameter.

This is the only place that merges and delays changes. Targets only state their highest rate.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from plugin_bridge.sync.latest_values import LatestValues
from plugin_bridge.sync.target import ParameterChange

Clock = Callable[[], float]  # returns seconds, never decreasing


class RateLimiter:
    """Store changes until they may be delivered, at most ``pace_hz`` times a second.

    >>> limiter = RateLimiter(10.0, clock=lambda: 0.0)
    >>> limiter.put([ParameterChange("cutoff", x, x, "") for x in (0.2, 0.3)])
    >>> [change.unit for change in limiter.take()]
    [0.3]
    """

    def __init__(self, pace_hz: float, clock: Clock = time.monotonic) -> None:
        """Start without any change.

        Args:
            pace_hz: Most deliveries per second; ``math.inf`` for no limit.
            clock: Returns the time in seconds.

        Raises:
            ValueError: ``pace_hz`` is not above 0.
        """
        if not pace_hz > 0:
            raise ValueError(f"pace_hz {pace_hz}: must be above 0 deliveries per second")
        self._pause_s, self._clock = 1 / pace_hz, clock
        self._due = -float("inf")  # earliest time of the next delivery
        self._waiting = LatestValues[ParameterChange]()

    def put(self, changes: Iterable[ParameterChange]) -> None:
        """Add changes; each replaces a waiting change of the same parameter."""
        self._waiting.put((change.name, change) for change in changes)

    def forget(self, name: str) -> None:
        """Remove the waiting change of this parameter, if there is one."""
        self._waiting.forget(name)

    @property
    def wait_s(self) -> float | None:
        """Return the seconds until the next delivery; 0 if it is due, None if nothing waits."""
        return max(0.0, self._due - self._clock()) if self._waiting else None

    def take(self) -> list[ParameterChange]:
        """Return the changes to deliver now, each parameter once; empty if it is too early."""
        if self.wait_s != 0.0:
            return []
        self._due = self._clock() + self._pause_s
        return self._waiting.take()
