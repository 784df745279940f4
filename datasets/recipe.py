"""Read a recipe: the mixture of sources that patches are drawn from, as a TOML file.

[[source]]
kind = "presets"      # a human preset without changes
weight = 0.3          # share of the draws, relative to the other sources

path = "banks"        # relative to the recipe file, or absolute; default: the spec's own folders
each = true           # indices 0, 1, ... are the presets in turn, the mixture starts after them

[[source]]
kind = "jitter"       # a preset with noise added
weight = 0.3
sigma = 0.1           # standard deviation of the noise, unit space
share = 0.5           # share of the continuous parameters that change

step_share = 0.1      # probability that a stepped parameter changes to another step

[[source]]
kind = "crossover"    # two presets of one split, each parameter from one of them
weight = 0.2
by = "parameter"      # or "group": parameters of a group come from the same preset

[[source]]
kind = "uniform"      # no preset: every parameter over its range
weight = 0.2
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np

from datasets.errors import SpecError
from datasets.foreign_files import read_toml
from datasets.presets import IntArray, PresetBank, ReadState, near_duplicates, read_presets
from datasets.spec import FloatArray, SynthSpec
from datasets.split import SPLITS, split_of

RECIPES = Path(__file__).parent / "recipes"
Kind = Literal["presets", "jitter", "crossover", "uniform"]

# The keys of each kind, in addition to ``kind`` and ``weight``.
KEYS: dict[str, tuple[str, ...]] = {
    "presets": ("path", "each"),
    "jitter": ("path", "sigma", "share", "step_share"),
    "crossover": ("path", "by"),
    "uniform": (),
}


@dataclass(frozen=True, eq=False)
class Source:
    """Describe one part of the mixture (see the example at the top of this file)."""

    kind: Kind
    weight: float
    path: str = ""  # as written in the recipe; empty: the spec's own folders
    each: bool = False
    sigma: float = 0.1
    share: float = 0.5
    step_share: float = 0.1
    by: Literal["parameter", "group"] = "parameter"
    members: IntArray = field(default_factory=lambda: np.zeros(0, np.int64))  # rows of Recipe.unit

    def to_dict(self) -> dict[str, Any]:
        """Return the keys of the recipe and the number of presets, as plain data."""
        said = {key: getattr(self, key) for key in ("kind", "weight", *KEYS[self.kind])}
        return said if self.kind == "uniform" else said | {"presets": len(self.members)}


@dataclass(frozen=True, eq=False)
class Recipe:
    """Hold a loaded recipe: its sources over one pool of presets; frozen and picklable."""

    name: str
    sources: tuple[Source, ...] = ()  # none: uniform
    names: tuple[str, ...] = ()  # the spec's parameters, (P,)
    unit: FloatArray = field(default_factory=lambda: np.zeros((0, 0), np.float32))  # (N, P)
    parents: tuple[str, ...] = ()  # (N,): a preset and its near-duplicates share one parent id
    skipped: tuple[str, ...] = ()  # "FILE: why" of preset files that could not be used
    changed: int = 0  # presets with a value that the spec cannot take; the nearest one is used

    @cached_property
    def each(self) -> IntArray:
        """Return the presets of the first indices: rows of ``unit``, each once."""
        listed = [source.members for source in self.sources if source.each]
        rows = np.concatenate(listed) if listed else np.zeros(0, np.int64)
        return np.array(list(dict.fromkeys(rows.tolist())), np.int64)

    @cached_property
    def splits(self) -> IntArray:
        """Return (N,) numbers: the split of each preset, as an index into ``SPLITS``."""
        names = [split_of((parent,)) for parent in self.parents]
        return np.array([SPLITS.index(name) for name in names], np.int64)

    @cached_property
    def groups(self) -> IntArray:
        """Return (N,) numbers: near-duplicates have the same number."""
        numbers = {parent: i for i, parent in enumerate(dict.fromkeys(self.parents))}
        return np.array([numbers[parent] for parent in self.parents], np.int64)

    def choose(self, fraction: float) -> Source:
        """Return the source at ``fraction`` (0..1) of the summed weights."""
        passed = 0.0
        total = math.fsum(source.weight for source in self.sources)
        for source in self.sources:
            passed += source.weight
            if fraction * total < passed:
                return source
        return self.sources[-1]

    def check(self, spec: SynthSpec) -> None:
        """Check that the recipe was loaded for this spec's parameters.

        Raises:
            SpecError: The recipe was loaded for a spec with other parameters.
        """
        if self.sources and self.names != spec.names:
            raise SpecError(
                f"recipe {self.name!r} was loaded for other parameters than those of "
                f"{spec.name}: load it again with this spec"
            )

    def digest(self) -> str:
        """Return a short hash of everything that shapes the draws.

        These are sources, weights, presets and parents.
        """
        said = [source.to_dict() | {"path": ""} for source in self.sources]
        rows = [source.members.tolist() for source in self.sources]
        data = json.dumps([said, rows, self.names, self.parents], sort_keys=True)
        vectors = self.unit.astype("<f4").tobytes()
        return hashlib.sha256(data.encode() + b"\0" + vectors).hexdigest()[:16]

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for ``dataset.json``; of the presets it has the digest only."""
        return {
            "name": self.name,
            "digest": self.digest(),
            "sources": [source.to_dict() for source in self.sources],
            "presets": len(self.parents),
            "groups": len(set(self.parents)),
            "skipped": list(self.skipped),
        }


UNIFORM = Recipe("uniform")


def available_recipes() -> list[str]:
    """Return the names of the built-in recipes."""
    return sorted(path.stem for path in RECIPES.glob("*.toml"))


def load_recipe(
    name_or_path: str | Path, spec: SynthSpec, read_state: ReadState | None = None
) -> Recipe:
    """Return a recipe with the presets it needs.

    Args:
        name_or_path: A built-in name (``human``) or a ``.toml`` file.
        spec: The synth.
        read_state: Reads ``.fxp`` and ``.vstpreset`` files with the plugin.

    Returns:
        The recipe.

    Raises:
        SpecError: The recipe does not exist, is not valid, or finds no preset.
        StoreError: A folder of presets is missing.
    """
    path = Path(name_or_path)
    if path.suffix != ".toml":
        path = RECIPES / f"{name_or_path}.toml"
    sources = _sources(path, str(name_or_path))
    folders = {s.path: _folder(s, path, spec) for s in sources if s.kind != "uniform"}
    banks: dict[str, PresetBank] = {}
    for said, folder in folders.items():
        banks[said] = read_presets(folder, spec, read_state)
        if not len(banks[said]):
            why = f": {banks[said].skipped[0]}" if banks[said].skipped else ""
            raise SpecError(f"recipe {path.name}: no preset for {spec.name} in {folder}{why}")
    return _pooled(path.stem, sources, banks, spec)


def _pooled(
    name: str, sources: list[Source], banks: Mapping[str, PresetBank], spec: SynthSpec
) -> Recipe:
    """Return the recipe over all its presets together.

    So near-duplicates in two folders share a parent.
    """
    rows: dict[bytes, int] = {}
    members: dict[str, IntArray] = {}
    for said, bank in banks.items():
        keys = [vector.tobytes() for vector in bank.unit]
        members[said] = np.array([rows.setdefault(key, len(rows)) for key in keys], np.int64)
    unit = np.frombuffer(b"".join(rows), np.float32).reshape(-1, len(spec))
    first = near_duplicates(unit)
    return Recipe(
        name=name,
        sources=tuple(
            s if s.kind == "uniform" else replace(s, members=members[s.path]) for s in sources
        ),
        names=spec.names,
        unit=unit,
        parents=tuple(preset_id(spec.name, unit[row]) for row in first),
        skipped=tuple(line for bank in banks.values() for line in bank.skipped),
        changed=sum(bank.changed for bank in banks.values()),
    )


def preset_id(spec: str, vector: FloatArray) -> str:
    """Return the id of a preset, which depends on its vector only, not on machine or folder."""
    return f"{spec}:preset:{hashlib.sha256(vector.astype('<f4').tobytes()).hexdigest()[:16]}"


def _folder(source: Source, recipe: Path, spec: SynthSpec) -> Path:
    """Return the folder of a source's presets.

    Raises:
        SpecError: The spec names no folder that exists.
    """
    if source.path:
        return recipe.parent / _expanded(source.path)
    said = spec.template.get("presets", ())
    tried = [_expanded(p) for p in ([said] if isinstance(said, str) else said)]
    for folder in tried:
        if folder.exists():
            return folder
    where = f"none of {', '.join(map(str, tried))} exists" if tried else "its spec names no folder"
    raise SpecError(
        f"recipe {recipe.name}: no presets for {spec.name}: {where}. Give the source a path."
    )


def _expanded(path: str) -> Path:
    """Return ``path`` with a leading ~ as the home folder; unchanged if there is no home."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)


def _sources(path: Path, asked: str) -> list[Source]:
    try:
        data = read_toml(path, SpecError, f"recipe {path.name}")
    except FileNotFoundError:
        known = ", ".join(available_recipes())
        raise SpecError(
            f"recipe {asked!r} does not exist: use one of {known}, or a .toml file"
        ) from None
    unknown = sorted(set(data) - {"source", "description"})
    if unknown:
        raise SpecError(f"recipe {path.name}: unknown key {unknown[0]!r}: use [[source]]")
    entries = data.get("source")
    if not isinstance(entries, list) or not entries:
        raise SpecError(f"recipe {path.name} has no [[source]]: add at least one")
    return [_source(entry, f"recipe {path.name}, source {i}") for i, entry in enumerate(entries, 1)]


def _source(entry: object, where: str) -> Source:
    """Return one checked [[source]] of a recipe file.

    Raises:
        SpecError: A key or value is wrong; the message names it and the fix.
    """
    if not isinstance(entry, dict):
        raise SpecError(f"{where} is not a table: write [[source]]")
    kind = entry.get("kind")
    if not isinstance(kind, str) or kind not in KEYS:
        raise SpecError(f"{where}: kind {kind!r} is not one of {', '.join(KEYS)}")
    allowed = ("kind", "weight", *KEYS[kind])
    for key, value in entry.items():
        if key not in allowed:
            raise SpecError(f"{where} ({kind}): unknown key {key!r}: use {', '.join(allowed)}")
        wanted = _refusal(key, value)
        if wanted:
            raise SpecError(f"{where}: {key} is {value!r}: must be {wanted}")
    if "weight" not in entry:
        raise SpecError(f"{where}: weight is missing: give its share of the draws")
    return Source(**entry)


def _refusal(key: str, value: Any) -> str:  # noqa: ANN401 - whatever the file holds
    """Return what ``key`` must be if ``value`` is wrong, else an empty text."""
    number = type(value) is int or (type(value) is float and math.isfinite(value))
    checks = {
        "weight": (number and 0 < value <= 1e9, "a positive number"),
        "sigma": (number and 0 <= value <= 1, "a number 0..1"),
        "share": (number and 0 <= value <= 1, "a number 0..1"),
        "step_share": (number and 0 <= value <= 1, "a number 0..1"),
        "each": (isinstance(value, bool), "true or false"),
        "by": (value in ("parameter", "group"), '"parameter" or "group"'),
        "path": (isinstance(value, str) and value != "", "the path of a file or folder"),
    }
    fits, wanted = checks.get(key, (True, ""))
    return "" if fits else wanted
