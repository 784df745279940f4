"""Limit the rate of changes, and keep only the newest of each parameter.

The one place that coalesces and paces: targets only say how often they may be written to.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from plugin_bridge.sync.latest_values import LatestValues
from plugin_bridge.sync.target import ParameterChange

Clock = Callable[[], float]  # seconds, never backwards


class RateLimiter:
    """Holds changes back until they may be delivered, at most ``pace_hz`` times a second.

    >>> limiter = RateLimiter(10.0, clock=lambda: 0.0)
    >>> limiter.put([ParameterChange("cutoff", x, x, "") for x in (0.2, 0.3)])
    >>> [change.unit for change in limiter.take()]
    [0.3]
    """

    def __init__(self, pace_hz: float, clock: Clock = time.monotonic) -> None:
        """Raises ValueError unless ``pace_hz`` is above 0; ``math.inf`` holds nothing back."""
        if not pace_hz > 0:
            raise ValueError(f"a pace of {pace_hz} deliveries a second: it must be above 0")
        self._pause_s, self._clock = 1 / pace_hz, clock
        self._due = -float("inf")  # when the next delivery may be
        self._waiting = LatestValues[ParameterChange]()

    def put(self, changes: Iterable[ParameterChange]) -> None:
        """Take changes in; of each parameter only the newest waits."""
        self._waiting.put((change.name, change) for change in changes)

    def forget(self, name: str) -> None:
        """Let a change of this parameter that waits never be delivered."""
        self._waiting.forget(name)

    @property
    def wait_s(self) -> float | None:
        """Seconds until ``take`` has something; 0 when it has now, None while nothing waits."""
        return max(0.0, self._due - self._clock()) if self._waiting else None

    def take(self) -> list[ParameterChange]:
        """What is to be delivered now, each parameter once; empty while it is too early."""
        if self.wait_s != 0.0:
            return []
        self._due = self._clock() + self._pause_s
        return self._waiting.take()
