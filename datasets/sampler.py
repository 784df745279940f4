"""Draw a patch and a note from (spec, seed, index, recipe): a pure function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from datasets.presets import GRID, IntArray
from datasets.recipe import UNIFORM, Recipe, Source
from datasets.spec import FloatArray, SynthSpec

Parents = tuple[str, ...]
Drawn = tuple[FloatArray, Parents]


@dataclass(frozen=True)
class Draw:
    """Hold one patch to render."""

    index: int
    unit: FloatArray  # (P,), stepped parameters on their steps
    note: int  # MIDI
    velocity: int  # MIDI
    parents: Parents  # ids of the presets it comes from; the first one decides the split


def sample(spec: SynthSpec, seed: int, index: int, recipe: Recipe = UNIFORM) -> Draw:
    """Draw the patch of one index; every machine draws the same, in any order.

    Without a recipe, every parameter is uniform over its range or its steps. With the probability
    ``rest_probability`` of its spec it keeps the value at which it does nothing. A recipe first
    lists the presets of its sources with ``each``, then draws from its mixture. Its uniform part
    equals the draws without a recipe. Notes are uniform over the note policy, and the same with
    every recipe. On a player's own patch, parameters that do nothing there keep its values.

    Args:
        spec: The synth.
        seed: Seed of the dataset.
        index: Number of the clip.
        recipe: The mixture to draw from.

    Returns:
        The patch, its note and its parents.

    Raises:
        SpecError: The recipe was loaded for another spec.

    Examples:
        >>> from datasets.spec import load_spec
        >>> sample(load_spec("vital-16"), seed=7, index=3).note
        80
    """
    # Philox is counter-based: the key alone sets the stream, so no draw depends on another.
    random = np.random.Generator(np.random.Philox(key=[seed, index]))
    unit = _uniform(spec, random)
    note = int(random.integers(spec.note.low, spec.note.high + 1))
    parents: Parents = (f"{spec.name}:{seed}:{index}",)
    if recipe.sources:
        recipe.check(spec)
        unit, parents = _from_recipe(spec, seed, index, recipe) or (unit, parents)
    return Draw(index, spec.snap(_idle_held(spec, unit)), note, spec.note.velocity, parents)


def _idle_held(spec: SynthSpec, unit: FloatArray) -> FloatArray:
    """Return a patch (P,) whose idle parameters have the values of the player's own patch."""
    idle = spec.template.get("idle", ())
    if not idle:
        return unit
    held = {p.name: p.held[0] for p in spec.parameters if p.held is not None and p.name in idle}
    values = [held.get(name, x) for name, x in zip(spec.names, unit.tolist(), strict=True)]
    return np.array(values, np.float32)


def _uniform(spec: SynthSpec, random: np.random.Generator) -> FloatArray:
    uniform, rests = random.random(len(spec)), random.random(len(spec))
    for i, parameter in enumerate(spec.parameters):
        if rests[i] < parameter.rest_probability:
            uniform[i] = parameter.from_native(parameter.rest)
        elif parameter.kind == "stepped":
            uniform[i] = min(int(uniform[i] * parameter.steps), parameter.steps - 1)
            uniform[i] /= parameter.steps - 1
    return spec.snap(uniform)


def _from_recipe(spec: SynthSpec, seed: int, index: int, recipe: Recipe) -> Drawn | None:
    """Return the patch that the recipe's presets give; None for its uniform part."""
    if index < len(recipe.each):
        row = int(recipe.each[index])
        return recipe.unit[row], (recipe.parents[row],)
    # The same key with a distant counter: a second stream that the first never reaches.
    random = np.random.Generator(np.random.Philox(key=[seed, index], counter=[0, 0, 0, 1]))
    source = recipe.choose(random.random())
    if source.kind == "uniform":
        return None
    return FROM_PRESETS[source.kind](spec, recipe, source, random)


def _preset(spec: SynthSpec, recipe: Recipe, source: Source, random: np.random.Generator) -> Drawn:
    row = _pick(source.members, random)
    return recipe.unit[row], (recipe.parents[row],)


def _jitter(spec: SynthSpec, recipe: Recipe, source: Source, random: np.random.Generator) -> Drawn:
    """Return a preset with some parameters changed; changed ones are on the grid of 1 / 65535.

    The grid hides the last bits, in which the mathematics libraries of two machines may differ.
    """
    row = _pick(source.members, random)
    unit = recipe.unit[row].astype(np.float64)
    chosen, jumps = random.random(len(spec)), random.random(len(spec))
    noise = source.sigma * random.standard_normal(len(spec))
    for i in spec.continuous:
        if chosen[i] < source.share:
            unit[i] = np.rint((unit[i] + noise[i]) * GRID) / GRID
    for i, steps in zip(spec.stepped, spec.steps, strict=True):
        if chosen[i] < source.step_share:
            step = int(jumps[i] * (steps - 1))  # one of the other steps, all equally likely
            unit[i] = (step + (step >= round(unit[i] * (steps - 1)))) / (steps - 1)
    return unit.astype(np.float32), (recipe.parents[row],)


def _crossover(
    spec: SynthSpec, recipe: Recipe, source: Source, random: np.random.Generator
) -> Drawn:
    """Take each parameter, or each group of them, from one of two presets of the same split.

    The second preset is not a near-duplicate of the first. If there is no such preset, the first is
    crossed with itself, so a draw never mixes splits.
    """
    first = _pick(source.members, random)
    splits, groups = recipe.splits[source.members], recipe.groups[source.members]
    mates = (splits == recipe.splits[first]) & (groups != recipe.groups[first])
    second = _pick(source.members[mates], random) if mates.any() else first
    names = [p.group if source.by == "group" else p.name for p in spec.parameters]
    places = {name: i for i, name in enumerate(dict.fromkeys(names))}
    taken = (random.random(len(places)) < 0.5)[[places[name] for name in names]]
    unit = np.where(taken, recipe.unit[second], recipe.unit[first])
    return unit, (recipe.parents[first], recipe.parents[second])


def _pick(rows: IntArray, random: np.random.Generator) -> int:
    return int(rows[random.integers(len(rows))])


FROM_PRESETS: dict[str, Callable[[SynthSpec, Recipe, Source, np.random.Generator], Drawn]] = {
    "presets": _preset,
    "jitter": _jitter,
    "crossover": _crossover,
}
