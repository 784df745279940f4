"""Candidates judged before they are rendered: a surrogate, put right by a relative that was heard.

The surrogate's errors are alike among relatives, so what it says of a child is moved by what it got
wrong about the preset the child was made of:

    features(child) ~ surrogate(child) + (features(parent), rendered - surrogate(parent))
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from datasets.spec import FloatArray
from models.library import Library
from models.surrogate import Surrogate


@dataclass(frozen=True)
class Known:
    """A preset that may have children: it was rendered, for the target or for the library."""

    unit: FloatArray  # (P,)
    distance: float  # dB, by which parents are ranked
    surprise: FloatArray  # (K,) what the surrogate got wrong about it


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

    def distances(self, units: FloatArray, surprises: FloatArray) -> FloatArray:
        """Expected distance (N,) of children, dB RMS over log-mel cells, given their parents'."""
        off = self.predict(units) + surprises - self._target
        return np.asarray(np.sqrt(np.square(off).sum(1) / self._cells), np.float32)

    def heard(self, unit: FloatArray, distance: float, mel: npt.NDArray[np.floating[Any]]) -> Known:
        """A preset that was rendered for this target, with its log-mel."""
        surprise = self._library.project(mel.astype(np.float32)) - self.predict(unit[None])[0]
        return Known(unit, distance, surprise)

    def shelf(self, units: FloatArray, rows: npt.NDArray[np.int64]) -> list[Known]:
        """Presets (N, P) that were not played for this target, the most promising first.

        The first come from the library's ``rows``, and bring along what the surrogate gets wrong
        about those, which were rendered at their own notes; of the others nothing is known.
        """
        notes = self._library.note[rows].astype(np.float32)
        surprises = np.zeros((len(units), len(self._target)), np.float32)
        predicted = self.predict(self._library.units(rows), notes)
        surprises[: len(rows)] = self._library.features(rows) - predicted
        expected = self.distances(units, surprises)
        known = zip(units, expected, surprises, strict=True)
        return sorted((Known(u, float(d), s) for u, d, s in known), key=lambda one: one.distance)
