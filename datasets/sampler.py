"""(spec, seed, index) -> one patch and the note it is played with: pure, and free of order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from datasets.spec import FloatArray, SynthSpec


@dataclass(frozen=True)
class Draw:
    """One patch to render."""

    index: int
    unit: FloatArray  # (P,), stepped parameters on their steps
    note: int  # MIDI
    velocity: int  # MIDI
    parents: tuple[str, ...]  # what it descends from; splits follow parents, never clips


def sample(spec: SynthSpec, seed: int, index: int) -> Draw:
    """The patch of ``index`` under ``seed``; any machine, in any order, draws the same.

    Every parameter is uniform over its range or its steps, except that with its spec's
    ``rest_probability`` it stays where it does nothing. Notes are uniform over the note policy.

    >>> from datasets.spec import load_spec
    >>> sample(load_spec("vital-16"), seed=7, index=3).note
    75
    """
    # Philox is counter-based: the key alone places the stream, so no draw depends on another.
    random = np.random.Generator(np.random.Philox(key=[seed, index]))
    uniform, rests = random.random(len(spec)), random.random(len(spec))
    for i, parameter in enumerate(spec.parameters):
        if rests[i] < parameter.rest_probability:
            uniform[i] = parameter.from_native(parameter.rest)
        elif parameter.kind == "stepped":
            uniform[i] = min(int(uniform[i] * parameter.steps), parameter.steps - 1)
            uniform[i] /= parameter.steps - 1
    note = int(random.integers(spec.note.low, spec.note.high + 1))
    parent = f"{spec.name}:{seed}:{index}"
    return Draw(index, spec.snap(uniform), note, spec.note.velocity, (parent,))
