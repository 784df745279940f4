"""The search for a preset: children of the best so far, screened, and played by the real synth.

A genetic algorithm with sparse moves (``server.moves``). With a surrogate every generation makes
hundreds of children, breeds the most promising once more unheard, and renders the best few; without
one it renders every child, which is the baseline that any other way has to beat. Anytime: between
generations the best so far stands in the audition, and a search goes on as long as it is asked to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from datasets.spec import FloatArray
from server.audition import Audition, Heard
from server.moves import Moves
from server.screen import Known, Screen


@dataclass(frozen=True)
class SearchSettings:
    """How a search spends its renders."""

    parents: int = 8  # the best so far, of which children are made
    pressure: float = 1.5  # mean rank of a parent, exponential: lower is greedier
    children: int = 384  # screened in one generation
    breeds: int = 3  # generations bred on the surrogate between two renders
    together: int = 2  # rendered in one generation
    apart: float = 0.02  # least largest difference between two rendered together


class Search:
    """A search under way for one target."""

    def __init__(
        self,
        audition: Audition,
        seeds: Sequence[FloatArray],
        moves: Moves,
        screen: Screen | None = None,
        shelf: Sequence[Known] = (),
        settings: SearchSettings | None = None,
        seed: int = 0,
    ) -> None:
        """``seeds``, best first, are played first or mated with; ``shelf`` has children unheard."""
        self.audition, self._moves, self._screen = audition, moves, screen
        self._seeds = audition.spec.snap(np.stack(seeds))
        self._shelf, self._known = list(shelf), list[Known]()
        self._settings = settings or SearchSettings()
        self._random = np.random.default_rng(seed)

    def run(self, renders: int) -> None:
        """Go on until so many presets were played in all."""
        while len(self.audition.heard) < renders:
            self.advance(renders - len(self.audition.heard))

    def advance(self, most: int) -> None:
        """Play one generation more, of at most so many presets."""
        count = min(self._settings.together, most)
        played = {heard.unit.tobytes() for heard in self.audition.heard}
        units = self._unplayed(played, count)
        heard = self.audition.play(units)
        if self._screen is not None:
            self._known += [self._remember(one) for one in heard if one.mel is not None]

    def promising(self, count: int) -> list[Heard]:
        """Presets that nobody has heard yet, the most promising first."""
        played = {heard.unit.tobytes() for heard in self.audition.heard}
        units = list(self._seeds) if self._screen is None else self._unplayed(played, count)
        return [Heard(unit, np.inf, np.inf, None) for unit in units[:count]]

    def _remember(self, heard: Heard) -> Known:
        assert self._screen is not None and heard.mel is not None
        return self._screen.heard(heard.unit, heard.distance, heard.mel)

    def _unplayed(self, played: set[bytes], count: int) -> list[FloatArray]:
        if self._screen is None:
            return self._blind(played, count)
        units, expected = self._breed(self._screen)
        chosen: list[FloatArray] = []
        for i in np.argsort(expected, kind="stable"):
            unit = units[i]
            close = any(np.abs(unit - one).max() < self._settings.apart for one in chosen)
            if unit.tobytes() not in played and not close:
                chosen.append(unit)
            if len(chosen) == count:
                break
        return chosen or self._blind(played, count)

    def _blind(self, played: set[bytes], count: int) -> list[FloatArray]:
        """The first seeds, then children as they come."""
        fresh = [unit for unit in self._seeds[:FIRST] if unit.tobytes() not in played]
        if fresh:
            return fresh[:count]
        parents = self.audition.ranked()[: self._settings.parents]
        mates = np.stack([*(parent.unit for parent in parents), *self._seeds])
        return [
            self._moves.child(parents[self._rank(len(parents))].unit, mates, self._random)
            for _ in range(count)
        ]

    def _breed(self, screen: Screen) -> tuple[FloatArray, FloatArray]:
        """Children bred on the surrogate alone (N, P), and what is expected of them (N,)."""
        heard = bool(self._known)
        known = sorted(self._known, key=_distance)[: self._settings.parents] or self._shelf
        units = np.stack([one.unit for one in known])
        surprises = np.stack([one.surprise for one in known])
        expected = np.array([one.distance for one in known], np.float32)
        mates = np.concatenate([units, self._seeds])
        for breed in range(self._settings.breeds):
            best = np.argsort(expected, kind="stable")[: 2 * self._settings.parents]
            chosen = best[[self._rank(len(best)) for _ in range(self._settings.children)]]
            children = self.audition.spec.snap(
                np.stack([self._moves.child(units[i], mates, self._random) for i in chosen])
            )
            inherited = surprises[chosen]
            judged = screen.distances(children, inherited)
            keep = best if breed or not heard else best[:0]
            units = np.concatenate([units[keep], children])
            surprises = np.concatenate([surprises[keep], inherited])
            expected = np.concatenate([expected[keep], judged])
        return units, expected

    def _rank(self, count: int) -> int:
        return min(int(self._random.exponential(self._settings.pressure)), count - 1)


FIRST = 3  # seeds that a search without a screen plays before it makes children


def _distance(known: Known) -> float:
    return known.distance
