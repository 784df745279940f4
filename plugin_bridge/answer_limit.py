"""Limit the answers to wrong messages: other programs may send thousands of messages a second."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable

from plugin_bridge.protocol import PREFIX, UnknownAddressError

SUGGESTION_S = 1.0  # the search for the nearest address takes longer than a whole knob turn
ANSWERS = 20  # answers a second, to all senders together, for messages of each group


class AnswerLimit:
    """Choose which wrong messages get an answer, and with how much text.

    Messages to foreign addresses have their own limit, so that another program's messages do not
    keep back the answers to ours.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Set the clock, which returns seconds."""
        self._clock = clock
        self._second, self._answers = -float("inf"), Counter[bool]()
        self._suggested = -float("inf")

    def answer(self, error: ValueError) -> str | None:
        """Return the text to send for an error, or None if too many were sent in this second.

        At most one text a second suggests the nearest address.
        """
        now = self._clock()
        if now - self._second >= 1:
            self._second, self._answers = now, Counter()
        foreign = isinstance(error, UnknownAddressError) and not error.short.startswith(PREFIX)
        if self._answers[foreign] >= ANSWERS:
            return None
        self._answers[foreign] += 1
        if not isinstance(error, UnknownAddressError):
            return str(error)
        if now - self._suggested < SUGGESTION_S:
            return f"{error.short}; docs/reference/osc.md lists all addresses"
        self._suggested = now
        return str(error)
