"""The methods that the frozen protocol compares, from the mean patch to our matcher."""

from __future__ import annotations

import numpy as np
import torch

from datasets.errors import CheckpointError
from datasets.spec import FloatArray
from models.audio.features import log_mel
from models.evaluation.protocol import Arm, EvaluationTarget
from models.matching.initial_population import library_of
from models.matching.matcher import Matcher
from models.matching.options import MatchOptions
from models.matching.sound_target import SoundTarget


def protocol_arms(matcher: Matcher, seed: int = 0) -> dict[str, Arm]:
    """Every arm by its name in the tables.

    ``mean``: the mean of the library's presets. ``random``: one of them at random. ``network``: the
    posterior's centre, one shot. ``library``: the nearest neighbour. ``instant`` and ``quick``: the
    product's budgets. ``floor``: the preset that made the target.

    Raises CheckpointError for a model without a library.
    """
    library = library_of(matcher.checkpoint)
    everything = library.units(np.arange(len(library)))
    random = np.random.default_rng(seed)
    arms: dict[str, Arm] = {
        "mean": lambda target: everything.mean(0),
        "random": lambda target: everything[random.integers(len(everything))],
        "network": lambda target: network_centre(matcher, target),
        "library": lambda target: nearest(matcher, target),
        "instant": lambda target: answer(matcher, target, MatchOptions("instant", seed)),
        "quick": lambda target: answer(matcher, target, MatchOptions("quick", seed, limit_s=60)),
    }
    return arms


def floor(target: EvaluationTarget) -> FloatArray:
    """The preset that made a projected target: what a perfect answer scores."""
    if target.truth is None:
        raise CheckpointError(f"{target.name} is untouched: it has no re-render floor")
    return target.truth


@torch.no_grad()
def network_centre(matcher: Matcher, target: EvaluationTarget) -> FloatArray:
    """The network alone, one shot."""
    checkpoint = matcher.checkpoint
    mel = torch.from_numpy(log_mel(target.audio, checkpoint.features, target.note))[None]
    note = torch.tensor([float(target.note)])
    centre = checkpoint.model.propose(mel, note, 1, torch.Generator())[0]
    return np.asarray(centre.numpy(), np.float32)


def nearest(matcher: Matcher, target: EvaluationTarget) -> FloatArray:
    """The library alone."""
    library = library_of(matcher.checkpoint)
    mel = log_mel(target.audio, matcher.checkpoint.features, target.note)
    rows, _ = library.neighbours(mel, 1)
    return np.asarray(library.units(rows)[0], np.float32)


def answer(matcher: Matcher, target: EvaluationTarget, options: MatchOptions) -> FloatArray:
    """What the product answers within a budget, the target's note given."""
    rate, length = matcher.checkpoint.spec.sample_rate, len(target.audio)
    heard = SoundTarget(target.audio, rate, target.note, None, 0.0, length / rate, (), {})
    return matcher.find(heard, options).candidates[0].unit
