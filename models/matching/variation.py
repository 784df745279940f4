"""Mutate and cross presets: sparse moves, stepped parameters, locked parameters.

A synth's parameters act alone or in small groups. So a child differs from its parent in one to
three parameters. Steps of the whole vector, as in CMA-ES, need many more renders on 30 parameters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from datasets.errors import SpecError
from datasets.spec import FloatArray, SynthSpec

# Standard deviations of a continuous parameter's move. Each move draws one of them.
STEPS = (0.02, 0.06, 0.2)
UNIFORM = 0.1  # Share of continuous moves that are drawn from the whole range.
MOST_MOVED = 3  # Parameters that one mutation moves at most.
MUTATED, CROSSED = 0.8, 0.35  # Shares of the children.


@dataclass(frozen=True)
class Variation:
    """Make children of presets of one synth; locked parameters never change."""

    spec: SynthSpec
    free: tuple[int, ...]  # positions in the unit vector that may change

    @classmethod
    def of(cls, spec: SynthSpec, locked: Sequence[str] = ()) -> Variation:
        """Return the variation that moves all parameters except the ``locked`` ones.

        Raises:
            SpecError: A locked name does not exist.
        """
        for name in locked:
            if name not in spec.names:
                raise SpecError(f"{spec.name} has no parameter {name!r} to lock")
        return cls(spec, tuple(i for i, name in enumerate(spec.names) if name not in set(locked)))

    def children(
        self, parents: FloatArray, mates: FloatArray, random: np.random.Generator
    ) -> FloatArray:
        """Return one child of each parent: crossed with a mate, mutated, or both.

        Args:
            parents: Presets, shape (N, P).
            mates: Presets to cross with, shape (M, P).
            random: Source of random numbers.

        Returns:
            Presets, shape (N, P).
        """
        chosen = mates[random.integers(len(mates), size=len(parents))]
        crossed = random.random(len(parents)) < CROSSED
        units = np.where(crossed[:, None], self.crossed(parents, chosen, random), parents)
        mutated = (random.random(len(parents)) < MUTATED) | (units == parents).all(1)
        return np.where(mutated[:, None], self.mutated(units, random), units)

    def mutated(self, units: FloatArray, random: np.random.Generator) -> FloatArray:
        """Return presets (N, P) with one to three parameters moved in each.

        A stepped parameter moves to any of its steps.
        """
        counts = random.integers(1, MOST_MOVED + 1, size=len(units))
        step = random.choice(np.array(STEPS), units.shape)
        near = np.clip(units + random.normal(size=units.shape) * step, 0, 1)
        uniform = random.random(units.shape)
        moved = np.where(random.random(units.shape) < UNIFORM, uniform, near)
        drawn = np.floor(uniform * self._steps) / np.maximum(self._steps - 1, 1)
        moved = np.where(self._steps > 0, drawn, moved)
        return np.where(self._some(counts, random), moved, units).astype(np.float32)

    def crossed(
        self, units: FloatArray, mates: FloatArray, random: np.random.Generator
    ) -> FloatArray:
        """Return presets that take some of their parameters from a mate.

        Each takes one, two, four, a quarter or half of the free parameters.

        Args:
            units: Presets, shape (N, P).
            mates: One mate for each preset, shape (N, P).
            random: Source of random numbers.

        Returns:
            Presets, shape (N, P).
        """
        sizes = np.array([1, 2, 4, len(self.free) // 4, len(self.free) // 2])
        counts = np.maximum(random.choice(sizes, len(units)), 1)
        return np.where(self._some(counts, random), mates, units)

    @cached_property
    def _steps(self) -> npt.NDArray[np.int64]:
        """Return the number of steps of each parameter, shape (P,); 0 for a continuous one."""
        return np.array([parameter.steps for parameter in self.spec.parameters], np.int64)

    def _some(
        self, counts: npt.NDArray[np.int64], random: np.random.Generator
    ) -> npt.NDArray[np.bool_]:
        """Choose some free parameters at random in each row; return a mask (N, P).

        ``counts`` (N,) has the number for each row. A count that is too high chooses all.
        """
        order = random.random((len(counts), len(self.free))).argsort(1).argsort(1)
        some = np.zeros((len(counts), len(self.spec)), bool)
        some[:, list(self.free)] = order < counts[:, None]
        return some
