"""Read binary preset files (``.fxp``, ``.vstpreset``) with their plugin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from datasets.errors import PatchwrightError, StoreError
from datasets.foreign_files import file_content
from datasets.recipe import UNIFORM, Recipe, load_recipe
from datasets.spec import SynthSpec
from renderer.engines.base import Engine
from renderer.workers.pool import RenderPool


@dataclass(frozen=True)
class _Reading:
    """Ask the synth for its control values before and after it loads a preset."""

    preset: bytes

    def __call__(self, engine: Engine) -> tuple[dict[str, float], dict[str, float]]:
        before = engine.read()
        engine.load_preset(self.preset)
        return before, engine.read()


class StateReader:
    """Read state files one by one, each in a new process of the synth."""

    def __init__(self, spec: SynthSpec) -> None:
        self._spec = spec
        self._pool: RenderPool | None = None

    def __call__(self, path: Path) -> Mapping[str, float]:
        """Return the native values of a state file, by name.

        Raises:
            StoreError: The plugin refuses or ignores the file.
        """
        try:
            self._pool = self._pool or RenderPool(self._spec, 1, "process")
            before, after = self._pool.ask(_Reading(file_content(path)))
        except (PatchwrightError, OSError) as error:
            raise StoreError(f"{path.name}: {error}") from error
        finally:
            if self._pool is not None:
                self._pool.refresh()
        if before == after:
            # Some plugins accept a file of another plugin and ignore it.
            raise StoreError(
                f"{path.name}: loading it changes no parameter of {self._spec.name}. "
                "Use a preset file of this plugin."
            )
        return after

    def close(self) -> None:
        """End the synth's process."""
        if self._pool is not None:
            self._pool.close()


def open_recipe(name_or_path: str, spec: SynthSpec) -> Recipe:
    """Return the recipe of a built-in name or a ``.toml`` file; uniform for an empty name."""
    if not name_or_path:
        return UNIFORM
    reader = StateReader(spec)
    try:
        return load_recipe(name_or_path, spec, reader)
    finally:
        reader.close()
