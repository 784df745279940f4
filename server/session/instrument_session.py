"""The current instrument, shared by all clients: knobs, parameters, the way back, steps around it.

No transport, match or collection is known here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from datasets.spec import FloatArray
from models.instrument.instrument import Instrument, Knob, ParameterValue
from models.instrument.neighbours import Neighbour
from models.instrument.patch_instrument import PatchPlayable
from models.instrument.protocols import Playable
from server.session.exploration import Exploration
from server.session.stage import LoadedInstrument, Stage
from server.session.undo_history import UndoHistory
from server.telemetry import Telemetry

T = TypeVar("T")
Listener = Callable[[Sequence[ParameterValue], Sequence[Knob], object], None]


class InstrumentSession:
    """Plays a model's presets and whole preset files; for one event loop, no call blocks it.

    The instrument has a thread of its own: a knob must answer while a match runs.
    """

    def __init__(self, checkpoint: Playable) -> None:
        """Open the model's instrument."""
        # One thread for the synth, from its loading on: a VST3 in DawDreamer answers no other.
        self._playing = ThreadPoolExecutor(1, "patchwright-instrument")
        self._play(checkpoint.name, self._playing.submit(Stage, checkpoint).result())
        self.listeners: list[Listener] = []
        self.metrics = Telemetry()

    def _play(self, model_name: str, stage: Stage) -> None:
        self.model_name, self._stage = model_name, stage
        self.history = UndoHistory(stage)

    @property
    def instrument(self) -> Instrument:
        """The current one: the model's, or that of a whole preset file."""
        return self._stage.instrument

    @property
    def patch_title(self) -> str | None:
        """Title of the whole preset file that plays; None while the model's instrument does."""
        patch = self._stage.current.patch
        return None if patch is None else patch.name

    async def turn(self, n: int, position: float, origin: object = None) -> None:
        """Turn a knob and tell the listeners; ``origin`` is the client that turned it."""

        def turn() -> tuple[list[ParameterValue], list[Knob]]:
            self.instrument.check_knob(n, position)
            self._mark(("knob", n))
            changes = self.instrument.turn(n, position)
            return changes, [self.instrument.knob(n)]

        self._tell(*await self._in(self._playing, turn), origin)

    async def set_parameter(self, name: str, unit: float) -> None:
        """Set a parameter by hand and tell the listeners it and the knobs' new places of rest."""

        def set_parameter() -> tuple[list[ParameterValue], list[Knob]]:
            self.instrument.check_parameter(name, unit)
            self._mark(("parameter", name))
            return self.instrument.set_parameter(name, unit), self.instrument.knobs

        self._tell(*await self._in(self._playing, set_parameter), None)

    async def undo(self) -> None:
        """Take the last gesture back and tell the listeners; ServeError when there is none."""
        await self._go(self.history.undo)

    async def redo(self) -> None:
        """Make the gesture that was undone last again; ServeError when there is none."""
        await self._go(self.history.redo)

    async def switch(self) -> None:
        """From A to B or back."""
        await self._go(self.history.switch)

    async def lock(self, names: Sequence[str], on: bool) -> None:
        """Lock parameters where they are, or free them; SpecError for a name."""
        await self._in(self._playing, lambda: self.instrument.lock(names, on))

    async def load(self, unit: FloatArray) -> None:
        """Load any preset (P,) of the model and tell the listeners; SpecError unless it fits."""
        self._model.playable.spec.to_native(unit)
        await self._load(unit, ("preset", object()))

    async def move(self, x: float, y: float) -> None:
        """Go to a point of the square between the corners; ServeError as of ``Exploration.at``."""
        await self._go_to(lambda exploration: exploration.at(x, y), ("square",))

    async def wander(self, length: float, seed: int) -> None:
        """Take a step in a random direction; ServeError for its length."""
        await self._go_to(
            lambda exploration: exploration.wander(length, seed), ("wander", object())
        )

    async def visit(self, place: int) -> None:
        """Load one of the neighbours that were asked for last, from 1; ServeError without it."""
        exploration = self._model.exploration
        unit = await self._in(self._playing, lambda: exploration.neighbour(place))
        await self._load(unit, ("neighbour",))

    async def neighbours(
        self, count: int, distance: float | None = None, seed: int = 0
    ) -> list[Neighbour]:
        """What sounds like the present preset, remembered for ``visit``; errors as ``around``."""

        def ask() -> list[Neighbour]:
            here = self._stage.check_model("a neighbourhood")
            return here.exploration.neighbours(count, distance, seed)

        return await self._in(self._playing, ask)

    async def explore(self, call: Callable[[Exploration], T]) -> T:
        """Ask what lies around what is current, in the instrument's thread."""
        return await self._in(self._playing, lambda: call(self._stage.current.exploration))

    async def state(self) -> tuple[list[ParameterValue], list[Knob]]:
        """All parameters and all knobs."""
        return await self._in(
            self._playing, lambda: (self.instrument.refresh(), self.instrument.knobs)
        )

    def _present(self) -> tuple[LoadedInstrument, FloatArray]:
        return self._stage.current, self.instrument.unit

    @property
    def _model(self) -> LoadedInstrument:
        return self._stage.model

    async def _go(self, step: Callable[[], list[ParameterValue]]) -> None:
        changes, knobs = await self._in(self._playing, lambda: (step(), self.instrument.knobs))
        self._tell(changes, knobs, None)

    async def _load(self, unit: FloatArray, gesture: tuple[Hashable, ...]) -> None:
        """Go to a preset (P,) of the model, whatever is current."""

        def load() -> list[ParameterValue]:
            self._mark(gesture)
            return self._stage.play(self._model.playable).instrument.load(unit)

        await self._go(load)

    async def _load_patch(
        self, patch: PatchPlayable, unit: FloatArray, gesture: tuple[Hashable, ...]
    ) -> None:
        """Go to a whole preset file with its macros at ``unit`` (4,)."""
        patch.spec.to_native(unit)
        self._stage.check_fits(patch)

        def load() -> list[ParameterValue]:
            self._stage.open(patch)  # refused before anything changes
            self._mark(gesture)
            return self._stage.play(patch).instrument.load(unit)

        await self._go(load)

    async def _go_to(
        self, find: Callable[[Exploration], FloatArray], gesture: tuple[Hashable, ...]
    ) -> None:
        """Go to what is found around what is current."""

        def load() -> list[ParameterValue]:
            here = self._stage.current
            unit = find(here.exploration)
            self._mark(gesture)
            return here.instrument.load(unit)

        await self._go(load)

    def _mark(self, gesture: tuple[Hashable, ...]) -> None:
        self.history.mark(gesture)
        self.metrics.gestures.labels(gesture[0]).inc()

    def _tell(
        self, changes: Sequence[ParameterValue], knobs: Sequence[Knob], origin: object
    ) -> None:
        for listener in self.listeners:
            listener(changes, knobs, origin)

    async def _in(self, thread: ThreadPoolExecutor, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(thread, call)
