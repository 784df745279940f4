"""Share the current instrument between all clients: knobs, parameters, undo and exploration.

The code knows no transport, no match and no saved preset.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from datasets.errors import ServeError
from datasets.spec import FloatArray
from models.instrument.instrument import Instrument, Knob, ParameterValue
from models.instrument.neighbours import Neighbour
from models.instrument.patch_instrument import PatchPlayable
from models.instrument.protocols import Playable
from renderer.plugins.patch_template import PatchTemplate
from server.session.exploration import Exploration
from server.session.stage import LoadedInstrument, Stage
from server.session.undo_history import UndoHistory
from server.telemetry import Telemetry

T = TypeVar("T")
Listener = Callable[[Sequence[ParameterValue], Sequence[Knob], object], None]


class InstrumentSession:
    """Play a model's presets and whole preset files; no call blocks the event loop.

    The instrument has its own thread, because a knob must respond while a match runs. A session is
    for one event loop.
    """

    def __init__(self, checkpoint: Playable) -> None:
        """Open the model's instrument."""
        # A VST3 in DawDreamer answers only the thread that loaded it.
        self._playing = ThreadPoolExecutor(1, "patchwright-instrument")
        self._play(checkpoint.name, self._playing.submit(Stage, checkpoint).result())
        self.listeners: list[Listener] = []
        self.metrics = Telemetry()

    def _play(self, model_name: str, stage: Stage) -> None:
        """Make a stage the current one, with an empty history."""
        self.model_name, self._stage = model_name, stage
        self.history = UndoHistory(stage)

    @property
    def instrument(self) -> Instrument:
        """Return the current instrument: the model's, or that of a whole preset file."""
        return self._stage.instrument

    @property
    def patch_title(self) -> str | None:
        """Return the title of the whole preset file that plays, or None if no file plays."""
        patch = self._stage.current.patch
        return None if patch is None else patch.name

    @property
    def template(self) -> PatchTemplate | None:
        """Return the player's own patch that is the model's template, or None."""
        return self._stage.model.template

    async def turn(self, n: int, position: float, origin: object = None) -> None:
        """Turn a knob and send the changes to the listeners.

        Args:
            n: Number of the knob, from 1.
            position: New position, 0..1.
            origin: The client that turned the knob; listeners do not send the knob back to it.

        Raises:
            ServeError: There is no knob of this number, or the position is out of range.
        """

        def turn() -> tuple[list[ParameterValue], list[Knob]]:
            self.instrument.check_knob(n, position)
            self._mark(("knob", n))
            changes = self.instrument.turn(n, position)
            return changes, [self.instrument.knob(n)]

        self._notify(*await self._in(self._playing, turn), origin)

    async def set_parameter(self, name: str, unit: float) -> None:
        """Set a parameter manually; send it and the knobs' new default positions to the listeners.

        Args:
            name: Name of the parameter.
            unit: New unit value, 0..1.

        Raises:
            SpecError: The name is unknown.
            ServeError: The value is out of range.
        """

        def set_parameter() -> tuple[list[ParameterValue], list[Knob]]:
            self.instrument.check_parameter(name, unit)
            self._mark(("parameter", name))
            return self.instrument.set_parameter(name, unit), self.instrument.knobs

        self._notify(*await self._in(self._playing, set_parameter), None)

    async def undo(self) -> None:
        """Undo the last gesture and send the changes; ServeError if there is none."""
        await self._go(self.history.undo)

    async def redo(self) -> None:
        """Redo the gesture that was undone last and send the changes; ServeError if none."""
        await self._go(self.history.redo)

    async def switch(self) -> None:
        """Switch from side A to side B or back, and send the changes to the listeners."""
        await self._go(self.history.switch)

    async def lock(self, names: Sequence[str], on: bool) -> None:
        """Lock parameters at their current values, or unlock them; SpecError for an unknown one."""
        await self._in(self._playing, lambda: self.instrument.lock(names, on))

    async def load(self, unit: FloatArray) -> None:
        """Load a preset (P,) of the model and send the changes; SpecError if it does not fit."""
        self._model.playable.spec.to_native(unit)
        await self._load(unit, ("preset", object()))

    async def move(self, x: float, y: float) -> None:
        """Go to a point of the morph square; raise the errors of ``Exploration.at``."""
        await self._go_to(lambda exploration: exploration.at(x, y), ("square",))

    async def wander(self, length: float, seed: int) -> None:
        """Take a random step in the latent space; raise the errors of ``Exploration.wander``."""
        await self._go_to(
            lambda exploration: exploration.wander(length, seed), ("wander", object())
        )

    async def visit(self, place: int, owner: Hashable = None) -> None:
        """Load a preset of the client's most recent ``neighbours``.

        Args:
            place: Place in the list, from 1.
            owner: The client, as in ``neighbours``.

        Raises:
            ServeError: There is no such place.
        """
        exploration = self._model.exploration
        unit = await self._in(self._playing, lambda: exploration.neighbour(place, owner))
        await self._load(unit, ("neighbour",))

    async def neighbours(
        self, count: int, distance: float | None = None, seed: int = 0, owner: Hashable = None
    ) -> list[Neighbour]:
        """Return the neighbours of the current preset and remember them for ``visit``.

        Args:
            count: Number of neighbours.
            distance: Distance of each in dB; by default the nearest presets of the library.
            seed: Seed of the random directions, if a distance is given.
            owner: The client that visits them.

        Returns:
            The neighbours, nearest first.

        Raises:
            ServeError: A whole preset file plays, or the distance is out of range.
            CheckpointError: The model has no data for neighbours.
        """

        def ask() -> list[Neighbour]:
            here = self._stage.check_model("a neighbourhood")
            return here.exploration.neighbours(count, distance, seed, owner)

        return await self._in(self._playing, ask)

    async def explore(self, call: Callable[[Exploration], T]) -> T:
        """Call a function with the current exploration, in the instrument's thread."""
        return await self._in(self._playing, lambda: call(self._stage.current.exploration))

    async def state(self) -> tuple[list[ParameterValue], list[Knob]]:
        """Return all parameters and all knobs."""
        return await self._in(
            self._playing, lambda: (self.instrument.refresh(), self.instrument.knobs)
        )

    def _present(self) -> tuple[LoadedInstrument, FloatArray]:
        """Return the current instrument and its preset (P,)."""
        return self._stage.current, self.instrument.unit

    @property
    def _model(self) -> LoadedInstrument:
        return self._stage.model

    def _check_same(self, model: LoadedInstrument) -> None:
        """Check, in the instrument's thread, that the model is still the one of the request.

        Raises:
            ServeError: The model or its patch has changed.
        """
        if self._model.instrument is not model.instrument:
            raise ServeError("the model or its patch has changed since this request: send it again")

    async def _go(self, step: Callable[[], list[ParameterValue]]) -> None:
        """Make a step of the history and send the changes to the listeners."""
        changes, knobs = await self._in(self._playing, lambda: (step(), self.instrument.knobs))
        self._notify(changes, knobs, None)

    async def _load(self, unit: FloatArray, gesture: tuple[Hashable, ...]) -> None:
        """Load a preset (P,) of the model, even while a whole preset file plays."""
        model = self._model

        def load() -> list[ParameterValue]:
            self._check_same(model)
            self._mark(gesture)
            return self._stage.play(self._model.playable).instrument.load(unit)

        await self._go(load)

    async def _load_on(
        self, template: Playable, unit: FloatArray | None, gesture: tuple[Hashable, ...]
    ) -> None:
        """Play the model on a template: its own, or a player's own patch.

        Args:
            template: The model, or the model on a patch.
            unit: Preset (P,) to load there; None leaves the instrument as it was.
            gesture: Name of the gesture for undo and metrics, its kind first.

        Raises:
            ServeError: The model has changed since the request.
            RenderError: The synth refuses the patch; then nothing has changed.
        """
        stage = self._stage

        def load() -> list[ParameterValue]:
            if self._stage is not stage:
                raise ServeError("the model has changed since this request: send it again")
            stage.open(template)
            self._mark(gesture)
            instrument = stage.play(template).instrument
            return instrument.refresh() if unit is None else instrument.load(unit)

        await self._go(load)

    async def _load_patch(
        self, patch: PatchPlayable, unit: FloatArray, gesture: tuple[Hashable, ...]
    ) -> None:
        """Load a whole preset file with its four macros at ``unit`` (4,)."""
        patch.spec.to_native(unit)
        self._stage.check_fits(patch)
        model = self._model

        def load() -> list[ParameterValue]:
            self._check_same(model)
            self._stage.open(patch)  # if Vital refuses the patch, nothing has changed
            self._mark(gesture)
            return self._stage.play(patch).instrument.load(unit)

        await self._go(load)

    async def _go_to(
        self, find: Callable[[Exploration], FloatArray], gesture: tuple[Hashable, ...]
    ) -> None:
        """Load the preset that ``find`` returns for the current exploration."""

        def load() -> list[ParameterValue]:
            here = self._stage.current
            unit = find(here.exploration)
            self._mark(gesture)
            return here.instrument.load(unit)

        await self._go(load)

    def _mark(self, gesture: tuple[Hashable, ...]) -> None:
        """Record a gesture in the history and in the counters."""
        self.history.mark(gesture)
        self.metrics.gestures.labels(gesture[0]).inc()

    def _notify(
        self, changes: Sequence[ParameterValue], knobs: Sequence[Knob], origin: object
    ) -> None:
        """Send changes to all listeners."""
        for listener in self.listeners:
            listener(changes, knobs, origin)

    async def _in(self, thread: ThreadPoolExecutor, call: Callable[[], T]) -> T:
        """Run a call in a thread and await its result."""
        return await asyncio.get_running_loop().run_in_executor(thread, call)
