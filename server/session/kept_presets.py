"""Saved presets, asked for in a thread of their own, and what each is a preset of."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import numpy as np

from datasets.errors import ServeError
from datasets.spec import FloatArray, SynthSpec
from models.instrument.patch_instrument import PatchPlayable, patch_playable
from server.presets.saved_preset import SavedPreset
from server.presets.store import PresetStore

T = TypeVar("T")


class KeptPresets:
    """The collection; for one event loop."""

    def __init__(self, path: str | Path) -> None:
        """Open the file; ServeError when it cannot be used."""
        self._thread = ThreadPoolExecutor(1, "patchwright-collection")
        self._store = self._thread.submit(PresetStore, path).result()

    async def ask(self, call: Callable[[PresetStore], T]) -> T:
        """Ask the collection, or change it, in its own thread."""
        return await asyncio.get_running_loop().run_in_executor(
            self._thread, lambda: call(self._store)
        )

    async def get(self, id_: str) -> SavedPreset:
        """Return a kept preset; MissingError for its id."""
        return await self.ask(lambda store: store.get(id_))

    async def patch_of(self, kept: SavedPreset) -> PatchPlayable | None:
        """Return the instrument of a kept whole file; None for a model's preset.

        Raises:
            StoreError: The file is no Vital preset.
        """
        if not kept.patch:
            return None
        return await self.ask(lambda store: patch_playable(store.file(kept.patch), kept.name))

    async def fitting(self, ids: Sequence[str], spec: SynthSpec) -> list[FloatArray]:
        """Return presets (P,) of a model by their ids.

        Raises:
            MissingError: An id is not kept.
            ServeError: One is another synth's, or a whole file.
        """
        kept = await self.ask(lambda store: [store.get(id_) for id_ in ids])
        return [fitting_unit(one, spec) for one in kept]

    def close(self) -> None:
        """Close the file once all is done that was asked."""
        self._thread.submit(self._store.close)
        self._thread.shutdown()


def fitting_unit(kept: SavedPreset, spec: SynthSpec) -> FloatArray:
    """Return a kept preset (P,) of a model; ServeError when it is another synth's or a file."""
    if kept.patch:
        raise ServeError(
            f"{kept.name!r} is a whole patch, and this needs a preset of {spec.name}: load it alone"
        )
    if kept.digest != spec.digest():
        raise ServeError(
            f"{kept.name!r} is a preset of {kept.spec} ({kept.digest}), and what is served is "
            f"{spec.name} ({spec.digest()})"
        )
    return np.array(kept.unit, np.float32)
