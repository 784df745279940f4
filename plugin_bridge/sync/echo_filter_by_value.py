"""Recognise a host's reports of our own changes by their values."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable

FLOAT32 = 1e-6  # of a value: what it loses on the wire
KEPT = 64  # values of one parameter: more than a second of any target's pace


class EchoFilterByValue:
    """By parameter, the values sent within ``keep_s`` seconds, and the newest of all time.

    Hosts echo late, twice, or not at all; what they say in between is a knob turned there.
    """

    def __init__(
        self,
        tolerance: float = 1e-4,
        keep_s: float = 2.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.tolerance, self.keep_s, self.clock = tolerance, keep_s, clock
        self._sent: dict[str, deque[tuple[float, float]]] = {}

    def sent(self, name: str, value: float) -> None:
        """Remember that ``value`` goes out now."""
        self._sent.setdefault(name, deque(maxlen=KEPT)).append((self.clock(), value))

    def holds(self, name: str, value: float) -> None:
        """The other side said what it holds: nothing else is on its way."""
        self._sent[name] = deque([(self.clock(), value)], maxlen=KEPT)

    def turned(self, name: str, value: float) -> bool:
        """Whether ``value`` was turned there; then it is what it holds, and told only once."""
        sent = self._sent.get(name, deque())
        while len(sent) > 1 and sent[0][0] < self.clock() - self.keep_s:
            sent.popleft()
        for place, (_, own) in enumerate(sent):
            if math.isclose(own, value, rel_tol=FLOAT32, abs_tol=self.tolerance):
                # Echoes come in order. This one stays: some hosts say everything twice.
                for _ in range(place):
                    sent.popleft()
                return False
        self.holds(name, value)
        return True
