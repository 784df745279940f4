"""Play and save presets on templates: the model's own, the player's patches, and whole files."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np

from datasets.spec import FloatArray
from models.instrument.neighbours import Neighbour
from models.instrument.patch_instrument import PatchPlayable, patch_playable
from models.instrument.patched_model import PatchedModel
from models.instrument.protocols import Playable
from renderer.plugins.patch_template import PatchFile, PatchTemplate
from renderer.workers.own_patch import named_patch
from server.jobs.match_queue import MatchQueue
from server.jobs.short_requests import BusyError
from server.presets.collection_errors import CollectionError
from server.presets.saved_preset import SavedPreset
from server.presets.store import PresetStore
from server.session.instrument_session import InstrumentSession
from server.session.kept_presets import KeptPresets, fitting_unit

log = logging.getLogger(__name__)
T = TypeVar("T")
TRIED_NOTE = 60  # MIDI note at which a preset file is rendered before it is loaded


class PresetSession(InstrumentSession):
    """Play preset files and saved presets; the matcher reads and renders them.

    ``server.session.service.Service`` adds the matches and the change of the model.
    """

    matching: MatchQueue

    def __init__(self, checkpoint: Playable, collection: str | Path) -> None:
        """Open the saved presets and the model's instrument.

        Raises:
            ServeError: The file of the saved presets cannot be used.
        """
        self._kept = KeptPresets(collection)
        super().__init__(checkpoint)
        self._changing_to = ""  # name of the model that is being opened

    def _check_settled(self) -> None:
        """Check that no change of the model is in progress.

        Raises:
            BusyError: The model is being changed: a preset of the old one would not fit.
        """
        if self._changing_to:
            raise BusyError(f"the model changes to {self._changing_to}: try again in some seconds")

    # -- the player's own patch ------------------------------------------------------------------

    async def use_patch(self, content: bytes, title: str = "") -> PatchTemplate:
        """Play the model on a player's own preset file, and send all values to the listeners.

        Everything in the file stays. Only the parameters of the model move, from where the file
        has them.

        Args:
            content: The bytes of the file.
            title: Name of the file; the suffix follows from the content.

        Returns:
            The template: what the patch lacks, and its idle parameters.

        Raises:
            StoreError: The bytes are not a preset of the model's synth, or are too many.
            RenderError: The synth refuses the file or fails on it.
            BusyError: Too many requests wait, or the model is being changed.
        """
        file = named_patch(content, title, self._stage.own.playable.spec)
        patched = await self._patched(file)
        await self._load_on(patched, patched.start, ("patch", object()))
        return patched.template

    async def leave_patch(self) -> None:
        """Play the model on its own template, from the preset that it had there."""
        await self._load_on(self._stage.own.playable, None, ("patch", object()))

    async def _patched(self, file: PatchFile) -> PatchedModel:
        """Return the model on a patch; read the file unless its instrument is open."""
        self._check_settled()
        own, loaded = self._stage.own.playable, self._stage.template(file.digest)
        known = loaded.template if loaded else None
        template = known or await self.matching.read_patch(file)
        return PatchedModel(own, replace(template, file=file))

    # -- saved presets ---------------------------------------------------------------------------

    async def collected(self, call: Callable[[PresetStore], T]) -> T:
        """Call a function with the database of saved presets, in its own thread."""
        return await self._kept.ask(call)

    async def keep(
        self,
        name: str,
        origin: Mapping[str, object],
        note: str = "",
        starred: bool = False,
        tags: Sequence[str] = (),
    ) -> SavedPreset:
        """Save the current preset.

        Args:
            name: Name of the preset, 1 to 200 characters.
            origin: Where the preset comes from, as {"match": "sketch.wav"}.
            note: The player's note.
            starred: Mark the preset with a star.
            tags: Tags of the preset.

        Returns:
            The saved preset.

        Raises:
            ServeError: The name, the note or a tag is empty or too long.
        """
        loaded, unit = await self._in(self._playing, self._present)
        template = loaded.template.file if loaded.template else None
        patch = PatchFile("", loaded.patch.file) if loaded.patch else None
        spec = self._stage.own.playable.spec if template else loaded.playable.spec
        digests = (patch.digest if patch else "", template.digest if template else "")
        kept = SavedPreset.new(spec, unit, name, origin, note, starred, tags, *digests)
        return await self.collected(lambda collection: collection.add(kept, patch or template))

    async def load_kept(self, id_: str) -> None:
        """Load a saved preset or a saved whole preset file, and send the changes to the listeners.

        Raises:
            MissingError: The id is unknown.
            ServeError: The preset belongs to another synth.
        """
        kept = await self._kept.get(id_)
        patch = await self._kept.patch_of(kept)
        if patch is None:
            template, unit = await self._kept_on(kept)
            await self._load_on(template, unit, ("preset", id_))
        else:
            await self._try_out(patch)
            await self._load_patch(patch, np.array(kept.unit, np.float32), ("preset", id_))
        try:
            await self.collected(lambda collection: collection.visit(id_))
        except CollectionError as error:  # the preset plays: only the history lacks it
            log.warning("a loaded preset is not in the history: %s", error)

    async def _kept_on(self, kept: SavedPreset) -> tuple[Playable, FloatArray]:
        """Return the model on the template of a saved preset, and the preset (P,)."""
        own = self._stage.own.playable
        file = await self._kept.template_of(kept) if kept.template else None
        unit = fitting_unit(kept, own.spec, file)
        return (await self._patched(file) if file else own), unit

    async def load_patch(
        self, preset: bytes, title: str = "", gesture: tuple[Hashable, ...] | None = None
    ) -> None:
        """Play a whole preset file, and send its values to the listeners.

        Args:
            preset: The content of a ``.vital`` file.
            title: Title of the patch; by default the title in the file.
            gesture: Name of the gesture for undo and metrics, its kind first; a new one by default.

        Raises:
            StoreError: The bytes are not a Vital preset.
            RenderError: Vital refuses the preset or fails on it.
            ServeError: The server's model is not one of Vital.
        """
        patch = await asyncio.to_thread(patch_playable, preset, title)
        await self._try_out(patch)
        await self._load_patch(patch, patch.start, gesture or ("patch", object()))

    async def _try_out(self, patch: PatchPlayable) -> None:
        """Render a file in the matcher's process first: a damaged file can crash only that process.

        Raises:
            RenderError: Vital refuses the preset or fails on it.
            ServeError: The server's model is not one of Vital.
        """
        self._stage.check_fits(patch)
        if not self._stage.is_open(patch):
            await self.matching.hear_preset(patch.file, TRIED_NOTE)

    async def morph(self, ids: Sequence[str], weights: Sequence[float]) -> None:
        """Go to a point between 2 to 4 saved presets.

        Args:
            ids: Ids of the presets.
            weights: Weight of each preset, 0 or more; they need not sum to 1.

        Raises:
            MissingError: An id is unknown.
            ServeError: A preset does not fit the model, or the weights do not fit the presets.
        """
        units = await self._fitting(ids)
        exploration = self._model.exploration
        unit = await self._in(self._playing, lambda: exploration.between(units, weights))
        await self._load(unit, ("morph", *ids))

    async def around(
        self, count: int, distance: float | None, seed: int, id_: str = ""
    ) -> list[Neighbour]:
        """Return presets that sound like the current preset or like a saved one.

        Args:
            count: Number of neighbours.
            distance: Distance of each neighbour in dB; None for the nearest presets of the library.
            seed: Seed of the random directions, if a distance is given.
            id_: Id of a saved preset; the current preset by default.

        Returns:
            The neighbours, nearest first.

        Raises:
            CheckpointError: The model has no data for neighbours.
            ServeError: The preset is a whole preset file, or the distance is out of range.
        """
        kept = (await self._fitting([id_]))[0] if id_ else None

        def ask() -> list[Neighbour]:
            here = self._model if id_ else self._stage.check_model("a neighbourhood")
            unit = here.instrument.unit if kept is None else kept
            return here.exploration.around(unit, count, distance, seed)

        return await self._in(self._playing, ask)

    async def _fitting(self, ids: Sequence[str]) -> list[FloatArray]:
        """Return saved presets (P,) that are on the template in use; errors as of ``morph``."""
        file = self.template.file if self.template else None
        return await self._kept.fitting(ids, self._stage.own.playable.spec, file)
