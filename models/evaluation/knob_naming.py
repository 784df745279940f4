"""``patchwright name-knobs``: name each knob after the descriptor it changes most.

A trained model calls its knobs after tag pairs where it learnt them, and after the two parameters
that move most elsewhere. Here each of the latter is put to both ends of its way on some presets of
the library, played by the real synth, and the descriptor that it moves farthest in one direction
comes before the parameters: ``Dark/Bright: filter cutoff + env 1 decay``, or ``Bright/Dark: ...``
where turning up makes it darker.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from datasets.tags import PAIRS, TagPair
from models.checkpoint import Checkpoint
from models.evaluation.knob_report import MeasureDescriptors, shown
from models.instrument.instrument import Instrument
from models.matching.initial_population import library_of
from models.training.macros import is_semantic
from renderer.workers.isolation import RenderJob
from renderer.workers.pool import RenderPool

LEAST = 0.25  # standard deviations: a knob that moves no descriptor so far keeps its name
ENDS = (0.0, 1.0)  # positions that a knob is heard at
NOTE = 60  # MIDI
BETWEEN = ": "  # of the descriptor and the parameters

Moves = npt.NDArray[np.float64]  # (knobs, presets, pairs) of each pair's descriptor, in sd


@dataclass(frozen=True)
class Naming:
    """How much is played."""

    presets: int = 24
    seed: int = 0  # of their choice
    workers: int = 2


def heard_names(checkpoint: Checkpoint, naming: Naming) -> list[str]:
    """The names of all knobs, those of tag pairs as they are.

    Raises CheckpointError for a model without a library, RenderError when the synth fails.
    """
    others = [i for i, macro in enumerate(checkpoint.macros) if not is_semantic(macro)]
    names = [macro.name for macro in checkpoint.macros]
    moves = _moves(checkpoint, others, naming)
    for i, heard in zip(others, moves, strict=True):
        names[i] = name_of(parameters_of(names[i]), heard)
    return names


def parameters_of(name: str) -> str:
    """What of a knob's name tells its parameters."""
    return name.rpartition(BETWEEN)[2]


def name_of(parameters: str, moves: npt.NDArray[np.float64]) -> str:
    """A knob's name by how far (presets, pairs) it moves each pair's descriptor, in sd."""
    middle = np.median(moves, axis=0)
    strongest = int(np.abs(middle).argmax())
    if abs(middle[strongest]) < LEAST:
        return parameters
    return f"{_pair_name(PAIRS[strongest], bool(middle[strongest] > 0))}{BETWEEN}{parameters}"


def _pair_name(pair: TagPair, rising: bool) -> str:
    return pair.name if rising else "/".join(reversed(pair.name.split("/")))


def _moves(checkpoint: Checkpoint, knobs: Sequence[int], naming: Naming) -> Moves:
    spec, library = checkpoint.spec, library_of(checkpoint)
    # Without a surrogate, which lays out the way between the ends and takes longer than the synth.
    instrument = Instrument(replace(checkpoint, surrogate=None))
    finish = MeasureDescriptors(spec.sample_rate, spec.note.hold_s)
    chosen = np.random.default_rng(naming.seed).choice(
        len(library), min(naming.presets, len(library)), replace=False
    )
    units = spec.snap(library.units(np.sort(chosen)))
    jobs = []
    for knob in knobs:
        for unit in units:
            for position in ENDS:
                instrument.load(unit)
                instrument.turn(knob + 1, position)
                jobs.append(RenderJob(0, NOTE, spec.note.velocity, instrument.unit))
    with RenderPool(spec, naming.workers) as pool:
        heard = pool.render(shown(jobs, "knobs, at both ends"), finish)
    table = np.array([[one[pair.descriptor] for pair in PAIRS] for one in heard])
    spread = np.maximum(table.std(axis=0), 1e-9) if len(table) else 1.0
    ends = (table / spread).reshape(len(knobs), len(units), len(ENDS), len(PAIRS))
    return np.asarray(ends[:, :, 1] - ends[:, :, 0], np.float64)
