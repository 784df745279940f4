"""Rate an answer in words, and estimate the gain of more renders.

Distances are J in dB (see ``models.audio.distance``). Two measurements set the bounds. Moving every
parameter of an amsynth preset by 2 % changes J by about 3.5 dB. Two unrelated presets are about
19 dB from each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

CLOSE_DB, DIRECTION_DB = 3.5, 9.0
# (renders, mean J divided by the J of the first answer), measured on amsynth-34. Up to 100 renders:
# between the values for its own sounds and for recordings. Above 100: its own sounds only
# (docs/benchmarks/estimator.md). Nothing was measured above 1000.
REMAINS = (
    (1, 1.0),
    (5, 0.81),
    (10, 0.76),
    (20, 0.71),
    (50, 0.65),
    (100, 0.63),
    (250, 0.58),
    (1000, 0.49),
)


@dataclass(frozen=True)
class Confidence:
    """Describe how close an answer is, and what more renders would gain.

    Attributes:
        distance: J to the target, dB.
        floor: J between two renders of the answer, dB. No answer can be closer than this.
        expected: Expected J in dB of each larger budget, by its name.
    """

    distance: float
    floor: float
    expected: Mapping[str, float]

    @property
    def verdict(self) -> str:
        """Return ``close``, ``in the direction`` or ``out of reach``.

        ``out of reach`` means that even more renders would not help.
        """
        if self.distance <= max(CLOSE_DB, 2 * self.floor):
            return "close"
        best = min([self.distance, *self.expected.values()])
        return "in the direction" if best <= DIRECTION_DB else "out of reach"

    def to_dict(self) -> dict[str, object]:
        """Return the confidence as ``match.json`` stores it."""
        expected = {budget: round(db, 2) for budget, db in self.expected.items()}
        return {"verdict": self.verdict, "floor": self.floor, "expected": expected}


def confidence(
    distance: float, floor: float, renders: int, budgets: Mapping[str, int]
) -> Confidence:
    """Return the confidence of an answer.

    Args:
        distance: J to the target, dB.
        floor: J between two renders of the answer, dB.
        renders: Renders of the search that found it.
        budgets: Renders of each budget, by name.

    Returns:
        The confidence, with the expected J of each larger budget.

    >>> confidence(8.0, 0.0, 10, {"quick": 16, "refine": 250}).verdict
    'in the direction'
    """
    larger = {name: count for name, count in budgets.items() if count > renders}
    expected = {name: distance * _left(count) / _left(renders) for name, count in larger.items()}
    return Confidence(distance, floor, expected)


def _left(renders: int) -> float:
    """Return the share of the first answer's J that remains after ``renders`` renders."""
    at, left = zip(*REMAINS, strict=True)
    return float(np.interp(np.log(max(renders, 1)), np.log(at), left))
