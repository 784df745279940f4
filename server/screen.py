"""Candidates judged before they are rendered: a surrogate, put right by a relative that was heard.

The surrogate's errors are alike among relatives, so it is only asked for differences from a preset
that was rendered, the child's ancestor:

    features(child) ~ features(ancestor), rendered + surrogate(child) - surrogate(ancestor)

and the further it says that a child has moved, the less it is believed: the expected square of its
distance grows by ``DOUBT`` times the square of the move.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from datasets.spec import FloatArray
from models.library import Library
from models.surrogate import Surrogate

DOUBT = 0.6  # share of a move's variance that the surrogate gets wrong


@dataclass(frozen=True)
class Known:
    """A preset that may have children."""

    unit: FloatArray  # (P,)
    distance: float  # dB, by which ancestors are ranked
    features: FloatArray  # (K,) dB, as it was rendered; the surrogate's if nobody rendered it
    predicted: FloatArray  # (K,) dB, the surrogate's at the target's note
    doubt: float = 0.0  # dB squared, over all components: how wrong ``features`` may be


class Screen:
    """One target as the surrogate sees it."""

    def __init__(self, surrogate: Surrogate, library: Library, mel: FloatArray, note: int) -> None:
        self._surrogate, self._library, self.note = surrogate, library, note
        self._target, self._cells = library.project(mel), mel.size

    @torch.no_grad()
    def predict(self, units: FloatArray, notes: FloatArray | None = None) -> FloatArray:
        """Features (N, K) of presets (N, P), at the target's note unless others are given."""
        if notes is None:
            notes = np.full(len(units), self.note, np.float32)
        features, _ = self._surrogate(
            torch.from_numpy(np.asarray(units, np.float32)),
            torch.from_numpy(np.asarray(notes, np.float32)),
        )
        return np.asarray(features.numpy(), np.float32)

    def distances(self, units: FloatArray, ancestors: Sequence[Known]) -> FloatArray:
        """Expected distance (N,) of presets (N, P): dB, RMS over the cells of the log-mel."""
        moves = self.predict(units) - np.stack([one.predicted for one in ancestors])
        off = np.stack([one.features for one in ancestors]) + moves - self._target
        doubts = DOUBT * np.square(moves).sum(1) + [one.doubt for one in ancestors]
        return np.asarray(np.sqrt((np.square(off).sum(1) + doubts) / self._cells), np.float32)

    def heard(self, unit: FloatArray, distance: float, mel: npt.NDArray[np.floating[Any]]) -> Known:
        """A preset that was rendered for this target, with its log-mel."""
        features = self._library.project(mel.astype(np.float32))
        return Known(unit, distance, features, self.predict(unit[None])[0])

    def shelf(self, units: FloatArray, rows: npt.NDArray[np.int64]) -> list[Known]:
        """Presets (N, P) that were not played for this target, the most promising first.

        The first come from the library's ``rows``, and bring along what the surrogate gets wrong
        about those, which were rendered at their own notes; the others nobody has rendered.
        """
        predicted = self.predict(units)
        features, notes = predicted.copy(), self._library.note[rows].astype(np.float32)
        wrong = self._library.features(rows) - self.predict(self._library.units(rows), notes)
        features[: len(rows)] += wrong
        doubts = np.full(len(units), np.square(wrong).sum(1).mean())
        doubts[: len(rows)] = 0
        known = [
            Known(unit, 0.0, heard, told, float(doubt))
            for unit, heard, told, doubt in zip(units, features, predicted, doubts, strict=True)
        ]
        expected = self.distances(units, known).tolist()
        ranked = [replace(one, distance=d) for one, d in zip(known, expected, strict=True)]
        return sorted(ranked, key=lambda one: one.distance)
