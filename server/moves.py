"""How a search makes new presets of old ones: sparse moves and crossings, stepped parameters too.

A synth's parameters act on their own or in small groups, so a child differs from its parent in one
to three of them; whole-vector steps, as CMA-ES takes them, need many more renders on 30 parameters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from datasets.spec import FloatArray, SynthSpec

STEPS = (0.02, 0.06, 0.2)  # standard deviations of a continuous parameter's move, one of them drawn
AFRESH = 0.1  # share of continuous moves that are drawn from the whole range
MOST_MOVED = 3  # parameters of one mutation
MUTATED, CROSSED = 0.8, 0.35  # shares of children


@dataclass(frozen=True)
class Moves:
    """Children of presets of one synth; locked parameters are never touched."""

    spec: SynthSpec
    free: tuple[int, ...]  # positions in the unit vector that may change

    @classmethod
    def of(cls, spec: SynthSpec, locked: Sequence[str] = ()) -> Moves:
        """All parameters but the ``locked`` ones, by name."""
        return cls(spec, tuple(i for i, name in enumerate(spec.names) if name not in set(locked)))

    def child(
        self, parent: FloatArray, mates: FloatArray, random: np.random.Generator
    ) -> FloatArray:
        """A preset (P,) near ``parent``: crossed with one of ``mates`` (M, P), mutated, or both."""
        unit = parent
        if len(mates) and random.random() < CROSSED:
            unit = self.crossed(unit, mates[random.integers(len(mates))], random)
        if random.random() < MUTATED or np.array_equal(unit, parent):
            unit = self.mutated(unit, random)
        return unit

    def mutated(self, unit: FloatArray, random: np.random.Generator) -> FloatArray:
        """One to three parameters moved: a stepped one to any of its steps."""
        steps = dict(zip(self.spec.stepped.tolist(), self.spec.steps, strict=True))
        moved = unit.copy()
        count = min(int(random.integers(1, MOST_MOVED + 1)), len(self.free))
        for i in random.choice(self.free, count, replace=False):
            if i in steps:
                moved[i] = random.integers(steps[i]) / (steps[i] - 1)
            elif random.random() < AFRESH:
                moved[i] = random.random()
            else:
                moved[i] = np.clip(moved[i] + random.normal() * random.choice(STEPS), 0, 1)
        return moved

    def crossed(
        self, unit: FloatArray, mate: FloatArray, random: np.random.Generator
    ) -> FloatArray:
        """One, two, four, a quarter or half of the parameters taken from ``mate``."""
        count = int(random.choice([1, 2, 4, len(self.free) // 4, len(self.free) // 2]))
        chosen = random.choice(self.free, min(max(count, 1), len(self.free)), replace=False)
        both = unit.copy()
        both[chosen] = mate[chosen]
        return both
