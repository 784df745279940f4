"""Define the methods that the frozen protocol compares, from the mean patch to our matcher."""

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
    """Return every method by its name in the tables.

    * ``mean``: the mean of the library's presets.
    * ``random``: a random preset of the library.
    * ``network``: the centre of the posterior, one shot.
    * ``library``: the nearest neighbour.
    * ``instant`` and ``quick``: the product's budgets.

    The caller adds ``floor`` for targets that have a preset.

    Raises:
        CheckpointError: The model has no library.
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
    """Return the preset that made a projected target; its score is that of a perfect answer.

    Raises:
        CheckpointError: The target is untouched and has no preset.
    """
    if target.truth is None:
        raise CheckpointError(
            f"{target.name} is untouched and has no re-render floor: use targets of a dataset"
        )
    return target.truth


@torch.no_grad()
def network_centre(matcher: Matcher, target: EvaluationTarget) -> FloatArray:
    """Return the network's one-shot answer, without a search."""
    checkpoint = matcher.checkpoint
    mel = torch.from_numpy(log_mel(target.audio, checkpoint.features, target.note))[None]
    note = torch.tensor([float(target.note)])
    centre = checkpoint.model.propose(mel, note, 1, torch.Generator())[0]
    return np.asarray(centre.numpy(), np.float32)


def nearest(matcher: Matcher, target: EvaluationTarget) -> FloatArray:
    """Return the nearest preset of the library."""
    library = library_of(matcher.checkpoint)
    mel = log_mel(target.audio, matcher.checkpoint.features, target.note)
    rows, _ = library.neighbours(mel, 1)
    return np.asarray(library.units(rows)[0], np.float32)


def answer(matcher: Matcher, target: EvaluationTarget, options: MatchOptions) -> FloatArray:
    """Return the product's answer within a budget, given the target's note.

    Args:
        matcher: The matcher.
        target: The target.
        options: The budget and the seed.

    Returns:
        The best preset (P,).
    """
    rate, length = matcher.checkpoint.spec.sample_rate, len(target.audio)
    sound = SoundTarget(target.audio, rate, target.note, None, 0.0, length / rate, (), {})
    return matcher.find(sound, options).candidates[0].unit
