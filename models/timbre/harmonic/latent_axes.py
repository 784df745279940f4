"""Turn the latent space of a network into axes: rotated, ordered by effect, with bounds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.timbre.latent import Axis

Float32 = npt.NDArray[np.float32]

LOW, HIGH = 0.02, 0.98  # Quantiles of the training frames at the ends of an axis.
NARROWEST = 0.02  # Smallest range of an axis, relative to the widest.


@dataclass(frozen=True)
class LatentAxes:
    """Map latent points of a network to positions and back.

    Attributes:
        rotation: Orthogonal matrix from positions to latent points, (D, D).
        centre: Latent point of the position 0: the mean of the training frames, (D,).
        low: Lower end of each axis, (D,).
        high: Upper end of each axis, (D,).
    """

    rotation: Float32
    centre: Float32
    low: Float32
    high: Float32

    def to_positions(self, latent: Float32) -> Float32:
        """Return the positions (N, D) of latent points (N, D)."""
        return np.asarray((latent - self.centre) @ self.rotation, np.float32)

    def to_latent(self, positions: Float32) -> Float32:
        """Return the latent points (N, D) of positions (N, D)."""
        return np.asarray(positions @ self.rotation.T + self.centre, np.float32)

    def described(self) -> tuple[Axis, ...]:
        """Return the axes with their names and ends."""
        ends = zip(self.low.tolist(), self.high.tolist(), strict=True)
        return tuple(Axis(f"timbre {n}", *both) for n, both in enumerate(ends, 1))


def find_axes(latent: Float32, effect: Callable[[Float32], Float32]) -> LatentAxes:
    """Find the axes of a latent space.

    Args:
        latent: Latent points of the training frames, (N, D).
        effect: Returns the envelopes in dB (M, inputs) of latent points (M, D).

    Returns:
        The principal axes, the one with the largest effect on the envelope first.
    """
    centre = latent.mean(axis=0)
    _, vectors = np.linalg.eigh(np.cov((latent - centre).T.reshape(latent.shape[1], -1)))
    vectors = np.asarray(vectors, np.float32)
    positions = (latent - centre) @ vectors
    low, high = np.quantile(positions, (LOW, HIGH), axis=0).astype(np.float32)
    ends = [centre + vectors[:, i] * end[i] for i in range(len(low)) for end in (low, high)]
    envelopes = effect(np.stack(ends).astype(np.float32))
    changes = np.sqrt(((envelopes[1::2] - envelopes[::2]) ** 2).sum(axis=1))
    order = np.argsort(-changes)
    # The sign of an eigenvector is arbitrary: the largest component is positive.
    vectors = vectors[:, order]
    largest = np.abs(vectors).argmax(axis=0)
    vectors = vectors * np.sign(vectors[largest, np.arange(len(order))])
    low, high = _ends((latent - centre) @ vectors)
    return LatentAxes(np.ascontiguousarray(vectors), centre, low, high)


def _ends(positions: Float32) -> tuple[Float32, Float32]:
    """Return the ends of the axes, (D,) each, with a range above 0."""
    low, high = np.quantile(positions, (LOW, HIGH), axis=0).astype(np.float32)
    least = NARROWEST * max(float((high - low).max()), 1e-3)
    missing = np.maximum(least - (high - low), 0.0) / 2
    return (low - missing).astype(np.float32), (high + missing).astype(np.float32)
