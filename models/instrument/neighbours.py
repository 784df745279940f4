"""Find presets that sound like a preset or a sound.

Told by the surrogate at middle C, so in milliseconds and without a render; distances are what it
expects, in dB, root mean square over the cells of the log-mel.
"""

from __future__ import annotations

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
FARTHEST_DB, LONGEST = 40.0, 6.0  # of a fresh neighbour: asked for in dB, tried for in z
HALVINGS = 12  # of the way to a fresh neighbour: then it is off by a four-thousandth of LONGEST


@dataclass(frozen=True)
class Neighbour:
    """A preset near another."""

    unit: FloatArray  # (P,)
    distance: float  # dB, expected


def nearest_presets(
    spec: SynthSpec, library: Library, features: FloatArray, count: int
) -> list[Neighbour]:
    """The presets of a library nearest to features (K,) of its space, nearest first, each once."""
    asked = count
    while True:
        asked = min(4 * asked, len(library))
        rows, distances = library.nearest(features, asked)
        found: dict[bytes, Neighbour] = {}
        for one, distance in zip(spec.snap(library.units(rows)), distances.tolist(), strict=True):
            found.setdefault(one.tobytes(), Neighbour(one, distance))
        if len(found) >= count or asked == len(library):
            return list(found.values())[:count]


class Neighbourhood:
    """The sounds around any preset of one model."""

    def __init__(
        self, spec: SynthSpec, model: LatentMap, library: Library | None, surrogate: object
    ) -> None:
        """Raises CheckpointError for a model without a library and a surrogate."""
        if library is None or not isinstance(surrogate, Surrogate):
            raise CheckpointError("the model has no neighbourhoods: run patchwright estimator")
        self._spec, self._model, self._library, self._surrogate = spec, model, library, surrogate

    def known(self, unit: FloatArray, count: int) -> list[Neighbour]:
        """The presets of the library that sound most like one (P,), the nearest first.

        Each once, though the library holds it at many notes; the preset itself is not among them.
        """
        self._spec.to_native(unit)
        here, itself = self._heard(unit[None])[0], self._spec.snap(unit)
        found = nearest_presets(self._spec, self._library, here, count + 1)
        return [one for one in found if not np.array_equal(one.unit, itself)][:count]

    def fresh(self, unit: FloatArray, distance: float, count: int, seed: int) -> list[Neighbour]:
        """Presets that nobody has made, each about ``distance`` dB from one (P,).

        Each lies on a straight way through z in a direction of its own, drawn by ``seed``, as far
        along as sounds ``distance`` dB away; where the way ends earlier, nearer. Stepped parameters
        stay. Raises ServeError for a distance outside 0..FARTHEST_DB.
        """
        if not 0 <= distance <= FARTHEST_DB:
            raise ServeError(f"{distance} dB away: give 0 to {FARTHEST_DB:g}")
        self._spec.to_native(unit)
        near, far = np.zeros(count), np.full(count, LONGEST)
        here = self._heard(unit[None])
        for _ in range(HALVINGS):
            middle = (near + far) / 2
            units = wandered(self._model, self._spec, unit, middle, seed)
            beyond = self._apart(here, self._heard(units)) > distance
            near, far = np.where(beyond, near, middle), np.where(beyond, middle, far)
        units = wandered(self._model, self._spec, unit, near, seed)
        distances = self._apart(here, self._heard(units)).tolist()
        return [Neighbour(u, d) for u, d in zip(units, distances, strict=True)]

    def _heard(self, units: FloatArray) -> FloatArray:
        """Features (N, K) of presets (N, P)."""
        note = torch.full((len(units),), NOTE)
        told = self._surrogate.tell(torch.from_numpy(np.asarray(units, np.float32)), note)
        return np.asarray(told.numpy(), np.float32)

    def _apart(self, a: FloatArray, b: FloatArray) -> FloatArray:
        return np.asarray(np.sqrt(np.square(a - b).sum(1) / self._library.cells), np.float32)
