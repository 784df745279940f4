"""Neighbours, random steps and morphs from the current preset.

Knows no transport; for the instrument's thread.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from datasets.errors import ServeError
from datasets.spec import FloatArray
from models.instrument.instrument import Instrument
from models.instrument.morph import MOST, morph, wander
from models.instrument.neighbours import Neighbour, Neighbourhood
from models.instrument.protocols import Playable


class Exploration:
    """What a player has asked around one instrument."""

    def __init__(self, checkpoint: Playable, instrument: Instrument) -> None:
        self._instrument, self._model, self._spec = instrument, checkpoint.model, checkpoint.spec
        self._library, self._surrogate = checkpoint.library, checkpoint.surrogate
        self._asked: list[FloatArray] = []  # the preset that was asked for, then its neighbours
        self._corners: dict[int, FloatArray] = {}

    def neighbours(
        self, count: int, distance: float | None = None, seed: int = 0
    ) -> list[Neighbour]:
        """As ``around`` the present preset, remembered for ``neighbour``."""
        unit = self._instrument.unit
        found = self.around(unit, count, distance, seed)
        self._asked = [unit, *(one.unit for one in found)]
        return found

    def around(
        self, unit: FloatArray, count: int, distance: float | None = None, seed: int = 0
    ) -> list[Neighbour]:
        """What sounds like a preset (P,): of the library, or fresh at a distance in dB.

        Raises CheckpointError for a model without neighbourhoods, ServeError for the distance.
        """
        around = Neighbourhood(self._spec, self._model, self._library, self._surrogate)
        if distance is None:
            return around.known(unit, count)
        return around.fresh(unit, distance, count, seed)

    def neighbour(self, place: int) -> FloatArray:
        """One (P,) of the neighbours asked for last, from 1; 0 is where they were asked for."""
        if not self._asked:
            raise ServeError("no neighbours yet: ask for them first")
        if not 0 <= place < len(self._asked):
            raise ServeError(f"no neighbour {place}: there are 0 to {len(self._asked) - 1}")
        return self._asked[place]

    def wander(self, length: float, seed: int) -> FloatArray:
        """The preset (P,) one random step away; ServeError for its length."""
        return wander(self._model, self._spec, self._instrument.unit, length, seed)

    def between(self, presets: Sequence[FloatArray], weights: Sequence[float]) -> FloatArray:
        """The preset (P,) between 2 to 4; errors as of ``models.instrument.morph``."""
        return morph(self._model, self._spec, presets, weights)

    def put(self, corner: int) -> None:
        """The present preset into a corner from 1: (0, 0), (1, 0), (0, 1), (1, 1)."""
        if not 1 <= corner <= MOST:
            raise ServeError(f"no corner {corner}: there are 1 to {MOST}")
        self._corners[corner] = self._instrument.unit

    def at(self, x: float, y: float) -> FloatArray:
        """The preset (P,) at a point of the square; an empty corner pulls at nothing.

        Raises ServeError for a point outside it, or when fewer than two corners hold a preset.
        """
        if not (0 <= x <= 1 and 0 <= y <= 1):
            raise ServeError(f"({x:g}, {y:g}) is outside the square: give 0..1 twice")
        held = sorted(self._corners)
        if len(held) < 2:
            raise ServeError(f"{len(held)} corners hold a preset: put one into two at least")
        pulls = np.outer([1 - y, y], [1 - x, x]).ravel()[[corner - 1 for corner in held]]
        if not pulls.sum() > 0:  # in an empty corner all others are as far
            pulls = np.ones(len(held))
        return self.between([self._corners[corner] for corner in held], pulls.tolist())
