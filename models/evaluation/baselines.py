"""The search methods that the budget curve compares.

Each plays presets through an ``Objective`` until it has played so many; its curve is the best
distance after each render. All start from the same library, sound and note.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cmaes
import numpy as np
import torch

from datasets.errors import CheckpointError
from datasets.spec import FloatArray
from models.checkpoint import Checkpoint
from models.estimator.library import Library
from models.matching.initial_population import TargetFeatures, library_of, own_search
from models.matching.objective import Objective
from models.matching.search import Search
from models.matching.variation import Variation

NEIGHBOURS = 16  # library presets that a search starts from
NEAR, FAR = 0.05, 0.3  # CMA-ES's first step from a neighbour, and from the middle of the cube
LATENT = 0.3  # its first step in z
POPULATION = 10


@dataclass(frozen=True)
class Trial:
    """One target for one way of searching."""

    checkpoint: Checkpoint
    target_features: TargetFeatures
    objective: Objective
    renders: int
    seed: int
    flow_reg: TargetFeatures | None = None  # the same target as the paper's Flow_reg hears it

    @property
    def library(self) -> Library:
        """The checkpoint's library; CheckpointError without one."""
        return library_of(self.checkpoint)

    @property
    def nearest(self) -> FloatArray:
        """Library neighbours (NEIGHBOURS, P), the nearest first."""
        rows, _ = self.library.neighbours(self.target_features.mel, NEIGHBOURS)
        return self.objective.spec.snap(self.library.units(rows))


Rival = Callable[[Trial], None]


def by_chance(trial: Trial) -> None:
    """Presets of the library drawn at random."""
    rows = np.random.default_rng(trial.seed).integers(len(trial.library), size=trial.renders)
    trial.objective.play(list(trial.library.units(rows)))


def by_neighbours(trial: Trial) -> None:
    """The nearest presets of the library, one after another."""
    rows, _ = trial.library.neighbours(trial.target_features.mel, trial.renders)
    trial.objective.play(list(trial.library.units(rows)))


def by_flow(trial: Trial) -> None:
    """The centre of the model's own posterior, then samples of it."""
    trial.objective.play(list(trial.target_features.of_flow(trial.renders, trial.seed)))


def by_flow_reg(trial: Trial) -> None:
    """The same of the paper's Flow_reg; CheckpointError where none is given."""
    if trial.flow_reg is None:
        raise CheckpointError("flow_reg needs a trained model: give --flow-reg FOLDER")
    trial.objective.play(list(trial.flow_reg.of_flow(trial.renders, trial.seed)))


def by_posterior(trial: Trial) -> None:
    """The likeliest preset of p(parameters | sound), then samples of it."""
    trial.objective.play(list(trial.target_features.of_posterior(trial.renders, trial.seed)))


def by_genes(trial: Trial) -> None:
    """Neighbours, then the sparse genetic search without a surrogate."""
    Search(
        trial.objective, list(trial.nearest), Variation.of(trial.objective.spec), seed=trial.seed
    ).run(trial.renders)


def by_ours(trial: Trial) -> None:
    """The product's own search."""
    own_search(trial.objective, trial.target_features, seed=trial.seed).run(trial.renders)


def by_cma(trial: Trial) -> None:
    """CMA-ES from the middle of the cube, stepped parameters rounded."""
    middle = np.full(len(trial.objective.spec), 0.5)
    _evolve(trial, middle, FAR, lambda points: points)


def by_neighbour_and_cma(trial: Trial) -> None:
    """The nearest neighbour, then CMA-ES on its continuous parameters."""
    start = trial.nearest[0]
    free = trial.objective.spec.continuous
    trial.objective.play([start])

    def placed(points: FloatArray) -> FloatArray:
        units = np.repeat(start[None], len(points), 0)
        units[:, free] = points
        return units

    _evolve(trial, start[free], NEAR, placed)


def by_neighbour_and_latent_cma(trial: Trial) -> None:
    """The nearest neighbour, then CMA-ES in the latent space of the model."""
    start = torch.from_numpy(trial.nearest[:1])
    trial.objective.play([trial.nearest[0]])
    model = trial.checkpoint.model

    @torch.no_grad()
    def played(points: FloatArray) -> FloatArray:
        like = start.expand(len(points), -1)
        units = model.z_to_unit(torch.from_numpy(points), like)
        return np.asarray(units.clamp(0, 1).numpy(), np.float32)

    with torch.no_grad():
        z = model.unit_to_z(start)[0].numpy()
    _evolve(trial, z, LATENT, played, bounded=False)


def _evolve(
    trial: Trial,
    start: FloatArray,
    sigma: float,
    to_units: Callable[[FloatArray], FloatArray],
    bounded: bool = True,
) -> None:
    """CMA-ES until the renders are spent; what does not sound is as far as silence."""
    bounds = np.tile([0.0, 1.0], (len(start), 1)) if bounded else None
    optimiser = cmaes.CMA(
        start.astype(np.float64), sigma, bounds, seed=trial.seed, population_size=POPULATION
    )
    while (left := trial.renders - len(trial.objective.heard)) > 0:
        points = [optimiser.ask() for _ in range(POPULATION)]
        units = to_units(np.array(points, np.float32))
        heard = trial.objective.play(list(units[:left]))
        if len(heard) == POPULATION:
            distances = [min(one.distance, SILENCE_DB) for one in heard]
            optimiser.tell(list(zip(points, distances, strict=True)))


SILENCE_DB = 80.0

RIVALS: dict[str, Rival] = {
    "random": by_chance,
    "nn": by_neighbours,
    "cma": by_cma,
    "nn_cma": by_neighbour_and_cma,
    "nn_cma_z": by_neighbour_and_latent_cma,
    "nn_ga": by_genes,
    "flow": by_flow,
    "flow_reg": by_flow_reg,
    "posterior": by_posterior,
    "ours": by_ours,
}
