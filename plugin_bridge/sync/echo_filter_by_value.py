"""Recognise a host's reports of our own changes by their values."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable

FLOAT32 = 1e-6  # Relative rounding error on the wire.
KEPT = 64  # Values per parameter: over a second at any target's rate.


class EchoFilterByValue:
    """Store by parameter the values sent in the last ``keep_s`` seconds, and the newest one.

    Hosts send echoes late, twice or not at all. Any other value from the host is a knob that the
    user turned there.
    """

    def __init__(
        self,
        tolerance: float = 1e-4,
        keep_s: float = 2.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start without any value.

        Args:
            tolerance: Largest absolute difference between a value and its echo.
            keep_s: Seconds to expect an echo of a value.
            clock: Returns the time in seconds.
        """
        self.tolerance, self.keep_s, self.clock = tolerance, keep_s, clock
        self._sent: dict[str, deque[tuple[float, float]]] = {}

    def sent(self, name: str, value: float) -> None:
        """Remember that ``value`` is sent now."""
        self._sent.setdefault(name, deque(maxlen=KEPT)).append((self.clock(), value))

    def holds(self, name: str, value: float) -> None:
        """Store a value that the host reported; no other value is expected any more."""
        self._sent[name] = deque([(self.clock(), value)], maxlen=KEPT)

    def turned(self, name: str, value: float) -> bool:
        """Return whether the user turned the parameter to ``value``; True once for each value."""
        sent = self._sent.get(name, deque())
        while len(sent) > 1 and sent[0][0] < self.clock() - self.keep_s:
            sent.popleft()
        for place, (_, own) in enumerate(sent):
            if math.isclose(own, value, rel_tol=FLOAT32, abs_tol=self.tolerance):
                # Echoes come in order. Keep this value, because some hosts report each value twice.
                for _ in range(place):
                    sent.popleft()
                return False
        self.holds(name, value)
        return True
