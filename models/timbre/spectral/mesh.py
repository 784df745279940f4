"""Sample the latent space on a mesh: which note classes come out (section V-A, table V)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch

from models.audio.spectra.chroma import note_classes, one_hot
from models.audio.spectra.stft import Float32, Float64
from models.timbre.spectral.network import SpectralNetwork

PART = 4096  # Points of a batch.


def mesh_points(
    length: int, low: Float32, high: Float32, most: int = 0, seed: int = 0
) -> Iterator[Float32]:
    """Yield the points of a mesh, in parts.

    Args:
        length: Points along each axis, the ends included.
        low: Lower end of each axis, (D,).
        high: Upper end of each axis, (D,).
        most: Points to draw from a larger mesh; 0 for all points.
        seed: Of the draw.

    Yields:
        Points, (at most PART, D).
    """
    total = length ** len(low)
    sides = np.linspace(low, high, length, dtype=np.float32)
    numbers = np.arange(total)
    if most and total > most:
        numbers = np.sort(np.random.default_rng(seed).choice(total, most, replace=False))
    for start in range(0, len(numbers), PART):
        part = numbers[start : start + PART]
        index = np.stack(np.unravel_index(part, (length,) * len(low)), axis=1)
        yield sides[index, np.arange(len(low))]


@torch.no_grad()
def mesh_accuracy(
    network: SpectralNetwork,
    length: int,
    ends: tuple[Float32, Float32],
    classes: Sequence[int],
    most: int = 0,
) -> Float64:
    """Return the share of mesh points whose frame has the conditioned note class.

    Args:
        network: The network, with the chroma at its bottleneck.
        length: Points along each axis: 350, 50 and 5 in the paper for 2, 3 and 8 dimensions.
        ends: Lower and upper end of each axis, (D,) each; 0 and 1 in the paper.
        classes: Note classes to condition on.
        most: Points to draw from a larger mesh; 0 for all points.

    Returns:
        A share for each class, (len(classes),).
    """
    right, total = np.zeros(len(classes)), 0
    for points in mesh_points(length, *ends, most):
        z = torch.from_numpy(points)
        total += len(points)
        for row, note_class in enumerate(classes):
            chroma = torch.from_numpy(one_hot(np.full(len(points), note_class)))
            frames = network.decode(z, chroma).numpy()
            # A frame without any magnitude has no class.
            is_right = (note_classes(frames) == note_class) & (frames.max(axis=1) > 0)
            right[row] += int(is_right.sum())
    return np.asarray(right / total, np.float64)


def occupied_share(latent: Float32, cells: int = 20) -> float:
    """Return how densely latent points fill their bounds: the share of cells with a point.

    Args:
        latent: Points, (N, D). With more than 2 dimensions, only the first two count.
        cells: Cells along each axis.

    Returns:
        The share, 0 to 1.
    """
    low, high = latent.min(axis=0), latent.max(axis=0)
    scaled = (latent[:, :2] - low[:2]) / np.maximum(high[:2] - low[:2], 1e-9)
    index = np.minimum((scaled * cells).astype(np.int64), cells - 1)
    filled = len(np.unique(index @ np.array([cells, 1])[: index.shape[1]]))
    return float(filled / cells ** index.shape[1])
