"""Undo, redo and A/B comparison of what is current, one step for each gesture.

A gesture is one control moved without a pause of ``GESTURE_S``: a knob swept through a hundred
positions is one step back. Knows no transport; for the instrument's thread.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Hashable

from datasets.errors import ServeError
from models.instrument.instrument import ParameterValue
from server.session.stage import Place, Stage

GESTURE_S = 0.6  # a longer rest of a control ends its gesture
STEPS = 200  # that can be undone
SOURCES = 16  # models and preset files that steps go back to: a file has a megabyte or more


class UndoHistory:
    """What was current and where it stood before each gesture."""

    def __init__(self, stage: Stage, clock: Callable[[], float] = time.monotonic) -> None:
        self._stage, self._clock = stage, clock
        self._past: deque[Place] = deque(maxlen=STEPS)
        self._future: list[Place] = []
        self._last: tuple[Hashable, float] = (None, 0.0)  # control, and when it moved
        self._sides: dict[str, Place | None] = {"A": None, "B": None}
        self.side = "A"

    def mark(self, control: Hashable) -> None:
        """To be called before each change: ``control`` is about to be moved."""
        now, (last, moved) = self._clock(), self._last
        self._last = control, now
        self._future.clear()
        if control != last or now - moved > GESTURE_S:
            self._past.append(self._stage.standing)
            while len({id(place.playable) for place in self._past}) > SOURCES:
                self._past.popleft()

    @property
    def depth(self) -> tuple[int, int]:
        """How many steps can be undone and redone."""
        return len(self._past), len(self._future)

    def undo(self) -> list[ParameterValue]:
        """Back to before the last gesture; what changed. ServeError when there is none."""
        if not self._past:
            raise ServeError("nothing to undo")
        self._future.append(self._stage.standing)
        return self._go(self._past.pop())

    def redo(self) -> list[ParameterValue]:
        """The gesture that was undone last, again. ServeError when there is none."""
        if not self._future:
            raise ServeError("nothing to redo")
        self._past.append(self._stage.standing)
        return self._go(self._future.pop())

    def switch(self) -> list[ParameterValue]:
        """From A to B or back; a side that was never heard begins as a copy of the other."""
        here = self._stage.standing
        self._sides[self.side] = here
        self.side = "B" if self.side == "A" else "A"
        self.mark("switch")
        return self._go(self._sides[self.side] or here)

    def _go(self, place: Place) -> list[ParameterValue]:
        self._last = None, 0.0
        return self._stage.stand(place)
