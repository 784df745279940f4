"""Define the latent space of a timbre model: its axes, and positions on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from datasets.errors import SpecError

Float32 = npt.NDArray[np.float32]
UNLEARNED = "not learned"  # Mark in the label of a step, in brackets after its name.


@dataclass(frozen=True)
class Axis:
    """Describe one axis of a latent space.

    Attributes:
        name: Name of the axis.
        low: Coordinate at knob position 0: a low percentile of the training data.
        high: Coordinate at knob position 1: a high percentile of the training data.
        labels: Name of each step of an axis with steps, from its low to its high end; empty for a
            continuous axis.
    """

    name: str
    low: float
    high: float
    labels: tuple[str, ...] = ()

    @property
    def rest(self) -> float:
        """Return the default knob position: the middle, or the first step of an axis with steps."""
        return 0.0 if self.labels else 0.5

    def at(self, knob: float) -> float:
        """Return the coordinate of a knob position, 0 to 1."""
        return self.low + (self.high - self.low) * knob

    def knob(self, coordinate: float) -> float:
        """Return the knob position of a coordinate; outside 0..1 beyond the axis's range."""
        return (coordinate - self.low) / (self.high - self.low)


@dataclass(frozen=True)
class LatentPosition:
    """Hold a point of a latent space: one coordinate for each axis of its model.

    Attributes:
        values: The coordinates, in the order of the axes.
    """

    values: tuple[float, ...]

    @classmethod
    def of(cls, values: npt.ArrayLike) -> LatentPosition:
        """Return the position of an array (D,)."""
        return cls(tuple(float(value) for value in np.asarray(values, np.float64)))

    def array(self) -> Float32:
        """Return the coordinates as an array, (D,)."""
        return np.array(self.values, np.float32)


def position_of_knobs(axes: Sequence[Axis], knobs: Sequence[float]) -> LatentPosition:
    """Return the position of knobs 0..1; axes without a knob are at rest: usually the middle."""
    padded = [*knobs, *[axis.rest for axis in axes[len(knobs) :]]]
    return LatentPosition(tuple(axis.at(knob) for axis, knob in zip(axes, padded, strict=True)))


def check_position(axes: Sequence[Axis], position: LatentPosition) -> Float32:
    """Return the coordinates of a position, (D,), after a check.

    Raises:
        SpecError: The position has another size, or a coordinate is not finite.
    """
    values = position.array()
    if len(values) != len(axes):
        raise SpecError(f"position with {len(values)} coordinates: give {len(axes)}, one per axis")
    if not np.isfinite(values).all():
        raise SpecError(f"position {position.values}: give finite coordinates")
    return values
