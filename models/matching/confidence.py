"""Rate an answer in words, and estimate what more renders would gain.

Distances are J in dB (see ``models.audio.distance``). The bounds: moving every parameter of an
amsynth preset by 2 % is worth about 3.5 dB, and two unrelated presets lie about 19 dB apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

CLOSE_DB, DIRECTION_DB = 3.5, 9.0
# Mean J after so many renders over that of the first answer, measured on amsynth-34: between sounds
# of its own and recordings, beyond 100 on sounds of its own (docs/benchmarks/estimator.md). Beyond
# the last one nothing was measured.
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
    """What can be said of an answer."""

    distance: float  # to the target
    floor: float  # between two renders of the answer itself: no answer comes nearer than that
    expected: Mapping[str, float]  # what each larger budget is expected to come to

    @property
    def verdict(self) -> str:
        """``close``, ``in the direction``, or ``out of reach``: not even more renders would do."""
        if self.distance <= max(CLOSE_DB, 2 * self.floor):
            return "close"
        best = min([self.distance, *self.expected.values()])
        return "in the direction" if best <= DIRECTION_DB else "out of reach"

    def to_dict(self) -> dict[str, object]:
        """As ``match.json`` has it."""
        expected = {budget: round(db, 2) for budget, db in self.expected.items()}
        return {"verdict": self.verdict, "floor": self.floor, "expected": expected}


def confidence(
    distance: float, floor: float, renders: int, budgets: Mapping[str, int]
) -> Confidence:
    """Of an answer found in so many renders; ``budgets`` are the renders of each budget by name.

    >>> confidence(8.0, 0.0, 10, {"quick": 16, "refine": 250}).verdict
    'in the direction'
    """
    larger = {name: count for name, count in budgets.items() if count > renders}
    expected = {name: distance * _left(count) / _left(renders) for name, count in larger.items()}
    return Confidence(distance, floor, expected)


def _left(renders: int) -> float:
    """Share of the first answer's distance that is left after so many renders."""
    at, left = zip(*REMAINS, strict=True)
    return float(np.interp(np.log(max(renders, 1)), np.log(at), left))
