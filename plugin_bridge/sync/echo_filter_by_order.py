"""Recognise a host's reports of our own changes by their order.

A host reports every change to its listeners, including our own changes. These reports arrive late,
with rounding, and after newer values were sent. Without a filter, a report would pass for a change
by the user. The bridge would send it to the server, the server would send it back, and so on
without end. But a host executes and reports changes in order, so each sent value comes back at
most once.
"""

from __future__ import annotations

import time
from collections import deque

from plugin_bridge.sync.rate_limiter import Clock

EXPECTED_S = 10.0  # A host that is busy loading reports earlier values so late.
SETTLING_S = 0.5  # For so long a report may be the plugin's rounding of a sent value.
MOST = 256  # Most values to expect back for one parameter.
FLOAT32 = 1e-6  # Rounding error on the wire, as a share of the range.


class EchoFilterByOrder:
    """Store the values that were sent but not reported back, by parameter."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._expected: dict[
            int, deque[tuple[float, float]]
        ] = {}  # time and value, the oldest first
        self._last: dict[int, float] = {}  # time of the last send

    def sent(self, index: int, value: float) -> None:
        """Expect this value back."""
        self._last[index] = self._clock()
        expected = self._expected.setdefault(index, deque(maxlen=MOST))
        expected.append((self._last[index], value))

    def take(self, index: int, value: float, span: float, rounding: float) -> bool:
        """Return whether a report is the echo of a value that was sent.

        If it is, that value and all older values are no longer expected.

        Args:
            index: Number of the parameter.
            value: Reported value.
            span: Width of the parameter's range.
            rounding: Largest rounding error of the plugin, as a share of the span.

        Returns:
            True for an echo of our own change.
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
        """Return whether a value sent to this parameter has not come back."""
        return bool(self._expected.get(index))

    def settle(self, before: float) -> None:
        """Stop expecting values sent before a time, because the host has executed them all."""
        for expected in self._expected.values():
            while expected and expected[0][0] < before:
                expected.popleft()

    def quiet_s(self, index: int) -> float:
        """Return the seconds since the last send to this parameter; infinite if there was none."""
        return self._clock() - self._last.get(index, -float("inf"))
