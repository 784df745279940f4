"""Adapt a knob's travel to the sound, so that equal turns make equal changes of sound.

Along an axis of z, a synth may not change for half of the range and then jump within a hundredth
of it. The surrogate predicts the sound along the range. Each part of the range gets as much of the
knob's travel as the sound changes there. A share ``EVEN`` of the travel is spread evenly, because
the surrogate makes errors. The default position does not move; each side of it is adapted alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from datasets.spec import FloatArray

POINTS = 65  # along the range, ends included
EVEN = 0.3


@dataclass(frozen=True)
class KnobTaper:
    """Map a knob's position 0..1 to the share 0..1 of its range; both rise together."""

    positions: FloatArray  # (n,) rising from 0 to 1
    shares: FloatArray  # (n,) rising from 0 to 1

    def share(self, position: float) -> float:
        """Return the share of the range at a position."""
        return float(np.interp(position, self.positions, self.shares))


def points(rest: float) -> FloatArray:
    """Return the shares to predict the sound at: POINTS of them, and the default position."""
    return np.unique(np.append(np.linspace(0, 1, POINTS, dtype=np.float32), np.float32(rest)))


def laid_out(shares: FloatArray, features: FloatArray, rest: float) -> KnobTaper:
    """Return the taper of a knob.

    Args:
        shares: Shares of the range, rising from 0 to 1, shape (n,).
        features: Predicted features at these shares, shape (n, K).
        rest: Default position of the knob; one of the shares.

    Returns:
        The taper; it maps 0, ``rest`` and 1 to themselves.
    """
    changes = np.sqrt(np.square(np.diff(features, axis=0)).sum(1))
    positions = np.empty(len(shares))
    at = int(np.searchsorted(shares, rest))
    for side in (slice(0, at), slice(at, len(changes))):
        start, widths = shares[side.start], np.diff(shares[side.start : side.stop + 1])
        length, change = widths.sum(), changes[side]
        if length == 0:
            continue
        even = widths / length
        density = EVEN * even + (1 - EVEN) * change / change.sum() if change.any() else even
        positions[side.start : side.stop + 1] = start + length * np.append(0, np.cumsum(density))
    positions[[0, at, -1]] = shares[[0, at, -1]]
    return KnobTaper(positions.astype(np.float32), shares)
