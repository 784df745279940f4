"""Mutation and crossover of presets: sparse moves, stepped parameters, locked parameters.

A synth's parameters act on their own or in small groups, so a child differs from its parent in one
to three of them; whole-vector steps, as CMA-ES takes them, need many more renders on 30 parameters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from datasets.errors import SpecError
from datasets.spec import FloatArray, SynthSpec

STEPS = (0.02, 0.06, 0.2)  # standard deviations of a continuous parameter's move, one of them drawn
AFRESH = 0.1  # share of continuous moves that are drawn from the whole range
MOST_MOVED = 3  # parameters of one mutation
MUTATED, CROSSED = 0.8, 0.35  # shares of children


@dataclass(frozen=True)
class Variation:
    """Children of presets of one synth; locked parameters are never touched."""

    spec: SynthSpec
    free: tuple[int, ...]  # positions in the unit vector that may change

    @classmethod
    def of(cls, spec: SynthSpec, locked: Sequence[str] = ()) -> Variation:
        """All parameters but the ``locked`` ones; SpecError for a name that does not exist."""
        for name in locked:
            if name not in spec.names:
                raise SpecError(f"{spec.name} has no parameter {name!r} that could be locked")
        return cls(spec, tuple(i for i, name in enumerate(spec.names) if name not in set(locked)))

    def children(
        self, parents: FloatArray, mates: FloatArray, random: np.random.Generator
    ) -> FloatArray:
        """A preset (N, P) near each parent (N, P): crossed with a mate (M, P), mutated, or both."""
        chosen = mates[random.integers(len(mates), size=len(parents))]
        crossed = random.random(len(parents)) < CROSSED
        units = np.where(crossed[:, None], self.crossed(parents, chosen, random), parents)
        mutated = (random.random(len(parents)) < MUTATED) | (units == parents).all(1)
        return np.where(mutated[:, None], self.mutated(units, random), units)

    def mutated(self, units: FloatArray, random: np.random.Generator) -> FloatArray:
        """One to three parameters of each preset moved: a stepped one to any of its steps."""
        counts = random.integers(1, MOST_MOVED + 1, size=len(units))
        step = random.choice(np.array(STEPS), units.shape)
        near = np.clip(units + random.normal(size=units.shape) * step, 0, 1)
        anew = random.random(units.shape)
        moved = np.where(random.random(units.shape) < AFRESH, anew, near)
        drawn = np.floor(anew * self._steps) / np.maximum(self._steps - 1, 1)
        moved = np.where(self._steps > 0, drawn, moved)
        return np.where(self._some(counts, random), moved, units).astype(np.float32)

    def crossed(
        self, units: FloatArray, mates: FloatArray, random: np.random.Generator
    ) -> FloatArray:
        """One, two, four, a quarter or half of each preset's parameters taken from its mate."""
        sizes = np.array([1, 2, 4, len(self.free) // 4, len(self.free) // 2])
        counts = np.maximum(random.choice(sizes, len(units)), 1)
        return np.where(self._some(counts, random), mates, units)

    @cached_property
    def _steps(self) -> npt.NDArray[np.int64]:
        """(P,) how many steps each parameter has, 0 for a continuous one."""
        return np.array([parameter.steps for parameter in self.spec.parameters], np.int64)

    def _some(
        self, counts: npt.NDArray[np.int64], random: np.random.Generator
    ) -> npt.NDArray[np.bool_]:
        """(N, P) a random choice of so many free parameters in each row, all of them at most."""
        order = random.random((len(counts), len(self.free))).argsort(1).argsort(1)
        some = np.zeros((len(counts), len(self.spec)), bool)
        some[:, list(self.free)] = order < counts[:, None]
        return some
