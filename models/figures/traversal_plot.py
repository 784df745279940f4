"""Plot one latent axis: parameters, spectrograms and descriptors along it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from datasets.spec import FloatArray, SynthSpec
from models.audio.descriptors import DESCRIPTORS
from models.figures.clip_analysis import ClipAnalysis
from models.figures.plotting import (
    CURVES,
    FAINT,
    INFERRED,
    REST,
    TRUE,
    WIDTH,
    in_a_row,
    new_figure,
    show_curves,
    show_strip,
    stacked,
    varying,
    with_unit,
)
from models.figures.tag_separation import TagSeparation

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

HEIGHT, SIDE = 6.2, 3.4  # inches
BINS = (8, 24)  # smallest and largest number


@dataclass(frozen=True)
class AxisSweep:
    """Hold the data to draw of a knob that turns over its range.

    Attributes:
        z: Values along the axis, (FINE,).
        unit: The presets, (FINE, P).
        rest: z of the central preset.
        rendered_z: z of the rendered presets, (STEPS,).
        sounds: Their renders, (STEPS,).
        usual: 10 % and 90 % quantiles of the test clips, by descriptor.
    """

    z: FloatArray
    unit: FloatArray
    rest: float
    rendered_z: FloatArray
    sounds: Sequence[ClipAnalysis]
    usual: Mapping[str, tuple[float, float]]


def draw(
    turn: AxisSweep, spec: SynthSpec, shown: int, sides: TagSeparation | None = None
) -> Figure:
    """Draw curves, spectrograms and descriptors, with the histogram of a tag pair on their left.

    Args:
        turn: The data to draw.
        spec: The synth.
        shown: Number of parameters to draw.
        sides: Tagged clips of the axis; None draws no histogram.

    Returns:
        The figure.
    """
    figure = new_figure(WIDTH, HEIGHT)
    place: Figure | SubFigure = figure
    if sides is not None:
        widths = [SIDE, WIDTH - SIDE]
        left, place = figure.subfigures(1, 2, width_ratios=widths, squeeze=False)[0]
        _histogram(left.subplots(), turn, sides)
    above, middle, below = stacked(place, (2.2, 1.7, 1.9))
    _parameters(above.subplots(), turn, spec, shown)
    titles = [f"z = {z:.2f}" for z in turn.rendered_z]
    show_strip(middle, [sound.mel for sound in turn.sounds], titles, spec)
    _descriptors(below, turn)
    return figure


def _parameters(axis: Axes, turn: AxisSweep, spec: SynthSpec, shown: int) -> None:
    show_curves(axis, turn.z, turn.unit, varying(turn.unit, shown), spec)
    axis.set(xlabel="z", title=f"the {shown} parameters that vary most")
    _mark_rest(axis, turn)


def _mark_rest(axis: Axes, turn: AxisSweep) -> None:
    if turn.z[0] <= turn.rest <= turn.z[-1]:
        axis.axvline(turn.rest, color=REST, linestyle="--", linewidth=1)


def _descriptors(place: Figure | SubFigure, turn: AxisSweep) -> None:
    """Draw a small panel for each descriptor, because units differ; grey marks most test clips."""
    for axis, name in zip(in_a_row(place, len(DESCRIPTORS)), DESCRIPTORS, strict=True):
        values = [sound.descriptors[name] for sound in turn.sounds]
        axis.axhspan(*turn.usual[name], color=FAINT, alpha=0.35, linewidth=0)
        axis.plot(turn.rendered_z, values, "o-", color=CURVES[2], markersize=3, linewidth=1.5)
        _mark_rest(axis, turn)
        axis.set_title(with_unit(name), fontsize=8)
        axis.set_xlabel("z")
        axis.tick_params(labelsize=7)


def _histogram(axis: Axes, turn: AxisSweep, sides: TagSeparation) -> None:
    """Draw the clips' positions: all in grey, each tag in its colour, as shares of their group."""
    reach = np.concatenate([sides.everything, turn.z[[0, -1]]])
    bins = int(np.clip(np.sqrt(len(sides.everything)), *BINS))
    edges = np.linspace(float(reach.min()), float(reach.max()), bins + 1).tolist()
    groups: list[tuple[str, FloatArray, dict[str, Any]]] = [
        ("all test clips", sides.everything, {"color": FAINT, "histtype": "stepfilled"}),
        (sides.words[0], sides.negative, {"color": TRUE, "histtype": "step", "linewidth": 2}),
        (sides.words[1], sides.positive, {"color": INFERRED, "histtype": "step", "linewidth": 2}),
    ]
    for label, values, style in groups:
        if len(values):
            share = np.full(len(values), 1 / len(values))
            axis.hist(values, edges, weights=share, label=f"{label} ({len(values)})", **style)
    axis.set(xlabel="z", ylabel="share of the clips in a bin", title="positions of the clips")
    axis.legend(loc="upper center", bbox_to_anchor=(0.5, -0.12))
