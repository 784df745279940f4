"""A Gaussian process over the surrogate's errors, learned from the candidates rendered so far.

A surrogate's errors are alike among relatives. Between the presets whose errors are known, a
Gaussian process (Rasmussen and Williams, "Gaussian processes for machine learning", 2006, section
2.2; one kernel for all components) tells the error of any other, and how sure that is:

    features(preset) ~ surrogate(preset) + error told from relatives

Two presets are relatives when the surrogate hears them alike and when their parameters are.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from datasets.spec import FloatArray

# How fast errors part company as sounds do: the share of a small move's square that the surrogate
# gets wrong (see docs/research-notes/2026-11-21-surrogate-search.md).
DOUBT = 0.6
REACH = 2.5  # distance of unit vectors at which errors have parted as far as by sound
MOST = 256  # presets that are remembered, the last ones: the cost grows with their cube
VERDICT_NOISE = 0.05  # share of the verdicts' variance that no relative shares
FEWEST = 4  # verdicts before they count


class ResidualGP:
    """A surrogate's errors around one target."""

    def __init__(self, components: int, parameters: int) -> None:
        self._told = np.zeros((0, components), np.float32)  # dB, by the surrogate
        self._unit = np.zeros((0, parameters), np.float32)
        self._wrong = np.zeros((0, components), np.float32)  # dB, heard - told
        self._noise = np.zeros(0, np.float32)  # share of the errors' variance

    def learn(self, told: FloatArray, unit: FloatArray, wrong: FloatArray, noise: float) -> None:
        """Presets (N, P) that were heard ``wrong`` (N, K) dB off what the surrogate told (N, K).

        ``noise`` is the share of the errors' variance that is not the presets' own.
        """
        added = np.full(len(told), noise, np.float32)
        self._told = np.concatenate([self._told, told])[-MOST:]
        self._unit = np.concatenate([self._unit, unit])[-MOST:]
        self._wrong = np.concatenate([self._wrong, wrong])[-MOST:]
        self._noise = np.concatenate([self._noise, added])[-MOST:]
        for name in ("_variance", "_inverse"):
            self.__dict__.pop(name, None)

    def wrong(self, told: FloatArray, unit: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The error (N, K) to expect of presets (N, P), and its variance (N,), dB squared."""
        if not len(self._told):
            return np.zeros_like(told), np.zeros(len(told), np.float32)
        alike = self.alike(told, unit, self._told, self._unit)
        share = alike @ self._inverse
        left = np.clip(1 - (share * alike).sum(1), 0, 1)
        wrong = np.asarray(share @ self._wrong, np.float32)
        return wrong, np.asarray(self._variance * left, np.float32)

    @cached_property
    def _variance(self) -> float:
        """Mean square of an error, dB squared over all components."""
        return float(np.square(self._wrong).sum(1).mean())

    @cached_property
    def _inverse(self) -> FloatArray:
        alike = self.alike(self._told, self._unit, self._told, self._unit)
        return np.asarray(np.linalg.inv(alike + np.diag(self._noise)), np.float32)

    def alike(
        self, told: FloatArray, unit: FloatArray, others: FloatArray, units: FloatArray
    ) -> FloatArray:
        """Correlation (N, M) of the errors of two lots of presets."""
        apart = _squares(told, others) * (DOUBT / max(self._variance, 1e-6))
        apart += _squares(unit, units) / REACH**2
        return np.asarray(np.exp(-apart / 2), np.float32)


class Verdicts:
    """How far the judge's distances lie from those of the features, told from what was judged.

    Features miss what the judge hears (absolute pitch, the finest and the coarsest scale), most of
    all of sounds that no preset reaches. Relatives are missed alike, by the same process.
    """

    def __init__(self, residual_gp: ResidualGP) -> None:
        self._residual_gp = residual_gp
        self._heard: tuple[FloatArray, ...] = ()  # told, unit, distance, judged

    def learn(
        self, told: FloatArray, unit: FloatArray, distance: FloatArray, judged: Sequence[float]
    ) -> None:
        """Presets (N, P) whose features lie at ``distance`` (N,), and what the judge said (N,)."""
        new = told, unit, distance, np.array(judged, np.float32)
        pairs = zip(self._heard, new, strict=True) if self._heard else ((a[:0], a) for a in new)
        self._heard = tuple(np.concatenate(pair)[-MOST:] for pair in pairs)

    def expected(self, told: FloatArray, unit: FloatArray, distance: FloatArray) -> FloatArray:
        """What the judge will say (N,) of presets whose features lie at ``distance`` (N,)."""
        if not self._heard or len(self._heard[0]) < FEWEST:
            return distance
        *others, features, judged = self._heard
        scale = judged.mean() / max(float(features.mean()), 1e-6)
        alike = self._residual_gp.alike(*others, *others)
        alike += VERDICT_NOISE * np.eye(len(judged), dtype=np.float32)
        weights = np.linalg.solve(alike, judged - scale * features)
        missed = self._residual_gp.alike(told, unit, *others) @ weights
        return np.asarray(np.maximum(scale * distance + missed, 0), np.float32)


def _squares(a: FloatArray, b: FloatArray) -> FloatArray:
    """Squared Euclidean distances (N, M) of rows."""
    squares = np.square(a).sum(1)[:, None] + np.square(b).sum(1) - 2 * a @ b.T
    return np.asarray(np.maximum(squares, 0), np.float32)
