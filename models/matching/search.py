"""The genetic search: breed candidates, screen them, render the best few.

A genetic algorithm with sparse moves (``models.matching.variation``). With a surrogate every
generation makes hundreds of children, breeds the most promising once more unheard, and renders the
best few; without one it renders every child, which is the baseline that any other way has to beat.
Anytime: between generations the best so far is in the ``Objective``, and a search goes on as long
as it is asked to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from datasets.spec import FloatArray
from models.audio.distance import TargetDistance
from models.matching.objective import Objective, RenderedCandidate
from models.matching.screening import ScreenedPreset, SurrogateScreen
from models.matching.variation import Variation

FIRST = 3  # seeds that a search without a screen plays before it makes children


@dataclass(frozen=True)
class SearchSettings:
    """How a search spends its renders."""

    parents: int = 8  # the best so far, of which children are made
    pressure: float = 1.5  # mean rank of a parent, exponential: lower is greedier
    children: int = 192  # screened in one generation
    breeds: int = 3  # generations bred on the surrogate between two renders
    together: int = 2  # rendered in one generation
    apart: float = 0.02  # least largest difference between two rendered together
    unscreened: int = 150  # renders after which every other child is one that nobody screened


@dataclass(frozen=True)
class Population:
    """Presets made in one go."""

    units: FloatArray  # (N, P)
    expected: FloatArray  # (N,) dB

    def best(self, count: int) -> Population:
        """The most promising of them."""
        rows = np.argsort(self.expected, kind="stable")[:count]
        return Population(self.units[rows], self.expected[rows])

    def joined(self, other: Population) -> Population:
        """Both together."""
        return Population(
            np.concatenate([self.units, other.units]),
            np.concatenate([self.expected, other.expected]),
        )


@dataclass(frozen=True)
class SearchOutcome:
    """The result of a search."""

    candidates: tuple[RenderedCandidate, ...]  # best first; under ``instant`` only expected to be
    renders: int
    stopped_by: str  # renders, seconds, cancelled; budget when nothing was to be rendered
    target_distance: TargetDistance
    timings_ms: dict[str, float]

    @property
    def best_unit(self) -> FloatArray:
        """Return the best preset, (P,)."""
        return self.candidates[0].unit


class Search:
    """A search under way for one target."""

    def __init__(
        self,
        objective: Objective,
        seeds: Sequence[FloatArray],
        moves: Variation,
        screen: SurrogateScreen | None = None,
        shelf: Sequence[ScreenedPreset] = (),
        settings: SearchSettings | None = None,
        seed: int = 0,
        first: Sequence[FloatArray] = (),
    ) -> None:
        """``seeds``, best first, are played first or mated with; ``shelf`` has children unheard.

        ``first`` are played before anything else.
        """
        self.objective, self._moves, self._screen = objective, moves, screen
        self._seeds = objective.spec.snap(np.stack(seeds))
        self._shelf = list(shelf)
        self._first = [objective.spec.snap(unit) for unit in first]
        self._settings = settings or SearchSettings()
        self._random = np.random.default_rng(seed)

    def run(self, renders: int) -> None:
        """Go on until so many presets were played in all."""
        while len(self.objective.heard) < renders:
            self.advance(renders - len(self.objective.heard))

    def advance(self, most: int) -> None:
        """Play one generation more, of at most so many presets."""
        count = min(self._settings.together, most)
        played = {heard.unit.tobytes() for heard in self.objective.heard}
        units, self._first = self._first[:count], self._first[count:]
        if len(units) < count:
            known = played | {unit.tobytes() for unit in units}
            units += self._unplayed(known, count - len(units))
        heard = self.objective.play(units)
        sounding = [one for one in heard if one.mel is not None]
        if self._screen is not None and sounding:
            mels = np.stack([one.mel for one in sounding if one.mel is not None])
            units_heard = np.stack([one.unit for one in sounding])
            self._screen.hear(units_heard, mels, [one.distance for one in sounding])

    def promising(self, count: int) -> list[RenderedCandidate]:
        """Presets that nobody has heard yet, the most promising first."""
        played = {heard.unit.tobytes() for heard in self.objective.heard}
        units = list(self._seeds) if self._screen is None else self._unplayed(played, count)
        return [RenderedCandidate(unit, np.inf, np.inf, None) for unit in units[:count]]

    def _unplayed(self, played: set[bytes], count: int) -> list[FloatArray]:
        if self._screen is None:
            return self._blind(played, count)
        populations = self._breed(self._screen)
        chosen: list[FloatArray] = []
        # The last generation has come furthest, the first is trusted most: they take turns. A
        # long search has found what the surrogate sees; the rest is left to chance.
        for turn in range(count):
            if turn % 2 == 0:
                chosen += self._pick(populations[-1], chosen, played)
            elif len(played) < self._settings.unscreened:
                chosen += self._pick(populations[0], chosen, played)
            else:
                chosen += self._unscreened(played)
        return chosen or self._blind(played, count)

    def _unscreened(self, played: set[bytes]) -> list[FloatArray]:
        """One child as it comes, that was not played."""
        children = self.objective.spec.snap(np.stack(self._blind(played, FIRST)))
        return [unit for unit in children if unit.tobytes() not in played][:1]

    def _pick(
        self, population: Population, chosen: Sequence[FloatArray], played: set[bytes]
    ) -> list[FloatArray]:
        """The most promising of a population that is neither played nor near one that is chosen."""
        for i in np.argsort(population.expected, kind="stable"):
            unit = population.units[i]
            near = any(np.abs(unit - one).max() < self._settings.apart for one in chosen)
            if not near and unit.tobytes() not in played:
                return [unit]
        return []

    def _blind(self, played: set[bytes], count: int) -> list[FloatArray]:
        """The first seeds, then children as they come."""
        fresh = [unit for unit in self._seeds[:FIRST] if unit.tobytes() not in played][:count]
        parents = self.objective.ranked()[: self._settings.parents]
        if not parents:
            return fresh
        mates = np.stack([*(parent.unit for parent in parents), *self._seeds])
        chosen = [parents[i].unit for i in self._ranks(len(parents), count - len(fresh))]
        if not chosen:
            return fresh
        return [*fresh, *self._moves.children(np.stack(chosen), mates, self._random)]

    def _breed(self, screen: SurrogateScreen) -> list[Population]:
        """Children, their children, and so on, none rendered."""
        heard = [
            ScreenedPreset(one.unit, one.distance) for one in self.objective.ranked() if one.sounds
        ]
        known = heard[: self._settings.parents] or self._shelf
        mates = np.concatenate([np.stack([one.unit for one in known]), self._seeds])
        population = Population(
            np.stack([one.unit for one in known]),
            np.array([one.distance for one in known], np.float32),
        )
        populations: list[Population] = []
        for _ in range(self._settings.breeds):
            best = population.best(2 * self._settings.parents)
            chosen = self._ranks(len(best.units), self._settings.children)
            children = self._moves.children(best.units[chosen], mates, self._random)
            units = self.objective.spec.snap(children)
            population = Population(units, screen.distances(units))
            if populations or not heard:  # distances of one kind: what was heard has J
                population = population.joined(best)
            populations.append(population)
        return populations

    def _ranks(self, among: int, count: int) -> list[int]:
        """Ranks of so many parents among the best, exponential: the first is drawn most."""
        drawn = self._random.exponential(self._settings.pressure, count).astype(int)
        return np.minimum(drawn, among - 1).tolist()  # type: ignore[no-any-return]
