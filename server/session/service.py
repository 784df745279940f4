"""What all transports share: the player's instrument, the matcher and what is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np

from datasets.errors import MissingError
from datasets.spec import FloatArray
from models.instrument.neighbours import Neighbour
from models.instrument.patch_instrument import PatchPlayable, patch_playable
from models.instrument.protocols import Playable
from models.matching.options import MatchOptions
from server.jobs.job import MatchJob, MatchOutcome, chosen_distance
from server.jobs.match_queue import BusyError, MatcherLike, MatchQueue
from server.presets.saved_preset import LONGEST_NAME, SavedPreset
from server.presets.store import PresetStore
from server.session.instrument_session import InstrumentSession
from server.session.kept_presets import KeptPresets, fitting_unit
from server.session.stage import Stage
from server.updates.command_queue import CommandQueue

T = TypeVar("T")
TRIED_NOTE = 60  # MIDI: a patch is played once before it is loaded
Opener = Callable[[], tuple[Playable, MatcherLike]]


class Service(InstrumentSession):
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
        self._kept = KeptPresets(collection)
        super().__init__(checkpoint)
        self.models = dict(models or {})
        self.commands = CommandQueue()
        self.connections = 0  # players by WebSocket
        self.matching = MatchQueue(matcher, self._landed, self.metrics)

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

        def opened() -> tuple[tuple[Playable, Stage], MatcherLike]:
            checkpoint, matcher = open_()
            return (checkpoint, self._playing.submit(Stage, checkpoint).result()), matcher

        checkpoint, stage = await self.matching.exchange(opened)

        def play() -> None:
            self._stage.close()
            self._play(checkpoint.name, stage)

        await self._in(self._playing, play)
        self._tell(*await self.state(), None)

    def match(
        self,
        sound: Path,
        options: MatchOptions,
        name: str = "",
        then: Callable[[], object] | None = None,
    ) -> MatchJob:
        """Begin to match a sound, from the model's present preset too, and with its locks.

        While a whole preset file plays the search begins from the sound alone. Arguments and errors
        as of ``MatchQueue.submit``.
        """
        if self._stage.model_is_current:
            present = tuple(self.instrument.unit.tolist())
            locked = tuple(self.instrument.locked)
            options = replace(options, present=present, locked=locked)
        return self.matching.submit(sound, options, name, then)

    # -- what is kept ----------------------------------------------------------------------------

    async def collected(self, call: Callable[[PresetStore], T]) -> T:
        """Ask the collection, or change it, in its own thread."""
        return await self._kept.ask(call)

    async def keep(
        self,
        name: str,
        origin: Mapping[str, object],
        note: str = "",
        starred: bool = False,
        tags: Sequence[str] = (),
    ) -> SavedPreset:
        """Keep what is current; ServeError for a name, note or tag that cannot be."""
        loaded, unit = await self._in(self._playing, self._present)
        file, digest = (loaded.patch.file, loaded.patch.digest) if loaded.patch else (b"", "")
        spec = loaded.playable.spec
        kept = SavedPreset.new(spec, unit, name, origin, note, starred, tags, digest)
        return await self.collected(lambda collection: collection.add(kept, file))

    async def load_kept(self, id_: str) -> None:
        """Load a kept preset, or a kept whole file, and tell the listeners.

        Raises MissingError for its id, ServeError when it is another synth's.
        """
        kept = await self._kept.get(id_)
        patch = await self._kept.patch_of(kept)
        if patch is None:
            await self._load(fitting_unit(kept, self._model.playable.spec), ("preset", id_))
        else:
            await self._try_out(patch)
            await self._load_patch(patch, np.array(kept.unit, np.float32), ("preset", id_))
        await self.collected(lambda collection: collection.visit(id_))

    async def load_patch(
        self, preset: bytes, title: str = "", gesture: tuple[Hashable, ...] | None = None
    ) -> None:
        """Play a whole preset file from now on, and tell the listeners all of its state.

        Args:
            preset: The content of a ``.vital`` file.
            title: Name of the patch; the file's own when empty.
            gesture: What undo and the metrics call this, its kind first; a gesture of its own
                by default.

        Raises:
            StoreError: The bytes are no Vital preset.
            RenderError: Vital refuses it or fails on it.
            ServeError: The server's model is not one of Vital.
        """
        patch = await asyncio.to_thread(patch_playable, preset, title)
        await self._try_out(patch)
        await self._load_patch(patch, patch.start, gesture or ("patch", object()))

    async def _try_out(self, patch: PatchPlayable) -> None:
        """Have a file played by the matcher's process: what a damaged one does to Vital ends there.

        Errors as of ``load_patch``.
        """
        self._stage.check_fits(patch)
        if not self._stage.is_open(patch):
            await self.matching.hear_preset(patch.file, TRIED_NOTE)

    async def morph(self, ids: Sequence[str], weights: Sequence[float]) -> None:
        """Go between 2 to 4 kept presets; errors as of ``load_kept`` and
        ``models.instrument.morph``."""
        units = await self._kept.fitting(ids, self._model.playable.spec)
        exploration = self._model.exploration
        unit = await self._in(self._playing, lambda: exploration.between(units, weights))
        await self._load(unit, ("morph", *ids))

    async def around(
        self, count: int, distance: float | None, seed: int, id_: str = ""
    ) -> list[Neighbour]:
        """What sounds like the present preset or a kept one: a library's, or fresh ones in dB.

        Raises CheckpointError for a model that has no neighbourhoods, ServeError for a whole file.
        """
        spec = self._model.playable.spec
        kept = (await self._kept.fitting([id_], spec))[0] if id_ else None

        def ask() -> list[Neighbour]:
            here = self._model if id_ else self._stage.check_model("a neighbourhood")
            unit = here.instrument.unit if kept is None else kept
            return here.exploration.around(unit, count, distance, seed)

        return await self._in(self._playing, ask)

    async def hear(self, note: int, id_: str = "") -> bytes:
        """What is current, or a kept preset, played at a MIDI note: a WAV file."""
        unit, patch, title = await self._preset(id_)
        if patch is None:
            return await self.matching.hear(unit, note)
        return await self.matching.hear_preset(patch.preset(unit, title), note)

    async def preset_file(self, id_: str) -> tuple[bytes, str]:
        """A kept preset in the synth's own format, and the ending of such files."""
        unit, patch, title = await self._preset(id_)
        if patch is not None:
            return patch.preset(unit, title), ".vital"
        return await self._in(self._playing, lambda: self._model.instrument.preset(unit, title))

    async def _preset(self, id_: str) -> tuple[FloatArray, PatchPlayable | None, str]:
        """A kept preset, or what is current without an id: unit, whole file if any, title."""
        if not id_:
            loaded, unit = await self._in(self._playing, self._present)
            return unit, loaded.patch, loaded.playable.name
        kept = await self._kept.get(id_)
        patch = await self._kept.patch_of(kept)
        spec = self._model.playable.spec
        unit = fitting_unit(kept, spec) if patch is None else np.array(kept.unit, np.float32)
        return unit, patch, kept.name

    def close(self) -> None:
        """Let what runs end, drop what waits, and free the matcher."""
        self.commands.close()
        self.matching.close()
        # In its own thread too: a synth in DawDreamer that is let go of by another waits for ever.
        self._playing.submit(self._stage.close)
        self._playing.shutdown()
        self._kept.close()

    async def _landed(self, job: MatchJob, found: MatchOutcome) -> None:
        """A match's chosen answer is loaded, and kept."""
        origin: dict[str, object] = {"match": job.title, "distance": chosen_distance(found)}
        title = f"match {job.title}"[:LONGEST_NAME]
        if found.method == "resynthesis":  # the matcher has played it
            patch = await asyncio.to_thread(patch_playable, found.preset, title)
            await self._load_patch(patch, patch.start, ("match", job.id))
            origin["method"] = found.method
        else:
            await self._load(found.unit, ("match", job.id))
        await self.keep(title, origin)
