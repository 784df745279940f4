"""Learn the surrogate's errors from the candidates rendered so far, with a Gaussian process.

A surrogate makes similar errors on similar presets. The Gaussian process knows the errors of the
rendered presets. From them it predicts the error of any other preset, and the variance of that
prediction (Rasmussen and Williams, "Gaussian processes for machine learning", 2006, section 2.2;
one kernel for all components):

    features(preset) ~ surrogate(preset) + error predicted from similar presets

Two presets are similar when the surrogate predicts similar features and their parameters are close.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from datasets.spec import FloatArray

# Share of a small move's square that the surrogate gets wrong (see
# docs/research-notes/2026-11-21-surrogate-search.md). It sets how fast the correlation of two
# errors falls with the distance of their predicted features.
DOUBT = 0.6
REACH = 2.5  # Length scale of the kernel over unit vectors (Euclidean distance).
MOST = 256  # Presets to remember, the latest ones. The cost grows with their cube.
VERDICT_NOISE = 0.05  # Noise on the diagonal of the kernel of J's offsets.
FEWEST = 4  # Values of J before the correction starts.


class ResidualGP:
    """Predict a surrogate's errors around one target."""

    def __init__(self, components: int, parameters: int) -> None:
        self._predicted = np.zeros((0, components), np.float32)  # dB, from the surrogate
        self._unit = np.zeros((0, parameters), np.float32)
        self._wrong = np.zeros((0, components), np.float32)  # dB, measured - predicted
        self._noise = np.zeros(0, np.float32)  # share of the errors' variance

    def learn(
        self, predicted: FloatArray, unit: FloatArray, wrong: FloatArray, noise: float
    ) -> None:
        """Learn the measured errors of some presets.

        Args:
            predicted: Features that the surrogate predicted, dB, shape (N, K).
            unit: Presets, shape (N, P).
            wrong: Measured minus predicted features, dB, shape (N, K).
            noise: Share of the errors' variance that says nothing about other presets.
        """
        added = np.full(len(predicted), noise, np.float32)
        self._predicted = np.concatenate([self._predicted, predicted])[-MOST:]
        self._unit = np.concatenate([self._unit, unit])[-MOST:]
        self._wrong = np.concatenate([self._wrong, wrong])[-MOST:]
        self._noise = np.concatenate([self._noise, added])[-MOST:]
        for name in ("_variance", "_inverse"):
            self.__dict__.pop(name, None)

    def wrong(self, predicted: FloatArray, unit: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the expected error (N, K) in dB of presets, and its variance (N,) in dB squared.

        ``predicted`` (N, K) are the surrogate's features of the presets ``unit`` (N, P).
        """
        if not len(self._predicted):
            return np.zeros_like(predicted), np.zeros(len(predicted), np.float32)
        alike = self.alike(predicted, unit, self._predicted, self._unit)
        share = alike @ self._inverse
        left = np.clip(1 - (share * alike).sum(1), 0, 1)
        wrong = np.asarray(share @ self._wrong, np.float32)
        return wrong, np.asarray(self._variance * left, np.float32)

    @cached_property
    def _variance(self) -> float:
        """Return the mean square of an error, dB squared, summed over all components."""
        return float(np.square(self._wrong).sum(1).mean())

    @cached_property
    def _inverse(self) -> FloatArray:
        """Return the inverse of the kernel matrix with its noise, shape (N, N)."""
        alike = self.alike(self._predicted, self._unit, self._predicted, self._unit)
        return np.asarray(np.linalg.inv(alike + np.diag(self._noise)), np.float32)

    def alike(
        self, predicted: FloatArray, unit: FloatArray, others: FloatArray, units: FloatArray
    ) -> FloatArray:
        """Return the correlation of the errors of two groups of presets.

        Args:
            predicted: The surrogate's features of the first group, dB, shape (N, K).
            unit: Presets of the first group, shape (N, P).
            others: Features of the second group, dB, shape (M, K).
            units: Presets of the second group, shape (M, P).

        Returns:
            Values in 0..1, shape (N, M).
        """
        distance = _squares(predicted, others) * (DOUBT / max(self._variance, 1e-6))
        distance += _squares(unit, units) / REACH**2
        return np.asarray(np.exp(-distance / 2), np.float32)


class Verdicts:
    """Predict J from the distance of the features.

    J measures more than the features do: absolute pitch, and the finest and the coarsest scale. The
    difference is largest for sounds that no preset reaches. Similar presets have similar
    differences, so the kernel of ``ResidualGP`` predicts them.
    """

    def __init__(self, residual_gp: ResidualGP) -> None:
        self._residual_gp = residual_gp
        self._known: tuple[FloatArray, ...] = ()  # predicted, unit, distance, judged

    def learn(
        self, predicted: FloatArray, unit: FloatArray, distance: FloatArray, judged: Sequence[float]
    ) -> None:
        """Learn the J of some rendered presets.

        Args:
            predicted: The surrogate's features, dB, shape (N, K).
            unit: Presets, shape (N, P).
            distance: Distance of the measured features to the target, dB, shape (N,).
            judged: J to the target, dB, N values.
        """
        new = predicted, unit, distance, np.array(judged, np.float32)
        pairs = zip(self._known, new, strict=True) if self._known else ((a[:0], a) for a in new)
        self._known = tuple(np.concatenate(pair)[-MOST:] for pair in pairs)

    def expected(self, predicted: FloatArray, unit: FloatArray, distance: FloatArray) -> FloatArray:
        """Return the J to expect of some presets.

        Args:
            predicted: The surrogate's features, dB, shape (N, K).
            unit: Presets, shape (N, P).
            distance: Expected distance of their features to the target, dB, shape (N,).

        Returns:
            J in dB, shape (N,). With fewer than 4 known values it is ``distance``.
        """
        if not self._known or len(self._known[0]) < FEWEST:
            return distance
        *others, features, judged = self._known
        scale = judged.mean() / max(float(features.mean()), 1e-6)
        alike = self._residual_gp.alike(*others, *others)
        alike += VERDICT_NOISE * np.eye(len(judged), dtype=np.float32)
        weights = np.linalg.solve(alike, judged - scale * features)
        missed = self._residual_gp.alike(predicted, unit, *others) @ weights
        return np.asarray(np.maximum(scale * distance + missed, 0), np.float32)


def _squares(a: FloatArray, b: FloatArray) -> FloatArray:
    """Return the squared Euclidean distances (N, M) of rows."""
    squares = np.square(a).sum(1)[:, None] + np.square(b).sum(1) - 2 * a @ b.T
    return np.asarray(np.maximum(squares, 0), np.float32)
