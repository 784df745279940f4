"""Recognise a host's reports of our own changes by their order.

A host that is listened to reports every change, ours included: late, in other digits than it was
sent, and after newer ones were sent. Taken for a hand's, such a report would be sent to the server,
come back as a change and go round for ever. But a host follows and reports in order, so each value
that was sent is expected back once at most.
"""

from __future__ import annotations

import time
from collections import deque

from plugin_bridge.sync.rate_limiter import Clock

EXPECTED_S = 10.0  # a host that loads something reports afterwards what was sent before
SETTLING_S = 0.5  # for so long a report may be the plugin's rounding of what was sent
MOST = 256  # values expected back of one parameter
FLOAT32 = 1e-6  # of the range: what a value loses on the wire


class EchoFilterByOrder:
    """Values that were sent and not reported yet, by parameter."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._expected: dict[int, deque[tuple[float, float]]] = {}  # time, value; the oldest first
        self._last: dict[int, float] = {}  # when each was sent last

    def sent(self, index: int, value: float) -> None:
        """Expect this value back."""
        self._last[index] = self._clock()
        expected = self._expected.setdefault(index, deque(maxlen=MOST))
        expected.append((self._last[index], value))

    def take(self, index: int, value: float, span: float, rounding: float) -> bool:
        """Whether a report, in a range that is ``span`` wide, is of a value that was sent.

        ``rounding`` is how far off a plugin may take a value, as a share of the span. That value,
        and what was sent before it, is not expected any more.
        """
        expected, now = self._expected.get(index, deque()), self._clock()
        while expected and expected[0][0] < now - EXPECTED_S:
            expected.popleft()
        for off, since in ((FLOAT32, now - EXPECTED_S), (rounding, now - SETTLING_S)):
            for place, (at, sent) in enumerate(expected):
                if at >= since and abs(value - sent) <= off * span:
                    for _ in range(place + 1):
                        expected.popleft()
                    return True
        return False

    def expects(self, index: int) -> bool:
        """Whether something sent to this parameter has not been reported yet."""
        return bool(self._expected.get(index))

    def settle(self, before: float) -> None:
        """Expect nothing any more that was sent before a time: the host has followed it all."""
        for expected in self._expected.values():
            while expected and expected[0][0] < before:
                expected.popleft()

    def quiet_s(self, index: int) -> float:
        """Seconds since this parameter was sent last; infinite when it never was."""
        return self._clock() - self._last.get(index, -float("inf"))
