"""Spread a knob's range so that equal turns make equal changes of sound.

Along an axis of z a synth may stand still for half the way and leap in a hundredth of it. The way
is played through the forward surrogate, and each stretch gets as much of the knob's travel as is
heard to change there, with ``EVEN`` of all travel spread evenly: the surrogate is no oracle. The
place of rest stays where it is; each side of it is laid out on its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from datasets.spec import FloatArray

POINTS = 65  # along the way, its ends among them
EVEN = 0.3


@dataclass(frozen=True)
class KnobTaper:
    """From a knob's position 0..1 to the share 0..1 of its way; both rise together."""

    positions: FloatArray  # (n,) rising from 0 to 1
    shares: FloatArray  # (n,) rising from 0 to 1

    def share(self, position: float) -> float:
        """How far along the axis a position is."""
        return float(np.interp(position, self.positions, self.shares))


def points(rest: float) -> FloatArray:
    """Shares at which the way is listened to: POINTS of them, and the place of rest."""
    return np.unique(np.append(np.linspace(0, 1, POINTS, dtype=np.float32), np.float32(rest)))


def laid_out(shares: FloatArray, features: FloatArray, rest: float) -> KnobTaper:
    """The travel of a knob heard as ``features`` (n, K) at ``shares`` (n,), ``rest`` among them."""
    heard = np.sqrt(np.square(np.diff(features, axis=0)).sum(1))
    positions = np.empty(len(shares))
    at = int(np.searchsorted(shares, rest))
    for side in (slice(0, at), slice(at, len(heard))):
        start, way = shares[side.start], np.diff(shares[side.start : side.stop + 1])
        length, change = way.sum(), heard[side]
        if length == 0:
            continue
        even = way / length
        density = EVEN * even + (1 - EVEN) * change / change.sum() if change.any() else even
        positions[side.start : side.stop + 1] = start + length * np.append(0, np.cumsum(density))
    positions[[0, at, -1]] = shares[[0, at, -1]]
    return KnobTaper(positions.astype(np.float32), shares)
