"""Screen candidates with the corrected surrogate before they are rendered.

What the surrogate tells of a preset is corrected by its errors about relatives
(``models.matching.residual_gp``); what may still be wrong with it counts as distance, for a search
that believes a surrogate too readily goes where it errs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from datasets.spec import FloatArray
from models.estimator.library import Library
from models.estimator.surrogate import Surrogate
from models.matching.residual_gp import ResidualGP, Verdicts

ELSEWHERE = 0.1  # share of an error's variance that is due to the note it was heard at
HEARD = 1e-3  # the same for what was played for this target: keeps the arithmetic stable
CAUTION = 0.3  # weight of what may be wrong: a search that doubts more stays near what it heard


@dataclass(frozen=True)
class ScreenedPreset:
    """A preset that may have children, and its distance in dB."""

    unit: FloatArray  # (P,)
    distance: float


class SurrogateScreen:
    """One target as the surrogate sees it."""

    def __init__(self, surrogate: Surrogate, library: Library, mel: FloatArray, note: int) -> None:
        self._surrogate, self._library, self.note = surrogate, library, note
        self._target, self._cells = library.project(mel), mel.size
        self._residual_gp = ResidualGP(len(self._target), library.unit.shape[1])
        self._verdicts = Verdicts(self._residual_gp)

    def predict(self, units: FloatArray, notes: FloatArray | None = None) -> FloatArray:
        """Features (N, K) of presets (N, P), at the target's note unless others are given."""
        if notes is None:
            notes = np.full(len(units), self.note, np.float32)
        unit, note = (torch.from_numpy(np.asarray(a, np.float32)) for a in (units, notes))
        features = self._surrogate.tell(unit, note)
        return np.asarray(features.numpy(), np.float32)

    def distances(self, units: FloatArray) -> FloatArray:
        """Expected distance (N,) of presets (N, P), dB: J once enough was heard, until then the RMS
        over the cells of the log-mel."""
        return self._judge(units, self.predict(units))

    def hear(
        self,
        units: FloatArray,
        mels: npt.NDArray[np.floating[Any]],
        judged: Sequence[float],
    ) -> None:
        """Learn from presets (N, P) played for this target: log-mels, and J to it in dB (N,)."""
        told = self.predict(units)
        heard = self._library.project(mels.astype(np.float32))
        self._residual_gp.learn(told, units, heard - told, HEARD)
        distances = np.sqrt(np.square(heard - self._target).sum(1) / self._cells)
        self._verdicts.learn(told, units, distances, judged)

    def shelf(self, rows: npt.NDArray[np.int64], units: FloatArray) -> list[ScreenedPreset]:
        """Presets (N, P) that were not played for this target, the most promising first.

        Learns first from ``rows`` of the library, which were played at notes of their own.
        """
        theirs, notes = self._library.units(rows), self._library.note[rows].astype(np.float32)
        here = np.full(len(rows) + len(units), self.note, np.float32)
        told = self.predict(np.concatenate([theirs, theirs, units]), np.append(notes, here))
        there, here, new = np.split(told, [len(rows), 2 * len(rows)])
        self._residual_gp.learn(here, theirs, self._library.features(rows) - there, ELSEWHERE)
        known = map(ScreenedPreset, units, self._judge(units, new).tolist())
        return sorted(known, key=lambda one: one.distance)

    def _judge(self, units: FloatArray, told: FloatArray) -> FloatArray:
        wrong, doubt = self._residual_gp.wrong(told, units)
        squares = np.square(told + wrong - self._target).sum(1) + CAUTION * doubt
        distances = np.asarray(np.sqrt(squares / self._cells), np.float32)
        return self._verdicts.expected(told, units, distances)
