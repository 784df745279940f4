"""Define the search methods that the budget curve compares.

Each method plays presets through an ``Objective`` until it has used its renders. Its curve is the
best distance after each render. All methods use the same library, sound and note.
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

NEIGHBOURS = 16  # A search starts from this many library presets.
NEAR, FAR = 0.05, 0.3  # First step of CMA-ES from a neighbour, and from the middle of the cube.
LATENT = 0.3  # First step of CMA-ES in z.
POPULATION = 10


@dataclass(frozen=True)
class Trial:
    """Describe one target for one search method."""

    checkpoint: Checkpoint
    target_features: TargetFeatures
    objective: Objective
    renders: int
    seed: int
    flow_reg: TargetFeatures | None = None  # The same target for the paper's Flow_reg.

    @property
    def library(self) -> Library:
        """Return the checkpoint's library.

        Raises:
            CheckpointError: The checkpoint has no library.
        """
        return library_of(self.checkpoint)

    @property
    def nearest(self) -> FloatArray:
        """Return the library neighbours (NEIGHBOURS, P), the nearest first."""
        rows, _ = self.library.neighbours(self.target_features.mel, NEIGHBOURS)
        return self.objective.spec.snap(self.library.units(rows))


Rival = Callable[[Trial], None]


def by_chance(trial: Trial) -> None:
    """Play random presets of the library."""
    rows = np.random.default_rng(trial.seed).integers(len(trial.library), size=trial.renders)
    trial.objective.play(list(trial.library.units(rows)))


def by_neighbours(trial: Trial) -> None:
    """Play the nearest presets of the library, the nearest first."""
    rows, _ = trial.library.neighbours(trial.target_features.mel, trial.renders)
    trial.objective.play(list(trial.library.units(rows)))


def by_flow(trial: Trial) -> None:
    """Play the centre of the model's own posterior, then samples of it."""
    trial.objective.play(list(trial.target_features.of_flow(trial.renders, trial.seed)))


def by_flow_reg(trial: Trial) -> None:
    """Play the centre of the paper's Flow_reg, then samples of it.

    Raises:
        CheckpointError: The trial has no Flow_reg.
    """
    if trial.flow_reg is None:
        raise CheckpointError("method 'flow_reg' has no trained model: give --flow-reg FOLDER")
    trial.objective.play(list(trial.flow_reg.of_flow(trial.renders, trial.seed)))


def by_posterior(trial: Trial) -> None:
    """Play the most likely preset of p(parameters | sound), then samples of it."""
    trial.objective.play(list(trial.target_features.of_posterior(trial.renders, trial.seed)))


def by_genes(trial: Trial) -> None:
    """Play neighbours, then run the sparse genetic search without a surrogate."""
    Search(
        trial.objective, list(trial.nearest), Variation.of(trial.objective.spec), seed=trial.seed
    ).run(trial.renders)


def by_ours(trial: Trial) -> None:
    """Run the product's own search."""
    own_search(trial.objective, trial.target_features, seed=trial.seed).run(trial.renders)


def by_cma(trial: Trial) -> None:
    """Run CMA-ES from the middle of the cube, with stepped parameters rounded."""
    middle = np.full(len(trial.objective.spec), 0.5)
    _evolve(trial, middle, FAR, lambda points: points)


def by_neighbour_and_cma(trial: Trial) -> None:
    """Play the nearest neighbour, then run CMA-ES on its continuous parameters."""
    start = trial.nearest[0]
    free = trial.objective.spec.continuous
    trial.objective.play([start])

    def placed(points: FloatArray) -> FloatArray:
        units = np.repeat(start[None], len(points), 0)
        units[:, free] = points
        return units

    _evolve(trial, start[free], NEAR, placed)


def by_neighbour_and_latent_cma(trial: Trial) -> None:
    """Play the nearest neighbour, then run CMA-ES in the latent space of the model."""
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
    """Run CMA-ES until all renders are used; a silent preset gets the distance of silence."""
    bounds = np.tile([0.0, 1.0], (len(start), 1)) if bounded else None
    optimiser = cmaes.CMA(
        start.astype(np.float64), sigma, bounds, seed=trial.seed, population_size=POPULATION
    )
    while (left := trial.renders - len(trial.objective.rendered)) > 0:
        points = [optimiser.ask() for _ in range(POPULATION)]
        units = to_units(np.array(points, np.float32))
        rendered = trial.objective.play(list(units[:left]))
        if len(rendered) == POPULATION:
            distances = [min(one.distance, SILENCE_DB) for one in rendered]
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
