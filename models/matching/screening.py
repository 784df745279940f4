"""Screen candidates with the corrected surrogate before they are rendered.

The surrogate predicts the features of a preset. Its errors on similar presets correct the
prediction (``models.matching.residual_gp``). The remaining uncertainty counts as distance. Without
that, the search would go where the surrogate errs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from datasets.spec import FloatArray, SynthSpec
from models.estimator.library import Library
from models.estimator.local_steps import PROBE, LocalSteps
from models.estimator.surrogate import Surrogate
from models.matching.residual_gp import ResidualGP, Verdicts

ELSEWHERE = 0.1  # Noise share of a preset that was rendered at another note.
RENDERED = 1e-3  # Noise share of a preset rendered for this target. It keeps the inverse stable.
CAUTION = 0.3  # Weight of the uncertainty. A higher one keeps a search near rendered presets.


@dataclass(frozen=True)
class ScreenedPreset:
    """Hold a preset that may have children, and its distance in dB."""

    unit: FloatArray  # (P,)
    distance: float


class SurrogateScreen:
    """Predict distances to one target with the surrogate."""

    def __init__(self, surrogate: Surrogate, library: Library, mel: FloatArray, note: int) -> None:
        self._surrogate, self._library, self.note = surrogate, library, note
        self._target, self.cells = library.project(mel), mel.size
        self._residual_gp = ResidualGP(len(self._target), library.unit.shape[1])
        self._verdicts = Verdicts(self._residual_gp)

    def predict(self, units: FloatArray, notes: FloatArray | None = None) -> FloatArray:
        """Return features (N, K) in dB of presets (N, P).

        ``notes`` (N,) are MIDI; the default is the target's note.
        """
        if notes is None:
            notes = np.full(len(units), self.note, np.float32)
        unit, note = (torch.from_numpy(np.asarray(a, np.float32)) for a in (units, notes))
        features = self._surrogate.tell(unit, note)
        return np.asarray(features.numpy(), np.float32)

    def distances(self, units: FloatArray) -> FloatArray:
        """Return the expected distance (N,) of presets (N, P) in dB.

        It is J after enough renders. Before, it is the RMS over the cells of the log-mel.
        """
        return self._judge(units, self.predict(units))

    def hear(
        self,
        units: FloatArray,
        mels: npt.NDArray[np.floating[Any]],
        judged: Sequence[float],
    ) -> tuple[FloatArray, FloatArray]:
        """Learn from presets rendered for this target.

        Args:
            units: Presets, shape (N, P).
            mels: Their log-mels, dB, shape (N, bands, frames).
            judged: J to the target, dB, N values.

        Returns:
            Their features as the surrogate predicts them, and as measured, dB, (N, K) each.
        """
        predicted = self.predict(units)
        measured = self._library.project(mels.astype(np.float32))
        self._residual_gp.learn(predicted, units, measured - predicted, RENDERED)
        distances = np.sqrt(np.square(measured - self._target).sum(1) / self.cells)
        self._verdicts.learn(predicted, units, distances, judged)
        return predicted, measured

    def local_steps(self, spec: SynthSpec, free: Sequence[int], start: FloatArray) -> LocalSteps:
        """Return the search near a player's own patch for this target.

        Args:
            spec: The spec on the patch.
            free: Positions of the parameters that may move.
            start: The patch, (P,).

        Returns:
            A search that first probes the parameters with the largest predicted effect.
        """
        moved = np.repeat(start[None], len(start), 0)
        moved[np.diag_indices(len(start))] += np.where(start < 0.5, PROBE, -PROBE)
        effects = np.square(self.predict(moved) - self.predict(start[None])).sum(1)
        return LocalSteps(spec, start, free, self._target, effects)

    def shelf(self, rows: npt.NDArray[np.int64], units: FloatArray) -> list[ScreenedPreset]:
        """Return presets (N, P) that were not rendered for this target, the most promising first.

        The screen first learns from ``rows`` of the library. Each has its own note.
        """
        theirs, notes = self._library.units(rows), self._library.note[rows].astype(np.float32)
        here = np.full(len(rows) + len(units), self.note, np.float32)
        predicted = self.predict(np.concatenate([theirs, theirs, units]), np.append(notes, here))
        there, here, new = np.split(predicted, [len(rows), 2 * len(rows)])
        self._residual_gp.learn(here, theirs, self._library.features(rows) - there, ELSEWHERE)
        known = map(ScreenedPreset, units, self._judge(units, new).tolist())
        return sorted(known, key=lambda one: one.distance)

    def _judge(self, units: FloatArray, predicted: FloatArray) -> FloatArray:
        """Return the expected distance (N,) in dB of presets with predicted features (N, K)."""
        wrong, doubt = self._residual_gp.wrong(predicted, units)
        squares = np.square(predicted + wrong - self._target).sum(1) + CAUTION * doubt
        distances = np.asarray(np.sqrt(squares / self.cells), np.float32)
        return self._verdicts.expected(predicted, units, distances)
