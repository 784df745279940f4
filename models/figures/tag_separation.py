"""Measure how well a latent axis separates the two tags of a pair."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from datasets.spec import FloatArray
from models.figures.context import finite


@dataclass(frozen=True)
class TagSeparation:
    """Hold the positions on an axis of all clips, and of those tagged with each word of a pair."""

    words: tuple[str, str]  # negative, positive
    everything: FloatArray  # (N,) z
    negative: FloatArray  # (n,) z
    positive: FloatArray  # (p,) z

    def numbers(self) -> dict[str, Any]:
        """Return counts, means, and how often the positive side is above the negative one."""
        sides = (self.negative, self.positive)
        return {
            "words": list(self.words),
            "counts": [len(side) for side in sides],
            "means": [finite(float(side.mean())) if len(side) else None for side in sides],
            "in_order": in_order(self.negative, self.positive),
        }

    def caption(self) -> str:
        """Describe the separation in words."""
        order = in_order(self.negative, self.positive)
        negative, positive = self.words
        if order is None:
            return f" The dataset has no test clips for one of the tags {negative} and {positive}."
        return (
            f" Take all pairs of test clips, one tagged {negative} and one {positive}. The "
            f"{positive} one is higher on this axis in {order:.0%} of them (chance: 50 %)."
        )


def in_order(negative: FloatArray, positive: FloatArray) -> float | None:
    """Return how often a positive clip is above a negative one; 0.5 is chance.

    Return None if one side has no clips.
    """
    if not len(negative) or not len(positive):
        return None
    above = (positive[:, None] > negative).mean() + (positive[:, None] == negative).mean() / 2
    return finite(float(above))
