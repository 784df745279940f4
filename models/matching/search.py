"""Breed candidates with a genetic algorithm, screen them, and render the best few.

The moves are sparse (``models.matching.variation``). With a surrogate, each generation makes
hundreds of children, breeds the most promising ones again without rendering, and renders the best
few. Without a surrogate it renders every child. That is the baseline for every other method.

The search can stop after any generation: the ``Objective`` holds the best candidate so far.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from datasets.spec import FloatArray
from models.audio.distance import TargetDistance
from models.estimator.local_steps import LocalSteps
from models.matching.objective import Objective, RenderedCandidate
from models.matching.screening import ScreenedPreset, SurrogateScreen
from models.matching.variation import Variation

FIRST = 3  # seeds that a search without a screen renders before it makes children


@dataclass(frozen=True)
class SearchSettings:
    """Set how a search uses its renders.

    Attributes:
        parents: Number of best presets that have children.
        pressure: Mean rank of a parent (exponential distribution). A lower value is greedier.
        children: Children to screen in one generation.
        breeds: Generations to breed on the surrogate between two renders.
        together: Presets to render in one generation.
        unscreened: After this many renders, every second child is rendered without screening.
    """

    parents: int = 8
    pressure: float = 1.5
    children: int = 192
    breeds: int = 3
    together: int = 2
    min_difference: float = (
        0.02  # presets rendered together differ this much in one parameter (0..1)
    )
    unscreened: int = 150


@dataclass(frozen=True)
class Population:
    """Hold presets of one generation and their expected distances."""

    units: FloatArray  # (N, P)
    expected: FloatArray  # (N,) dB, J or an estimate of it

    def best(self, count: int) -> Population:
        """Return the ``count`` most promising presets."""
        rows = np.argsort(self.expected, kind="stable")[:count]
        return Population(self.units[rows], self.expected[rows])

    def joined(self, other: Population) -> Population:
        """Return both populations as one."""
        return Population(
            np.concatenate([self.units, other.units]),
            np.concatenate([self.expected, other.expected]),
        )


@dataclass(frozen=True)
class SearchOutcome:
    """Hold the result of a search.

    Attributes:
        candidates: The best presets, best first. With the budget ``instant`` the order is expected.
        renders: Number of renders.
        stopped_by: "renders", "seconds", "cancelled", or "budget" when the budget allows no render.
        target_distance: Measures distances to the target.
        timings_ms: Time of each stage by name, ms.
        surrogate: On a player's own patch, how wrong the surrogate is (``Search.surrogate``).
    """

    candidates: tuple[RenderedCandidate, ...]
    renders: int
    stopped_by: str
    target_distance: TargetDistance
    timings_ms: dict[str, float]
    surrogate: Mapping[str, float] = field(default_factory=dict)

    @property
    def best_unit(self) -> FloatArray:
        """Return the best preset, (P,)."""
        return self.candidates[0].unit


class Search:
    """Search for presets that sound like one target."""

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
        local: LocalSteps | None = None,
    ) -> None:
        """Prepare a search; nothing is rendered until ``advance``.

        Args:
            objective: Renders candidates and keeps their distances.
            seeds: Presets (P,) to start from, best first. They are rendered first or used as mates.
            moves: Makes children.
            screen: Predicts distances; None renders every child.
            shelf: Presets that may have children before anything is rendered.
            settings: How to use the renders.
            seed: Seed of the random numbers.
            first: Presets (P,) to render before everything else.
            local: Chooses renders near a player's own patch, where the surrogate is wrong.
        """
        self.objective, self._moves, self._screen = objective, moves, screen
        self._seeds = objective.spec.snap(np.stack(seeds))
        self._shelf = list(shelf)
        self._first = [objective.spec.snap(unit) for unit in first]
        self._settings = settings or SearchSettings()
        self._random, self._local = np.random.default_rng(seed), local

    def run(self, renders: int) -> None:
        """Advance until the objective has ``renders`` renders in total."""
        while len(self.objective.rendered) < renders:
            self.advance(renders - len(self.objective.rendered))

    def advance(self, most: int) -> None:
        """Render one more generation, of at most ``most`` presets."""
        count = min(self._settings.together, most)
        played = {one.unit.tobytes() for one in self.objective.rendered}
        units, self._first = self._first[:count], self._first[count:]
        if len(units) < count:
            known = played | {unit.tobytes() for unit in units}
            units += self._unplayed(known, count - len(units))
        sounding = [one for one in self.objective.play(units) if one.mel is not None]
        if self._screen is not None and sounding:
            mels = np.stack([one.mel for one in sounding if one.mel is not None])
            sounding_units = np.stack([one.unit for one in sounding])
            judged = [one.distance for one in sounding]
            learned = self._screen.hear(sounding_units, mels, judged)
            if self._local is not None:
                self._local.hear(sounding_units, *learned, judged)

    @property
    def surrogate(self) -> dict[str, float]:
        """Return how wrong the surrogate is on a player's own patch, as measured so far.

        ``error_db`` is its error at the patch, and ``trust`` the mean cosine of predicted and
        measured changes near it, 0..1. Empty on the model's own template.
        """
        if self._local is None or self._screen is None:
            return {}
        return self._local.report(self._screen.cells)

    def promising(self, count: int) -> list[RenderedCandidate]:
        """Return ``count`` presets that were not rendered yet, the most promising first."""
        played = {one.unit.tobytes() for one in self.objective.rendered}
        units = list(self._seeds) if self._screen is None else self._unplayed(played, count)
        return [RenderedCandidate(unit, np.inf, np.inf, None) for unit in units[:count]]

    def _unplayed(self, played: set[bytes], count: int) -> list[FloatArray]:
        if self._screen is None:
            return self._blind(played, count)
        chosen = self._local.proposals(played, count) if self._local is not None else []
        if len(chosen) == count:
            return chosen
        populations = self._breed(self._screen)
        # The last generation promises most, and the predictions of the first are more reliable.
        # So they take turns. A long search has already found what the surrogate can predict. From
        # then on, random children replace those of the first generation.
        for turn in range(len(chosen), count):
            if turn % 2 == 0:
                chosen += self._pick(populations[-1], chosen, played)
            elif len(played) < self._settings.unscreened:
                chosen += self._pick(populations[0], chosen, played)
            else:
                chosen += self._unscreened(played)
        return chosen or self._blind(played, count)

    def _unscreened(self, played: set[bytes]) -> list[FloatArray]:
        """Return one random child that was not rendered yet, without screening."""
        children = self.objective.spec.snap(np.stack(self._blind(played, FIRST)))
        return [unit for unit in children if unit.tobytes() not in played][:1]

    def _pick(
        self, population: Population, chosen: Sequence[FloatArray], played: set[bytes]
    ) -> list[FloatArray]:
        """Return the most promising preset that is new and not close to a chosen one."""
        for i in np.argsort(population.expected, kind="stable"):
            unit = population.units[i]
            near = any(np.abs(unit - one).max() < self._settings.min_difference for one in chosen)
            if not near and unit.tobytes() not in played:
                return [unit]
        return []

    def _blind(self, played: set[bytes], count: int) -> list[FloatArray]:
        """Return the first seeds, then children without screening."""
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
        """Breed several generations on the surrogate; nothing is rendered."""
        rendered = [
            ScreenedPreset(one.unit, one.distance) for one in self.objective.ranked() if one.sounds
        ]
        known = rendered[: self._settings.parents] or self._shelf
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
            if populations or not rendered:  # never mix J of rendered presets with predictions
                population = population.joined(best)
            populations.append(population)
        return populations

    def _ranks(self, among: int, count: int) -> list[int]:
        """Draw ``count`` ranks of parents below ``among``, exponentially; 0 is most frequent."""
        drawn = self._random.exponential(self._settings.pressure, count).astype(int)
        return np.minimum(drawn, among - 1).tolist()  # type: ignore[no-any-return]
