"""The presets that a search starts from: library, posterior, and the player's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from datasets.errors import CheckpointError, SpecError
from datasets.spec import FloatArray
from models.audio.features import log_mel
from models.checkpoint import Checkpoint
from models.estimator.library import Library
from models.matching.objective import Objective
from models.matching.screening import SurrogateScreen
from models.matching.search import Search, SearchSettings
from models.matching.variation import Variation

NEIGHBOURS, SAMPLES = 16, 16  # that the product's search starts from


def library_of(checkpoint: Checkpoint) -> Library:
    """The library of a checkpoint; CheckpointError without one."""
    if checkpoint.library is None:
        raise CheckpointError(f"{checkpoint.name} has no library: train it again")
    return checkpoint.library


class TargetFeatures:
    """One target as a model hears it."""

    def __init__(self, checkpoint: Checkpoint[Any], audio: FloatArray, note: int) -> None:
        self.checkpoint, self.note = checkpoint, note
        self.mel = log_mel(audio, checkpoint.features, note)

    def new_screen(self) -> SurrogateScreen | None:
        """The surrogate's view before anything is heard, if the model has one."""
        surrogate, library = self.checkpoint.surrogate, self.checkpoint.library
        if surrogate is None or library is None:
            return None
        return SurrogateScreen(surrogate, library, self.mel, self.note)

    @torch.no_grad()
    def of_flow(self, count: int, seed: int) -> FloatArray:
        """The centre of the flow's posterior and samples of it (count, P)."""
        generator = torch.Generator().manual_seed(seed)
        note = torch.tensor([float(self.note)])
        drawn = self.checkpoint.model.propose(
            torch.from_numpy(self.mel)[None], note, count, generator
        )
        return self.checkpoint.spec.snap(drawn.numpy())

    def of_posterior(self, count: int, seed: int) -> FloatArray:
        """The likeliest preset of p(parameters | sound) and samples of it (count, P).

        Raises CheckpointError for a model without it.
        """
        posterior, library = self.checkpoint.posterior, self.checkpoint.library
        if posterior is None or library is None:
            raise CheckpointError(
                f"{self.checkpoint.name} has no posterior: run patchwright estimator"
            )
        features = torch.from_numpy(library.project(self.mel))[None]
        note = torch.tensor([float(self.note)])
        drawn = posterior.sample(features, note, count, torch.Generator().manual_seed(seed))
        return self.checkpoint.spec.snap(drawn.numpy())


def own_search(
    objective: Objective,
    target_features: TargetFeatures,
    seed: int = 0,
    locked: Sequence[str] = (),
    present: FloatArray | None = None,
    settings: SearchSettings | None = None,
) -> Search:
    """The product's search: from neighbours, posterior samples and the player's present preset.

    The present preset is played first, so that no answer is further away. Parameters named in
    ``locked`` keep its values. Raises CheckpointError for a
    model without a library, SpecError for locks without a preset.
    """
    checkpoint, spec = target_features.checkpoint, target_features.checkpoint.spec
    library, screen = library_of(checkpoint), target_features.new_screen()
    rows, _ = library.neighbours(target_features.mel, NEIGHBOURS)
    sources = [library.units(rows)]
    if checkpoint.posterior is not None:
        sources.append(target_features.of_posterior(SAMPLES, seed))
    seeds = spec.snap(np.concatenate(sources))
    if present is not None:
        seeds = np.concatenate([seeds, spec.snap(present)[None]])
    moves = Variation.of(spec, locked)
    if len(moves.free) < len(spec):
        if present is None:
            raise SpecError(f"{', '.join(locked)} cannot be locked without the present preset")
        held = np.setdiff1d(np.arange(len(spec)), moves.free)
        seeds[:, held] = spec.snap(present)[held]
    shelf = [] if screen is None else screen.shelf(rows, seeds)
    first = () if present is None else (present,)
    return Search(objective, list(seeds), moves, screen, shelf, settings, seed, first)
