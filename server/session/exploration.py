"""Find neighbours, random steps and morphs around the current preset.

The code knows no transport. It runs in the instrument's thread.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np

from datasets.errors import ServeError
from datasets.spec import FloatArray
from models.instrument.instrument import Instrument
from models.instrument.morph import MOST, morph, wander
from models.instrument.neighbours import Neighbour, Neighbourhood
from models.instrument.protocols import OwnSynth, Playable, Surroundings

LISTS = 32  # lists of neighbours, of the clients that requested the last ones


class Exploration:
    """Hold the neighbours and the morph corners that a player requested for one instrument."""

    def __init__(self, checkpoint: Playable, instrument: Instrument) -> None:
        self._instrument, self._model, self._spec = instrument, checkpoint.model, checkpoint.spec
        self._playable = checkpoint
        # For each client the requested preset, then its neighbours; the newest list is the last.
        self._asked: dict[Hashable, list[FloatArray]] = {}
        self._corners: dict[int, FloatArray] = {}

    def neighbours(
        self, count: int, distance: float | None = None, seed: int = 0, owner: Hashable = None
    ) -> list[Neighbour]:
        """Return the neighbours of the current preset and remember them for ``neighbour``.

        Args:
            count: Number of neighbours.
            distance: Distance of each in dB; by default the nearest presets of the library.
            seed: Seed of the random directions, if a distance is given.
            owner: The client; the list of one client does not change the places of another.

        Returns:
            The neighbours, nearest first.

        Raises:
            CheckpointError: The model has no data for neighbours.
            ServeError: The distance is out of range.
        """
        unit = self._instrument.unit
        found = self.around(unit, count, distance, seed)
        self._asked.pop(owner, None)
        self._asked[owner] = [unit, *(one.unit for one in found)]
        if len(self._asked) > LISTS:
            del self._asked[next(iter(self._asked))]
        return found

    def around(
        self, unit: FloatArray, count: int, distance: float | None = None, seed: int = 0
    ) -> list[Neighbour]:
        """Return presets that sound like a preset.

        Args:
            unit: The preset, shape (P,).
            count: Number of neighbours.
            distance: Distance of each in dB; by default the nearest presets of the library.
            seed: Seed of the random directions, if a distance is given.

        Returns:
            The neighbours, nearest first.

        Raises:
            CheckpointError: The model has no data for neighbours.
            ServeError: The distance is out of range.
        """
        around = self._surroundings()
        if distance is None:
            return around.known(unit, count)
        return around.fresh(unit, distance, count, seed)

    def _surroundings(self) -> Surroundings:
        """Return what finds sounds around a preset; CheckpointError if the model lacks the data."""
        own = self._playable
        if isinstance(own, OwnSynth):
            return own.surroundings()
        return Neighbourhood(self._spec, self._model, own.library, own.surrogate)

    def neighbour(self, place: int, owner: Hashable = None) -> FloatArray:
        """Return a preset (P,) of the client's most recent ``neighbours``.

        Args:
            place: Place in the list, from 1; 0 is the preset whose neighbours were requested.
            owner: The client; one without a list of its own uses the newest list.

        Returns:
            The preset, shape (P,).

        Raises:
            ServeError: No neighbours were requested, or the list has no such place.
        """
        if not self._asked:
            raise ServeError(f"neighbour {place}: request the neighbours first")
        asked = self._asked.get(owner) or self._asked[next(reversed(self._asked))]
        if not 0 <= place < len(asked):
            raise ServeError(f"neighbour {place}: there are 0 to {len(asked) - 1}")
        return asked[place]

    def wander(self, length: float, seed: int) -> FloatArray:
        """Return the preset (P,) one random step away.

        Args:
            length: Length of the step in the latent space, 0..10.
            seed: Seed of the direction.

        Returns:
            The preset, shape (P,).

        Raises:
            ServeError: The length is out of range.
        """
        return wander(self._model, self._spec, self._instrument.unit, length, seed)

    def between(self, presets: Sequence[FloatArray], weights: Sequence[float]) -> FloatArray:
        """Return the preset (P,) between 2 to 4 presets; raise the errors of ``morph``."""
        return morph(self._model, self._spec, presets, weights)

    def put(self, corner: int) -> None:
        """Store the current preset in a corner of the morph square.

        Args:
            corner: 1 is (0, 0), 2 is (1, 0), 3 is (0, 1) and 4 is (1, 1).

        Raises:
            ServeError: There is no corner of this number.
        """
        if not 1 <= corner <= MOST:
            raise ServeError(f"corner {corner}: there are 1 to {MOST}")
        self._corners[corner] = self._instrument.unit

    def at(self, x: float, y: float) -> FloatArray:
        """Return the preset (P,) at a point of the morph square; empty corners have no weight.

        Args:
            x: Horizontal position, 0..1.
            y: Vertical position, 0..1.

        Returns:
            The preset, shape (P,).

        Raises:
            ServeError: The point is outside the square, or fewer than two corners hold a preset.
        """
        if not (0 <= x <= 1 and 0 <= y <= 1):
            raise ServeError(f"({x:g}, {y:g}): both values must be 0 to 1")
        held = sorted(self._corners)
        if len(held) < 2:
            raise ServeError(f"{len(held)} corners hold a preset: store one in at least two")
        pulls = np.outer([1 - y, y], [1 - x, x]).ravel()[[corner - 1 for corner in held]]
        if not pulls.sum() > 0:  # the point is an empty corner: all others get the same weight
            pulls = np.ones(len(held))
        return self.between([self._corners[corner] for corner in held], pulls.tolist())
