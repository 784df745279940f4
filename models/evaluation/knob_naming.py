"""Name each knob after the descriptor it changes most: ``patchwright name-knobs``.

A trained model names a knob after the tag pair that it learned. It names other knobs after the two
parameters that move most. This module measures those other knobs. It turns each one to both ends on
some presets of the library, and renders them with the real synth. The descriptor with the largest
change in one direction then comes before the parameters: ``Dark/Bright: filter cutoff + env 1
decay``. The name starts with ``Bright/Dark`` if turning the knob up makes the sound darker.
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

LEAST = 0.25  # Standard deviations. A knob with smaller changes keeps its name.
ENDS = (0.0, 1.0)  # Rendered positions of a knob.
NOTE = 60  # MIDI.
BETWEEN = ": "  # Separates the descriptor and the parameters.

Moves = npt.NDArray[np.float64]  # (knobs, presets, pairs) Change of each pair's descriptor, in sd.


@dataclass(frozen=True)
class Naming:
    """Set how many presets are rendered."""

    presets: int = 24
    seed: int = 0  # Decides the choice of presets.
    workers: int = 2


def measured_names(checkpoint: Checkpoint, naming: Naming) -> list[str]:
    """Return the names of all knobs; knobs of tag pairs keep their names.

    Raises:
        CheckpointError: The model has no library.
        RenderError: The synth fails.
    """
    others = [i for i, macro in enumerate(checkpoint.macros) if not is_semantic(macro)]
    names = [macro.name for macro in checkpoint.macros]
    moves = _moves(checkpoint, others, naming)
    for i, moved in zip(others, moves, strict=True):
        names[i] = name_of(parameters_of(names[i]), moved)
    return names


def parameters_of(name: str) -> str:
    """Return the part of a knob's name that lists its parameters."""
    return name.rpartition(BETWEEN)[2]


def name_of(parameters: str, moves: npt.NDArray[np.float64]) -> str:
    """Return a knob's name from the movement of each pair's descriptor.

    Args:
        parameters: The part of the name that lists the parameters.
        moves: Change (presets, pairs) of each descriptor, in standard deviations.

    Returns:
        The name, with the strongest pair first if its median change is large enough.
    """
    middle = np.median(moves, axis=0)
    strongest = int(np.abs(middle).argmax())
    if abs(middle[strongest]) < LEAST:
        return parameters
    return f"{_pair_name(PAIRS[strongest], bool(middle[strongest] > 0))}{BETWEEN}{parameters}"


def _pair_name(pair: TagPair, rising: bool) -> str:
    return pair.name if rising else "/".join(reversed(pair.name.split("/")))


def _moves(checkpoint: Checkpoint, knobs: Sequence[int], naming: Naming) -> Moves:
    spec, library = checkpoint.spec, library_of(checkpoint)
    # The surrogate only shapes the way between the ends, and it is slower than the synth.
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
        measured = pool.render(shown(jobs, "knobs at both ends"), finish)
    table = np.array([[one[pair.descriptor] for pair in PAIRS] for one in measured])
    spread = np.maximum(table.std(axis=0), 1e-9) if len(table) else 1.0
    ends = (table / spread).reshape(len(knobs), len(units), len(ENDS), len(PAIRS))
    return np.asarray(ends[:, :, 1] - ends[:, :, 0], np.float64)
