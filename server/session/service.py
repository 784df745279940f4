"""What all transports share: the matcher, the instrument and the subscribers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np

from datasets.errors import MissingError, ServeError
from datasets.spec import FloatArray
from models.instrument.instrument import Instrument, Knob, ParameterValue
from models.instrument.neighbours import Neighbour
from models.instrument.protocols import Playable
from models.matching.matcher import MatchOptions
from server.jobs.job import MatchJob, MatchOutcome
from server.jobs.match_queue import BusyError, MatcherLike, MatchQueue
from server.presets.saved_preset import LONGEST_NAME, SavedPreset
from server.presets.store import PresetStore
from server.session.exploration import Exploration
from server.session.undo_history import UndoHistory
from server.telemetry import Telemetry
from server.updates.command_queue import CommandQueue

T = TypeVar("T")
Opener = Callable[[], tuple[Playable, MatcherLike]]
Listener = Callable[[Sequence[ParameterValue], Sequence[Knob], object], None]


class Service:
    """The calls behind every adapter; all are for one event loop, none blocks it.

    Matching and the instrument have a thread each: neither is made for two threads at once, and a
    knob must answer while a match runs.
    """

    def __init__(
        self,
        checkpoint: Playable,
        matcher: MatcherLike,
        collection: str | Path = ":memory:",
        models: Mapping[str, Opener] | None = None,
    ) -> None:
        """``collection`` is the file of what the player keeps; in memory it ends with the process.

        ``models`` are those that a player can change to, by name. Raises ServeError when the
        collection cannot be used.
        """
        self._keeping = ThreadPoolExecutor(1, "patchwright-collection")
        self._collection = self._keeping.submit(PresetStore, collection).result()
        # One thread for the synth, from its loading on: a VST3 in DawDreamer answers no other.
        self._playing = ThreadPoolExecutor(1, "patchwright-instrument")
        self._play(checkpoint, self._playing.submit(Instrument, checkpoint).result())
        self.models = dict(models or {})
        self.commands = CommandQueue()
        self.listeners: list[Listener] = []
        self.connections = 0  # players by WebSocket
        self.metrics = Telemetry()
        self.matching = MatchQueue(matcher, self._landed, self.metrics)

    def _play(self, checkpoint: Playable, instrument: Instrument) -> None:
        self.model_name = checkpoint.name
        self.instrument = instrument
        self.history = UndoHistory(instrument)
        self._exploration = Exploration(checkpoint, instrument)

    async def change_model(self, name: str) -> None:
        """Play another model's synth from now on, from its own start, and tell the listeners.

        What could be undone is forgotten; what is kept stays. Raises MissingError for a name,
        BusyError while a match is under way, CheckpointError or RenderError when it cannot be
        opened: then all is as it was.
        """
        if name not in self.models:
            known = ", ".join(sorted(self.models)) or "none"
            raise MissingError(f"no model {name[:100]!r} to change to: there are {known}")
        if self.matching.busy:
            raise BusyError("a match is under way: wait for it, or cancel it")
        open_ = self.models[name]

        def opened() -> tuple[tuple[Playable, Instrument], MatcherLike]:
            checkpoint, matcher = open_()
            return (checkpoint, self._playing.submit(Instrument, checkpoint).result()), matcher

        checkpoint, instrument = await self.matching.exchange(opened)

        def play() -> None:
            self.instrument.close()
            self._play(checkpoint, instrument)

        await self._in(self._playing, play)
        self._tell(*await self.state(), None)

    async def turn(self, n: int, position: float, origin: object = None) -> None:
        """Turn a knob and tell the listeners; ``origin`` is whoever turned it."""

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

    def match(
        self,
        sound: Path,
        options: MatchOptions,
        name: str = "",
        then: Callable[[], object] | None = None,
    ) -> MatchJob:
        """Begin to match a sound, from the present preset too, and with its locks.

        Arguments and errors as of ``MatchQueue.submit``.
        """
        present = tuple(self.instrument.unit.tolist())
        locked = tuple(self.instrument.locked)
        options = replace(options, present=present, locked=locked)
        return self.matching.submit(sound, options, name, then)

    # -- what is kept ----------------------------------------------------------------------------

    async def collected(self, call: Callable[[PresetStore], T]) -> T:
        """Ask the collection, or change it, in its own thread."""
        return await self._in(self._keeping, lambda: call(self._collection))

    async def keep(
        self,
        name: str,
        origin: Mapping[str, object],
        note: str = "",
        starred: bool = False,
        tags: Sequence[str] = (),
    ) -> SavedPreset:
        """Keep the present preset; ServeError for a name, note or tag that cannot be."""
        unit = await self._in(self._playing, lambda: self.instrument.unit)
        kept = SavedPreset.new(self.instrument.spec, unit, name, origin, note, starred, tags)
        return await self.collected(lambda collection: collection.add(kept))

    async def load_kept(self, id_: str) -> None:
        """Load a kept preset and tell the listeners.

        Raises MissingError for its id, ServeError when it is another synth's.
        """
        await self._load((await self._fitting([id_]))[0], ("preset", id_))
        await self.collected(lambda collection: collection.visit(id_))

    async def morph(self, ids: Sequence[str], weights: Sequence[float]) -> None:
        """Go between 2 to 4 kept presets; errors as of ``load_kept`` and
        ``models.instrument.morph``."""
        units = await self._fitting(ids)
        unit = await self.explore(lambda exploration: exploration.between(units, weights))
        await self._load(unit, ("morph", *ids))

    async def move(self, x: float, y: float) -> None:
        """Go to a point of the square between the corners; ServeError as of ``Exploration.at``."""
        await self._load(await self.explore(lambda exploration: exploration.at(x, y)), ("square",))

    async def wander(self, length: float, seed: int) -> None:
        """Take a step in a random direction; ServeError for its length."""
        unit = await self.explore(lambda exploration: exploration.wander(length, seed))
        await self._load(unit, ("wander", object()))

    async def visit(self, place: int) -> None:
        """Load one of the neighbours that were asked for last, from 1; ServeError without it."""
        unit = await self.explore(lambda exploration: exploration.neighbour(place))
        await self._load(unit, ("neighbour",))

    async def load(self, unit: FloatArray) -> None:
        """Load any preset (P,) and tell the listeners; SpecError when it does not fit."""
        self.instrument.spec.to_native(unit)
        await self._load(unit, ("preset", object()))

    async def neighbours(
        self, count: int, distance: float | None = None, seed: int = 0
    ) -> list[Neighbour]:
        """What sounds like the present preset, remembered for ``visit``; errors as ``around``."""
        return await self.explore(lambda exploration: exploration.neighbours(count, distance, seed))

    async def around(
        self, count: int, distance: float | None, seed: int, id_: str = ""
    ) -> list[Neighbour]:
        """What sounds like the present preset or a kept one: a library's, or fresh ones in dB.

        Raises CheckpointError for a model that has no neighbourhoods.
        """
        unit = await self._preset(id_)
        return await self.explore(
            lambda exploration: exploration.around(unit, count, distance, seed)
        )

    async def explore(self, call: Callable[[Exploration], T]) -> T:
        """Ask what lies around the present preset, in the instrument's thread."""
        return await self._in(self._playing, lambda: call(self._exploration))

    async def hear(self, note: int, id_: str = "") -> bytes:
        """The present preset, or a kept one, played at a MIDI note: a WAV file."""
        return await self.matching.hear(await self._preset(id_), note)

    async def preset_file(self, id_: str) -> tuple[bytes, str]:
        """A kept preset in the synth's own format, and the ending of such files."""
        kept = await self.collected(lambda collection: collection.get(id_))
        (unit,) = await self._fitting([id_])
        return await self._in(self._playing, lambda: self.instrument.preset(unit, kept.name))

    async def _preset(self, id_: str) -> FloatArray:
        """A kept preset (P,), or the present one without an id."""
        if id_:
            return (await self._fitting([id_]))[0]
        return await self._in(self._playing, lambda: self.instrument.unit)

    async def _fitting(self, ids: Sequence[str]) -> list[FloatArray]:
        """Presets (P,) by their ids."""
        kept = await self.collected(lambda collection: [collection.get(id_) for id_ in ids])
        for one in kept:
            if one.digest != self.instrument.spec.digest():
                raise ServeError(
                    f"{one.name!r} is a preset of {one.spec} ({one.digest}), and what is served is "
                    f"{self.instrument.spec.name} ({self.instrument.spec.digest()})"
                )
        return [np.array(one.unit, np.float32) for one in kept]

    # -- telling ---------------------------------------------------------------------------------

    async def state(self) -> tuple[list[ParameterValue], list[Knob]]:
        """All parameters and all knobs."""
        return await self._in(
            self._playing, lambda: (self.instrument.refresh(), self.instrument.knobs)
        )

    def close(self) -> None:
        """Let what runs end, drop what waits, and free the matcher."""
        self.commands.close()
        self.matching.close()
        # In its own thread too: a synth in DawDreamer that is let go of by another waits for ever.
        self._playing.submit(self.instrument.close)
        self._playing.shutdown()
        self._keeping.submit(self._collection.close)
        self._keeping.shutdown()

    async def _landed(self, job: MatchJob, found: MatchOutcome) -> None:
        """A match's winner is loaded, and kept."""
        await self._load(found.unit, ("match", job.id))
        origin = {"match": job.title, "distance": found.to_dict().get("distance")}
        await self.keep(f"match {job.title}"[:LONGEST_NAME], origin)

    async def _go(self, step: Callable[[], list[ParameterValue]]) -> None:
        changes, knobs = await self._in(self._playing, lambda: (step(), self.instrument.knobs))
        self._tell(changes, knobs, None)

    async def _load(self, unit: FloatArray, gesture: tuple[Hashable, ...]) -> None:
        def load() -> list[ParameterValue]:
            self._mark(gesture)
            return self.instrument.load(unit)

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
