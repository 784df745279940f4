"""Figure 6: the effect of each latent dimension on parameters and sound.

Section 5.4 of the paper. A dimension is moved over its range while the others rest where the
central preset lies.
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

KNOBS, SHOWN = 8, 5  # knobs at most; parameters of each
HEARD, FINE = 8, 64  # steps that are played, that are drawn (7 * 9 + 1)
PLAYED = np.linspace(0, FINE - 1, HEARD).round().astype(int)
REACH = (0.02, 0.98)  # quantiles of the test clips' z, where a model comes without macros
LEAD = (
    "Each latent dimension as one knob, moved over its range while all others rest at the central "
    "preset. Above: the parameters that vary most. In the middle: how the preset sounds on the "
    "way. Below: what is measured on those sounds. A good knob is smooth in all three, and does "
    "one thing to the ear while several parameters bend together."
)

ALL_SEMANTIC = "every knob of this model is named after a pair of tags and shown as such"


@dataclass(frozen=True)
class Traversal:
    """A knob turned from end to end."""

    macro: Macro
    z: FloatArray  # (FINE,) along its axis
    rest: float  # z of the central preset there
    unit: FloatArray  # (FINE, P)


def knobs_of(context: FigureContext) -> list[Macro]:
    """The model's macros; of a model without them, its latent dimensions, the widest first.

    The paper chooses dimensions by variance. The first ones of a model that learned tag pairs are
    those pairs (``models.networks.semantic``), and named so.
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
    """The strongest knobs that are not named after tags."""
    macros = [macro for macro in knobs_of(context) if not is_semantic(macro)]
    title = "Macro-parameters"
    if not macros:
        return Section("macros", title, LEAD, omitted=ALL_SEMANTIC)
    runs = [traverse(context, latent, macro) for macro in macros[:KNOBS]]
    plates, numbers = turn(context, runs, "macro", SHOWN)
    return Section("macros", title, LEAD, plates, {"knobs": numbers})


def traverse(context: FigureContext, latent: Latent, macro: Macro) -> Traversal:
    """Presets along a knob's axis, everything else at the central preset."""
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
    """Play all knobs in one go; a plate and the numbers of each."""
    sounds = context.play(np.concatenate([run.unit[PLAYED] for run in runs]), context.note)
    usual = usual_range(context.heard)
    plates, numbers = [], []
    for n, (run, side) in enumerate(zip(runs, sides or [None] * len(runs), strict=True)):
        mine = sounds[n * HEARD : (n + 1) * HEARD]
        found = measure(run, mine, context.spec, shown)
        said = caption(run, found)
        if side is not None:
            found["tagged"], said = side.numbers(), said + side.caption()
        drawn = AxisSweep(run.z, run.unit, run.rest, run.z[PLAYED], mine, usual)
        figure = draw(drawn, context.spec, shown, side)
        plates.append(_plate(context, run, mine, figure, f"{prefix}-{n + 1}", said))
        numbers.append(found)
    return tuple(plates), numbers


def _plate(
    context: FigureContext,
    run: Traversal,
    sounds: list[ClipAnalysis],
    figure: Figure,
    name: str,
    said: str,
) -> Plate:
    labels = [f"z = {run.z[i]:.2f}" for i in PLAYED]
    return Plate(
        context.keep_picture(figure, name),
        f"Parameters, spectrograms and descriptors along the knob {run.macro.name}",
        said,
        run.macro.name,
        context.keep_row(sounds, name, labels, "the whole turn, 1.5 s a step"),
    )


def usual_range(heard: Sequence[ClipAnalysis]) -> dict[str, tuple[float, float]]:
    """10 and 90 % quantiles of each descriptor over the test clips."""
    found = {}
    for name in DESCRIPTORS:
        low, high = np.quantile([sound.descriptors[name] for sound in heard], (0.1, 0.9))
        found[name] = (float(low), float(high))
    return found


def measure(
    run: Traversal, sounds: Sequence[ClipAnalysis], spec: SynthSpec, shown: int
) -> dict[str, Any]:
    """Parameters, distances and descriptors along a knob."""
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
    """What the knob does, in words and numbers."""
    steps, low, high = found["j_steps_db"], run.macro.low, run.macro.high
    moved = [
        f"{plain(name)} {min(values):.2f} to {max(values):.2f}"
        for name, values in found["parameters"].items()
    ]
    return (
        f"z[{run.macro.axis}] from {low:.2f} to {high:.2f}. The dashed line is where the central "
        f"preset rests ({run.rest:.2f}{'' if low <= run.rest <= high else ', outside the range'}); "
        "grey bands hold four of five test clips. Moved most, as positions in their ranges: "
        f"{', '.join(moved)}. Both ends are {found['j_ends_db']:.1f} dB (J) apart; a step is "
        f"{np.mean(steps):.1f} dB on average and {max(steps):.1f} dB at most."
    )
