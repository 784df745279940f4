"""Undo, redo and A/B comparison of the instrument, one step for each gesture.

A gesture is one control moved without a pause of ``GESTURE_S``: a knob swept through a hundred
positions is one step back. Knows no transport; for the instrument's thread.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Hashable

from datasets.errors import ServeError
from models.instrument.instrument import Instrument, InstrumentState, ParameterValue

GESTURE_S = 0.6  # a longer rest of a control ends its gesture
STEPS = 200  # that can be undone


class UndoHistory:
    """Where an instrument stood before each gesture."""

    def __init__(self, instrument: Instrument, clock: Callable[[], float] = time.monotonic) -> None:
        self._instrument, self._clock = instrument, clock
        self._past: deque[InstrumentState] = deque(maxlen=STEPS)
        self._future: list[InstrumentState] = []
        self._last: tuple[Hashable, float] = (None, 0.0)  # control, and when it moved
        self._sides: dict[str, InstrumentState | None] = {"A": None, "B": None}
        self.side = "A"

    def mark(self, control: Hashable) -> None:
        """To be called before each change: ``control`` is about to be moved."""
        now, (last, moved) = self._clock(), self._last
        self._last = control, now
        self._future.clear()
        if control != last or now - moved > GESTURE_S:
            self._past.append(self._instrument.standing)

    @property
    def depth(self) -> tuple[int, int]:
        """How many steps can be undone and redone."""
        return len(self._past), len(self._future)

    def undo(self) -> list[ParameterValue]:
        """Back to before the last gesture; what changed. ServeError when there is none."""
        if not self._past:
            raise ServeError("nothing to undo")
        self._future.append(self._instrument.standing)
        return self._go(self._past.pop())

    def redo(self) -> list[ParameterValue]:
        """The gesture that was undone last, again. ServeError when there is none."""
        if not self._future:
            raise ServeError("nothing to redo")
        self._past.append(self._instrument.standing)
        return self._go(self._future.pop())

    def switch(self) -> list[ParameterValue]:
        """From A to B or back; a side that was never heard begins as a copy of the other."""
        here = self._instrument.standing
        self._sides[self.side] = here
        self.side = "B" if self.side == "A" else "A"
        self.mark("switch")
        return self._go(self._sides[self.side] or here)

    def _go(self, standing: InstrumentState) -> list[ParameterValue]:
        self._last = None, 0.0
        return self._instrument.stand(standing)
