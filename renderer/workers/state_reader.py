"""Read binary preset files (``.fxp``, ``.vstpreset``) through their plugin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from datasets.errors import PatchwrightError, StoreError
from datasets.recipe import UNIFORM, Recipe, load_recipe
from datasets.spec import SynthSpec
from renderer.engines.base import Engine
from renderer.workers.pool import RenderPool


@dataclass(frozen=True)
class _Reading:
    """A question to the synth: what do your controls say once this preset is loaded?"""

    preset: bytes

    def __call__(self, engine: Engine) -> tuple[dict[str, float], dict[str, float]]:
        before = engine.read()
        engine.load_preset(self.preset)
        return before, engine.read()


class StateReader:
    """Reads state files one by one, each by a fresh process of the synth."""

    def __init__(self, spec: SynthSpec) -> None:
        self._spec = spec
        self._pool: RenderPool | None = None

    def __call__(self, path: Path) -> Mapping[str, float]:
        """Native values by name; StoreError for a file that the plugin refuses or ignores."""
        try:
            self._pool = self._pool or RenderPool(self._spec, 1, "process")
            before, after = self._pool.ask(_Reading(path.read_bytes()))
        except (PatchwrightError, OSError) as error:
            raise StoreError(f"{path.name}: {error}") from error
        finally:
            if self._pool is not None:
                self._pool.refresh()
        if before == after:
            # Some plugins accept a file of another one, and do nothing.
            raise StoreError(f"{path.name}: loading it changes no parameter of {self._spec.name}")
        return after

    def close(self) -> None:
        """End the synth's process."""
        if self._pool is not None:
            self._pool.close()


def open_recipe(name_or_path: str, spec: SynthSpec) -> Recipe:
    """The recipe of a shipped name or a ``.toml`` file; an empty name is the uniform one."""
    if not name_or_path:
        return UNIFORM
    reader = StateReader(spec)
    try:
        return load_recipe(name_or_path, spec, reader)
    finally:
        reader.close()
