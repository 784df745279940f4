"""Collect the presets that a search starts from: library, posterior, and the current preset."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from datasets.errors import CheckpointError, SpecError
from datasets.spec import FloatArray
from models.audio.note.trained_form import TrainedForm, trained_mel
from models.checkpoint import Checkpoint
from models.estimator.library import Library
from models.matching.objective import Objective
from models.matching.screening import SurrogateScreen
from models.matching.search import Search, SearchSettings
from models.matching.variation import Variation

NEIGHBOURS, SAMPLES = 16, 16  # from the library and from the posterior, to start a search


def library_of(checkpoint: Checkpoint) -> Library:
    """Return the library of a checkpoint.

    Raises:
        CheckpointError: The checkpoint has no library.
    """
    if checkpoint.library is None:
        raise CheckpointError(
            f"model {checkpoint.name!r}: it has no library of presets. Train it again"
        )
    return checkpoint.library


class TargetFeatures:
    """Hold one target as a model sees it: its log-mel and its note."""

    def __init__(
        self,
        checkpoint: Checkpoint[Any],
        audio: FloatArray,
        note: int,
        form: TrainedForm | None = None,
    ) -> None:
        self.checkpoint, self.note = checkpoint, note
        self.mel = trained_mel(audio, checkpoint.features, note, form)

    def new_screen(self) -> SurrogateScreen | None:
        """Return a screen before any render, or None for a model without a surrogate."""
        surrogate, library = self.checkpoint.surrogate, self.checkpoint.library
        if surrogate is None or library is None:
            return None
        return SurrogateScreen(surrogate, library, self.mel, self.note)

    @torch.no_grad()
    def of_flow(self, count: int, seed: int) -> FloatArray:
        """Return the centre of the flow's posterior, then samples of it: (count, P) in all."""
        generator = torch.Generator().manual_seed(seed)
        note = torch.tensor([float(self.note)])
        drawn = self.checkpoint.model.propose(
            torch.from_numpy(self.mel)[None], note, count, generator
        )
        return self.checkpoint.spec.snap(drawn.numpy())

    def of_posterior(self, count: int, seed: int) -> FloatArray:
        """Return the likeliest preset of p(parameters | sound), then samples: (count, P) in all.

        Raises:
            CheckpointError: The model has no posterior or no library.
        """
        posterior, library = self.checkpoint.posterior, self.checkpoint.library
        if posterior is None or library is None:
            raise CheckpointError(
                f"model {self.checkpoint.name!r}: it has no posterior. Run patchwright estimator"
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
    """Return the default search, from neighbours, posterior samples and the current preset.

    The search renders the current preset first, so no answer is further from the target. On a
    player's own patch it relies on the surrogate as far as that is right there.

    Args:
        objective: Renders candidates and keeps their distances.
        target_features: The target as the model sees it.
        seed: Seed of the posterior samples and of the search.
        locked: Names of parameters that keep the values of ``present``.
        present: The current preset (P,), or None.
        settings: How to use the renders.

    Returns:
        A search that has rendered nothing yet.

    Raises:
        CheckpointError: The model has no library.
        SpecError: Parameters are locked without a preset, or a name is unknown.
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
            raise SpecError(f"{', '.join(locked)}: no preset to lock at, give one with --from")
        held = np.setdiff1d(np.arange(len(spec)), moves.free)
        seeds[:, held] = spec.snap(present)[held]
    shelf = [] if screen is None else screen.shelf(rows, seeds)
    first, local = (() if present is None else (present,)), None
    if present is not None and screen is not None and spec.has_patch:
        local = screen.local_steps(spec, moves.free, spec.snap(present))
    return Search(objective, list(seeds), moves, screen, shelf, settings, seed, first, local)
