"""Read and change the saved presets in their own thread."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import numpy as np

from datasets.errors import ServeError
from datasets.spec import FloatArray, SynthSpec
from models.instrument.patch_instrument import PatchPlayable, patch_playable
from renderer.plugins.patch_template import PatchFile
from server.presets.collection_errors import collection_error
from server.presets.saved_preset import SavedPreset
from server.presets.store import PresetStore

T = TypeVar("T")


class KeptPresets:
    """Hold the database of saved presets; for one event loop."""

    def __init__(self, path: str | Path) -> None:
        """Open the database; ServeError if it cannot be used."""
        self._thread = ThreadPoolExecutor(1, "patchwright-collection")
        self._store = self._thread.submit(PresetStore, path).result()

    async def ask(self, call: Callable[[PresetStore], T]) -> T:
        """Call a function with the database, in the database's thread.

        Raises:
            CollectionError: The file is locked, full or not writable.
        """

        def asked() -> T:
            try:
                return call(self._store)
            except sqlite3.Error as error:
                raise collection_error(self._store.path, error) from error

        return await asyncio.get_running_loop().run_in_executor(self._thread, asked)

    async def get(self, id_: str) -> SavedPreset:
        """Return a saved preset; MissingError if the id is unknown."""
        return await self.ask(lambda store: store.get(id_))

    async def patch_of(self, kept: SavedPreset) -> PatchPlayable | None:
        """Return the instrument of a saved whole preset file, or None for a preset of a model.

        Raises:
            StoreError: The file is not a Vital preset.
        """
        if not kept.patch:
            return None
        return await self.ask(
            lambda store: patch_playable(store.file(kept.patch).content, kept.name)
        )

    async def fitting(
        self, ids: Sequence[str], spec: SynthSpec, template: PatchFile | None
    ) -> list[FloatArray]:
        """Return presets (P,) of a model by their ids.

        Args:
            ids: Ids of saved presets.
            spec: Spec of the model on its own template.
            template: The player's own patch that the model plays on, or None.

        Returns:
            One preset for each id, each of shape (P,).

        Raises:
            MissingError: An id is unknown.
            ServeError: A preset belongs to another synth or patch, or is a whole preset file.
        """
        kept = await self.ask(lambda store: [store.get(id_) for id_ in ids])
        return [fitting_unit(one, spec, template) for one in kept]

    async def template_of(self, kept: SavedPreset) -> PatchFile:
        """Return the player's own patch that a saved preset is on; MissingError if it is lost."""
        return await self.ask(lambda store: store.file(kept.template))

    def close(self) -> None:
        """Finish the requests that wait, then close the database."""
        self._thread.submit(self._store.close)
        self._thread.shutdown()


def fitting_unit(
    kept: SavedPreset, spec: SynthSpec, template: PatchFile | None = None
) -> FloatArray:
    """Return a saved preset (P,) as a preset of a model.

    Args:
        kept: The saved preset.
        spec: Spec of the model on its own template.
        template: The player's own patch that the model plays on, or None.

    Returns:
        The preset, shape (P,).

    Raises:
        ServeError: The preset belongs to another synth or patch, or is a whole preset file.
    """
    if kept.patch:
        raise ServeError(
            f"{kept.name!r} is a whole preset file, but this needs a preset of {spec.name}: "
            "load the file by itself"
        )
    if kept.digest != spec.digest():
        raise ServeError(
            f"{kept.name!r} is a preset of {kept.spec} ({kept.digest}), but the server plays "
            f"{spec.name} ({spec.digest()}): change to a model of {kept.spec}"
        )
    if kept.template != (template.digest if template else ""):
        where = "another patch" if kept.template else "the model's own template"
        here = template.name if template else "the model's own template"
        raise ServeError(
            f"{kept.name!r} was saved on {where}, but the instrument plays on {here}: "
            "load this preset first"
        )
    if len(kept.unit) != len(spec.names):
        raise ServeError(
            f"{kept.name!r} has {len(kept.unit)} values, but {spec.name} has {len(spec.names)} "
            "parameters: the preset is damaged. Delete it"
        )
    return np.array(kept.unit, np.float32)
