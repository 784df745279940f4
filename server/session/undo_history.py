"""Undo, redo and compare the current preset, one step for each gesture.

A gesture is one control that moves without a pause of ``GESTURE_S``. Sweeping a knob through a
hundred positions is one step. The code knows no transport and runs in the instrument's thread.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Hashable

from datasets.errors import ServeError
from models.instrument.instrument import ParameterValue
from server.session.stage import Place, Stage

GESTURE_S = 0.6  # A longer pause of a control ends its gesture.
STEPS = 200  # Steps that can be undone.
SOURCES = 16  # Models and preset files in the history: a file has a megabyte or more.


class UndoHistory:
    """Hold the instrument and its state before each gesture."""

    def __init__(self, stage: Stage, clock: Callable[[], float] = time.monotonic) -> None:
        self._stage, self._clock = stage, clock
        self._past: deque[Place] = deque(maxlen=STEPS)
        self._future: list[Place] = []
        self._last: tuple[Hashable, float] = (None, 0.0)  # control, and the time of its last move
        self._sides: dict[str, Place | None] = {"A": None, "B": None}
        self.side = "A"

    def mark(self, control: Hashable) -> None:
        """Record the state before ``control`` moves; call this before each change."""
        now, (last, moved) = self._clock(), self._last
        self._last = control, now
        self._future.clear()
        if control != last or now - moved > GESTURE_S:
            self._past.append(self._stage.standing)
            while len({id(place.playable) for place in self._past}) > SOURCES:
                self._past.popleft()

    @property
    def depth(self) -> tuple[int, int]:
        """Return the number of steps that can be undone and redone."""
        return len(self._past), len(self._future)

    def undo(self) -> list[ParameterValue]:
        """Undo the last gesture and return the changed parameters.

        Raises:
            ServeError: There is no gesture to undo.
        """
        if not self._past:
            raise ServeError("nothing to undo")
        self._future.append(self._stage.standing)
        return self._go(self._past.pop())

    def redo(self) -> list[ParameterValue]:
        """Redo the gesture that was undone last and return the changed parameters.

        Raises:
            ServeError: There is no gesture to redo.
        """
        if not self._future:
            raise ServeError("nothing to redo")
        self._past.append(self._stage.standing)
        return self._go(self._future.pop())

    def switch(self) -> list[ParameterValue]:
        """Switch from side A to side B or back; an unused side starts as a copy of the other."""
        here = self._stage.standing
        self._sides[self.side] = here
        self.side = "B" if self.side == "A" else "A"
        self.mark("switch")
        return self._go(self._sides[self.side] or here)

    def _go(self, place: Place) -> list[ParameterValue]:
        """Return to a position; the next change starts a new gesture."""
        self._last = None, 0.0
        return self._stage.stand(place)
