"""Measure how well a latent axis separates the two tags of a pair."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from datasets.spec import FloatArray
from models.figures.context import finite


@dataclass(frozen=True)
class TagSeparation:
    """Where the clips that carry either word of a pair lie on an axis, and all clips."""

    words: tuple[str, str]  # negative, positive
    everything: FloatArray  # (N,) z
    negative: FloatArray  # (n,) z
    positive: FloatArray  # (p,) z

    def numbers(self) -> dict[str, Any]:
        """Counts, means, and how often the positive side lies above the negative one."""
        sides = (self.negative, self.positive)
        return {
            "words": list(self.words),
            "counts": [len(side) for side in sides],
            "means": [finite(float(side.mean())) if len(side) else None for side in sides],
            "in_order": in_order(self.negative, self.positive),
        }

    def caption(self) -> str:
        """The same in words."""
        order = in_order(self.negative, self.positive)
        negative, positive = self.words
        if order is None:
            return f" The dataset has no test clips tagged both {negative} and {positive}."
        return (
            f" Of two test clips, one tagged {negative} and one {positive}, the {positive} one "
            f"lies higher on this axis in {order:.0%} of the pairs (50 % would be chance)."
        )


def in_order(negative: FloatArray, positive: FloatArray) -> float | None:
    """Chance that a clip of the positive side lies above one of the negative side; .5 is none."""
    if not len(negative) or not len(positive):
        return None
    above = (positive[:, None] > negative).mean() + (positive[:, None] == negative).mean() / 2
    return finite(float(above))
