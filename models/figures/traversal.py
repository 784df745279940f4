"""Draw figure 6: the effect of each latent dimension on parameters and sound.

Section 5.4 of the paper. One dimension moves over its range. The others stay at the central
preset.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from datasets.spec import FloatArray, SynthSpec
from datasets.tags import PAIRS
from models.audio.descriptors import DESCRIPTORS
from models.audio.distance import TargetDistance
from models.checkpoint import Macro
from models.figures.clip_analysis import ClipAnalysis
from models.figures.context import FigureContext, finite
from models.figures.document import Plate, Section
from models.figures.interpolation import step_distances
from models.figures.latent import Latent
from models.figures.plotting import plain, varying
from models.figures.tag_separation import TagSeparation
from models.figures.traversal_plot import AxisSweep, draw
from models.training.macros import is_semantic

if TYPE_CHECKING:
    from matplotlib.figure import Figure

KNOBS, SHOWN = 8, 5  # largest number of knobs; parameters to show for each
STEPS, FINE = 8, 64  # steps to render; steps to draw (7 * 9 + 1)
PLAYED = np.linspace(0, FINE - 1, STEPS).round().astype(int)
REACH = (0.02, 0.98)  # quantiles of the test clips' z: the range of a knob without macros
LEAD = (
    "Each latent dimension is one knob. It moves over its range while all others stay at the "
    "central preset. Above: the parameters that vary most. In the middle: spectrograms along the "
    "range. Below: descriptors measured on those sounds. A good knob is smooth in all three. It "
    "changes one quality of the sound while several parameters move together."
)

ALL_SEMANTIC = (
    "every knob of this model is named after a pair of tags and shown with the semantic knobs"
)


@dataclass(frozen=True)
class Traversal:
    """Hold the presets of a knob that turns over its range.

    Attributes:
        macro: The knob.
        z: Values along its axis, (FINE,).
        rest: z of the central preset on this axis.
        unit: The presets, (FINE, P).
    """

    macro: Macro
    z: FloatArray
    rest: float
    unit: FloatArray


def knobs_of(context: FigureContext) -> list[Macro]:
    """Return the model's macros; without macros, its latent dimensions, the widest first.

    The paper chooses dimensions by variance. If a model learned tag pairs, its first dimensions are
    those pairs (``models.networks.semantic``) and have their names.
    """
    if context.checkpoint.macros:
        return list(context.checkpoint.macros)
    points = context.points
    low, high = np.quantile(points, REACH, axis=0)
    learned = PAIRS if hasattr(context.checkpoint.model, "tag_posterior") else ()
    names = [pair.name for pair in learned]
    names += [f"z[{axis}]" for axis in range(len(names), points.shape[1])]
    widest = np.argsort(-points.var(0), kind="stable").tolist()
    return [Macro(names[i], i, float(low[i]), float(high[i])) for i in widest]


def macro_parameters(context: FigureContext, latent: Latent) -> Section:
    """Draw the strongest knobs that are not named after tags."""
    macros = [macro for macro in knobs_of(context) if not is_semantic(macro)]
    title = "Macro-parameters"
    if not macros:
        return Section("macros", title, LEAD, omitted=ALL_SEMANTIC)
    runs = [traverse(context, latent, macro) for macro in macros[:KNOBS]]
    plates, numbers = turn(context, runs, "macro", SHOWN)
    return Section("macros", title, LEAD, plates, {"knobs": numbers})


def traverse(context: FigureContext, latent: Latent, macro: Macro) -> Traversal:
    """Return the presets along a knob's axis, with all other dimensions at the central preset.

    Args:
        context: The run.
        latent: The latent space of the model.
        macro: The knob.

    Returns:
        Presets and their z, from the knob's low to its high.
    """
    values = np.linspace(macro.low, macro.high, FINE, dtype=np.float32)
    z = np.repeat(context.rest[None], FINE, 0)
    z[:, macro.axis] = values
    like = np.repeat(context.checkpoint.start[None], FINE, 0)
    return Traversal(macro, values, float(context.rest[macro.axis]), latent.unit(z, like))


def turn(
    context: FigureContext,
    runs: Sequence[Traversal],
    prefix: str,
    shown: int,
    sides: Sequence[TagSeparation | None] | None = None,
) -> tuple[tuple[Plate, ...], list[dict[str, Any]]]:
    """Render all knobs together; draw and measure each.

    Args:
        context: The run.
        runs: Presets of each knob.
        prefix: Start of the file names.
        shown: Number of parameters to show for each knob.
        sides: Tagged clips of each knob, or None.

    Returns:
        A plate for each knob, and its numbers.
    """
    sounds = context.play(np.concatenate([run.unit[PLAYED] for run in runs]), context.note)
    usual = usual_range(context.analyses)
    plates, numbers = [], []
    for n, (run, side) in enumerate(zip(runs, sides or [None] * len(runs), strict=True)):
        mine = sounds[n * STEPS : (n + 1) * STEPS]
        found = measure(run, mine, context.spec, shown)
        text = caption(run, found)
        if side is not None:
            found["tagged"], text = side.numbers(), text + side.caption()
        drawn = AxisSweep(run.z, run.unit, run.rest, run.z[PLAYED], mine, usual)
        figure = draw(drawn, context.spec, shown, side)
        plates.append(_plate(context, run, mine, figure, f"{prefix}-{n + 1}", text))
        numbers.append(found)
    return tuple(plates), numbers


def _plate(
    context: FigureContext,
    run: Traversal,
    sounds: list[ClipAnalysis],
    figure: Figure,
    name: str,
    text: str,
) -> Plate:
    labels = [f"z = {run.z[i]:.2f}" for i in PLAYED]
    return Plate(
        context.keep_picture(figure, name),
        f"Parameters, spectrograms and descriptors along the knob {run.macro.name}",
        text,
        run.macro.name,
        context.keep_row(sounds, name, labels, "all steps in a row, 1.5 s each"),
    )


def usual_range(analyses: Sequence[ClipAnalysis]) -> dict[str, tuple[float, float]]:
    """Return the 10 % and 90 % quantiles of each descriptor over the test clips."""
    found = {}
    for name in DESCRIPTORS:
        low, high = np.quantile([sound.descriptors[name] for sound in analyses], (0.1, 0.9))
        found[name] = (float(low), float(high))
    return found


def measure(
    run: Traversal, sounds: Sequence[ClipAnalysis], spec: SynthSpec, shown: int
) -> dict[str, Any]:
    """Measure parameters, distances and descriptors along a knob.

    Args:
        run: Presets of the knob.
        sounds: Their renders, at the ``PLAYED`` steps.
        spec: The synth.
        shown: Number of parameters to report.

    Returns:
        Numbers for ``figures.json``.
    """
    steps = step_distances(sounds, spec)
    ends = TargetDistance(sounds[0].samples, spec.sample_rate).distance(sounds[-1].samples).j
    top = varying(run.unit, shown)
    return {
        "name": run.macro.name,
        "axis": run.macro.axis,
        "z": [finite(float(run.z[i])) for i in PLAYED],
        "rest": finite(run.rest),
        "parameters": {spec.names[i]: [finite(x) for x in run.unit[PLAYED, i]] for i in top},
        "parameter_variance": {spec.names[i]: finite(run.unit[:, i].var(), 6) for i in top},
        "j_steps_db": [finite(j) for j in steps],
        "j_ends_db": finite(ends),
        "descriptors": {
            name: [finite(sound.descriptors[name]) for sound in sounds] for name in DESCRIPTORS
        },
        "status": [sound.status for sound in sounds],
    }


def caption(run: Traversal, found: dict[str, Any]) -> str:
    """Describe what the knob does, in words and numbers."""
    steps, low, high = found["j_steps_db"], run.macro.low, run.macro.high
    moved = [
        f"{plain(name)} {min(values):.2f} to {max(values):.2f}"
        for name, values in found["parameters"].items()
    ]
    return (
        f"z[{run.macro.axis}] from {low:.2f} to {high:.2f}. The dashed line is the central preset "
        f"({run.rest:.2f}{'' if low <= run.rest <= high else ', outside the range'}). "
        "Grey bands contain four of five test clips. These parameters move most (unit values): "
        f"{', '.join(moved)}. The distance of both ends is {found['j_ends_db']:.1f} dB (J). A step "
        f"is {np.mean(steps):.1f} dB on average and {max(steps):.1f} dB at most."
    )
