"""Recipes for rendering: presets in text formats read here, binary states through the plugin."""

from __future__ import annotations

from datasets.recipe import UNIFORM, Recipe, load_recipe
from datasets.spec import SynthSpec


def open_recipe(name_or_path: str, spec: SynthSpec) -> Recipe:
    """The recipe of a shipped name or a ``.toml`` file; an empty name is the uniform one."""
    return load_recipe(name_or_path, spec) if name_or_path else UNIFORM
