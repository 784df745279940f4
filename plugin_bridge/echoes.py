"""What a hand moved, told apart from what comes back of our own changes.

A host that is listened to reports every change, ours included: late, in other digits than it was
sent, and after newer ones were sent. Taken for a hand's, such a report would be sent to the server,
come back as a change and go round for ever.
"""

from __future__ import annotations

import time
from collections import deque

from plugin_bridge.pace import Clock

REMEMBERED_S = 10.0  # a host that loads something reports afterwards what was sent before
SETTLING_S = 0.5  # for so long a report may be the plugin's rounding of what was sent
MOST = 128  # values remembered of one parameter
FLOAT32 = 1e-6  # of the range: what a value loses on the wire


class Echoes:
    """Values sent of late, by parameter."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._sent: dict[int, deque[tuple[float, float]]] = {}  # time, value

    def sent(self, index: int, value: float) -> None:
        """Remember that this value was just sent."""
        times = self._sent.setdefault(index, deque(maxlen=MOST))
        times.append((self._clock(), value))

    def has(self, index: int, value: float, span: float, rounding: float) -> bool:
        """Whether a reported value is one that was sent, in a range that is ``span`` wide.

        ``rounding`` is how far off a plugin may take a value, as a share of the span.
        """
        now, times = self._clock(), self._sent.get(index, deque())
        while times and times[0][0] < now - REMEMBERED_S:
            times.popleft()
        return any(
            abs(value - old) <= span * (rounding if at >= now - SETTLING_S else FLOAT32)
            for at, old in times
        )

    def quiet_s(self, index: int) -> float:
        """Seconds since this parameter was sent last; infinite when it was not of late."""
        times = self._sent.get(index)
        return self._clock() - times[-1][0] if times else float("inf")
