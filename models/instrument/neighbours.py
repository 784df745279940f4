"""Find presets that sound like a preset or like a sound file.

The surrogate predicts the sounds at middle C, in milliseconds and without a render. Distances are
what it expects, in dB: root mean square over the cells of the log-mel.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from datasets.errors import CheckpointError, ServeError
from datasets.spec import FloatArray, SynthSpec
from models.estimator.library import Library
from models.estimator.surrogate import Surrogate
from models.instrument.morph import wandered
from models.networks.protocols import LatentMap

NOTE = 60.0  # MIDI
FARTHEST_DB, LONGEST = 40.0, 6.0  # Largest distance of a fresh neighbour: in dB, and in z.
HALVINGS = 12  # Steps of the bisection. The error is then LONGEST / 4096.
Wander = Callable[[FloatArray], FloatArray]  # lengths of steps (N,) to presets (N, P)
Measure = Callable[[FloatArray], FloatArray]  # presets (N, P) to distances in dB (N,)


@dataclass(frozen=True)
class Neighbour:
    """Hold a preset near another one."""

    unit: FloatArray  # (P,)
    distance: float  # expected, dB
    name: str = ""  # of a training sound; empty for a preset without a name


def nearest_presets(
    spec: SynthSpec, library: Library, features: FloatArray, count: int
) -> list[Neighbour]:
    """Return the presets of a library that are nearest to given features.

    Args:
        spec: The synth.
        library: The library of presets.
        features: Features in the library's space, (K,).
        count: Number of presets.

    Returns:
        Different presets, the nearest first.
    """
    asked = count
    while True:
        asked = min(4 * asked, len(library))
        rows, distances = library.nearest(features, asked)
        found: dict[bytes, Neighbour] = {}
        for one, distance in zip(spec.snap(library.units(rows)), distances.tolist(), strict=True):
            found.setdefault(one.tobytes(), Neighbour(one, distance))
        if len(found) >= count or asked == len(library):
            return list(found.values())[:count]


def at_distance(
    wander: Wander, measure: Measure, distance: float, count: int, halvings: int = HALVINGS
) -> list[Neighbour]:
    """Find a preset at a distance in each of several directions, by bisection.

    Args:
        wander: Returns presets (N, P) that are steps of given lengths away, one in each direction.
        measure: Returns the distances of presets in dB.
        distance: Distance in dB, 0..FARTHEST_DB.
        count: Number of directions.
        halvings: Steps of the bisection.

    Returns:
        The presets with their distances. If a line ends before the distance, its end is used.

    Raises:
        ServeError: The distance is outside 0..FARTHEST_DB.
    """
    if not 0 <= distance <= FARTHEST_DB:
        raise ServeError(
            f"distance {distance} dB: outside 0..{FARTHEST_DB:g}. Give 0 to {FARTHEST_DB:g}"
        )
    near, far = np.zeros(count, np.float32), np.full(count, LONGEST, np.float32)
    for _ in range(halvings):
        middle = (near + far) / 2
        beyond = measure(wander(np.asarray(middle, np.float32))) > distance
        near, far = np.where(beyond, near, middle), np.where(beyond, middle, far)
    units = wander(np.asarray(near, np.float32))
    return [Neighbour(u, d) for u, d in zip(units, measure(units).tolist(), strict=True)]


class Neighbourhood:
    """Find sounds around any preset of one model."""

    def __init__(
        self, spec: SynthSpec, model: LatentMap, library: Library | None, surrogate: object
    ) -> None:
        """Keep the model's parts.

        Raises:
            CheckpointError: The model has no library or no surrogate.
        """
        if library is None or not isinstance(surrogate, Surrogate):
            raise CheckpointError(
                "the model has no library or no surrogate: run patchwright estimator"
            )
        self._spec, self._model, self._library, self._surrogate = spec, model, library, surrogate

    def known(self, unit: FloatArray, count: int) -> list[Neighbour]:
        """Return the presets of the library that sound most like one (P,), the nearest first.

        The library holds a preset at many notes, but each appears once here. ``unit`` is left out.

        Raises:
            SpecError: The preset does not fit the spec.
        """
        self._spec.to_native(unit)
        here, itself = self._features(unit[None])[0], self._spec.snap(unit)
        found = nearest_presets(self._spec, self._library, here, count + 1)
        return [one for one in found if not np.array_equal(one.unit, itself)][:count]

    def fresh(self, unit: FloatArray, distance: float, count: int, seed: int) -> list[Neighbour]:
        """Return new presets, each about ``distance`` dB from a given one.

        Each one is on a straight line through z, in a random direction. Bisection finds the point
        of the line that sounds ``distance`` dB away. If the line ends before that, its end is
        used. Stepped parameters do not change.

        Args:
            unit: The preset to start from, (P,).
            distance: Distance in dB, 0..FARTHEST_DB.
            count: Number of presets.
            seed: Seed of the directions.

        Returns:
            The presets with their expected distances.

        Raises:
            ServeError: The distance is outside 0..FARTHEST_DB, or the model has no preset there.
            SpecError: The preset does not fit the spec.
        """
        self._spec.to_native(unit)
        here = self._features(unit[None])
        return at_distance(
            lambda lengths: wandered(self._model, self._spec, unit, lengths, seed),
            lambda units: self._distances(here, self._features(units)),
            distance,
            count,
        )

    def _features(self, units: FloatArray) -> FloatArray:
        """Return the predicted features (N, K) of presets (N, P)."""
        note = torch.full((len(units),), NOTE)
        predicted = self._surrogate.tell(torch.from_numpy(np.asarray(units, np.float32)), note)
        return np.asarray(predicted.numpy(), np.float32)

    def _distances(self, a: FloatArray, b: FloatArray) -> FloatArray:
        """Return the distances of features in dB, RMS over the cells of the log-mel."""
        return np.asarray(np.sqrt(np.square(a - b).sum(1) / self._library.cells), np.float32)
