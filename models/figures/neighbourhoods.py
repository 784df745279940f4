"""Draw figure 5, first part: presets around two distant presets in the latent space.

Section 5.3 of the paper. Its hypothesis: neighbours in z sound similar although their parameters
differ. Two comparisons test that. The first is with unrelated presets. The second is with presets
that are as far away, but in random directions of the parameters.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from datasets.spec import FloatArray, SynthSpec
from models.audio.distance import TargetDistance
from models.figures.clip_analysis import ClipAnalysis
from models.figures.context import FigureContext, finite
from models.figures.document import Plate
from models.figures.latent import Latent
from models.figures.plotting import (
    FAINT,
    INFERRED,
    TRUE,
    WIDTH,
    new_figure,
    plain,
    show_strip,
    stacked,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Neighbours of each preset, and the standard deviation of their steps. That of the prior is 1.
SAMPLES, SIGMA = 8, 0.5
PAIR_FROM = 64  # clips to choose the distant pair from


@dataclass(frozen=True)
class Spot:
    """Hold a test preset and the presets around it.

    Attributes:
        name: A letter for the report.
        clip: Index of the clip in the dataset.
        z: Point of the preset, (C,).
        centre: The preset as the model maps the point back, (P,).
        near: Presets at random steps in z, (SAMPLES, P).
        control: Presets at steps of the same length in random directions of the parameters,
            (SAMPLES, P).
    """

    name: str
    clip: int
    z: FloatArray
    centre: FloatArray
    near: FloatArray
    control: FloatArray


def distant_pair(points: FloatArray) -> tuple[int, int]:
    """Return two of the first points (N, C) that are far from each other, but not outliers.

    Only the half nearest to the mean can be chosen, because the farthest points are outliers.
    """
    points = points[:PAIR_FROM]
    middle = np.linalg.norm(points - points.mean(0), axis=1)
    ordinary = np.flatnonzero(middle <= np.median(middle))
    if len(ordinary) < 2:
        ordinary = np.arange(len(points))
    gaps = np.linalg.norm(points[ordinary, None] - points[ordinary], axis=2)
    first, second = np.unravel_index(int(gaps.argmax()), gaps.shape)
    return int(ordinary[first]), int(ordinary[second])


def explore(context: FigureContext, latent: Latent, row: int, name: str) -> Spot:
    """Take random steps around a clip in z, and steps of the same length in the parameters.

    Args:
        context: The run.
        latent: The latent space of the model.
        row: Row of the clip among the test clips.
        name: A letter for the report.

    Returns:
        The presets around the clip.
    """
    random = np.random.default_rng([context.seed, row])
    z, preset = context.points[row], context.clips.unit[row]
    noise = random.standard_normal((SAMPLES, len(z))).astype(np.float32)
    like = np.repeat(preset[None], SAMPLES + 1, 0)
    units = latent.unit(np.concatenate([z[None], z + SIGMA * noise]), like)
    centre, near = units[0], units[1:]
    control = context.spec.snap(_as_far(centre, near, context.spec, random))
    return Spot(name, int(context.clips.index[row]), z, centre, near, control)


def _as_far(
    centre: FloatArray, near: FloatArray, spec: SynthSpec, random: np.random.Generator
) -> FloatArray:
    """Return presets as far from the centre (P,) as ``near`` (N, P), in random directions.

    Only continuous parameters move, as in z. A step that would leave 0..1 goes the other way.
    """
    moved = near.copy()
    at = spec.continuous
    for row, goal in zip(moved, near, strict=True):
        length = float(np.linalg.norm(goal[at] - centre[at]))
        step = random.standard_normal(len(at))
        step *= length / max(float(np.linalg.norm(step)), 1e-9)
        outside = (centre[at] + step < 0) | (centre[at] + step > 1)
        row[at] = np.clip(centre[at] + np.where(outside, -step, step), 0, 1)
    return moved


@dataclass(frozen=True)
class Played:
    """Hold the renders of a spot, all at one note."""

    centre: ClipAnalysis
    near: list[ClipAnalysis]
    control: list[ClipAnalysis]


def judge(
    spot: Spot, played: Played, others: FloatArray, unrelated: list[ClipAnalysis], spec: SynthSpec
) -> dict[str, Any]:
    """Measure variances and distances around a spot, and those of unrelated presets.

    Args:
        spot: The preset and its neighbours.
        played: Their renders.
        others: Unrelated presets, shape (M, P).
        unrelated: Renders of those.
        spec: The synth.

    Returns:
        Numbers for ``figures.json``.
    """
    target_distance = TargetDistance(played.centre.samples, spec.sample_rate)

    def group(units: FloatArray, sounds: list[ClipAnalysis]) -> dict[str, Any]:
        at = spec.continuous
        steps = np.sqrt(np.square(units[:, at] - spot.centre[at]).mean(1))
        distances = [target_distance.distance(sound.samples).j for sound in sounds]
        return {
            "parameter_variance": finite(float(units[:, at].var(0).mean()), 6),
            "audio_variance_db2": finite(float(np.stack([s.mel for s in sounds]).var(0).mean())),
            "parameter_distance": finite(float(steps.mean())),
            "j_db": finite(float(np.mean(distances))),
            "j_each_db": [finite(j) for j in distances],
        }

    found: dict[str, Any] = {
        "clip": spot.clip,
        "latent": group(spot.near, played.near),
        "control": group(spot.control, played.control),
        "unrelated": group(others, unrelated),
    }
    for key in ("parameter_variance", "audio_variance_db2"):
        whole = found["unrelated"][key]
        found[f"{key}_share"] = finite(found["latent"][key] / whole) if whole else None
    return found


def plate(context: FigureContext, spot: Spot, played: Played, numbers: dict[str, Any]) -> Plate:
    """Draw one neighbourhood, with its sounds and its numbers.

    Args:
        context: The run.
        spot: The preset and its neighbours.
        played: Their renders.
        numbers: The result of ``judge``.

    Returns:
        The picture with its caption, sounds and table.
    """
    key = f"neighbourhood-{spot.name.lower()}"
    labels = ["the preset", *(f"sample {i}" for i in range(1, SAMPLES + 1))]
    sounds = [played.centre, *played.near]
    picture = context.keep_picture(_draw(spot, played, numbers, context.spec), key)
    control = tuple(
        context.keep_sound(sound.samples, f"{key}-control-{i}", f"control {i}")
        for i, sound in enumerate(played.control, 1)
    )
    return Plate(
        picture,
        f"Spectrograms of preset {spot.name} and of {SAMPLES} latent neighbours; their parameters",
        _caption(spot, numbers),
        f"Around preset {spot.name}",
        (*context.keep_row(sounds, key, labels, "all in a row, 1.5 s each"), *control),
        _table(numbers),
    )


def _caption(spot: Spot, numbers: dict[str, Any]) -> str:
    near, control, other = (numbers[k] for k in ("latent", "control", "unrelated"))
    shares = [numbers[f"{key}_share"] for key in ("parameter_variance", "audio_variance_db2")]
    share = (
        f"The neighbours have {100 * shares[0]:.0f} % of the parameter variance of unrelated "
        f"presets, and {100 * shares[1]:.0f} % of their audio variance. "
        if None not in shares
        else ""
    )
    return (
        f"Preset {spot.name} (clip {spot.clip}) and {SAMPLES} random points around it "
        f"({SIGMA:g} of the prior's standard deviation in every dimension). {share}"
        f"Their distance to the preset is {near['j_db']:.1f} dB (J). That of unrelated presets is "
        f"{other['j_db']:.1f} dB. Steps of the same length in random directions of the parameters "
        f"(the control) give {control['j_db']:.1f} dB. {_verdict(near, control)} "
        "In a good model the upper row keeps its shape while the dots below scatter. The second "
        "row is the control."
    )


def _verdict(near: dict[str, Any], control: dict[str, Any]) -> str:
    """Say if the mean J of the two groups differ by more than two standard errors."""
    a, b = (np.array(group["j_each_db"], np.float64) for group in (near, control))
    error = math.sqrt(a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b))
    if abs(a.mean() - b.mean()) <= 2 * error:
        return f"With {SAMPLES} samples each, neighbours and control show no clear difference."
    return f"The neighbours are {'closer' if a.mean() < b.mean() else 'further'} than the control."


def _draw(spot: Spot, played: Played, numbers: dict[str, Any], spec: SynthSpec) -> Figure:
    """Draw neighbours and control, each beside the preset, above the neighbours' parameters."""
    figure = new_figure(WIDTH, 6.4)
    strips = stacked(figure, (5, 5, 8))
    rows = (("in z", "latent", played.near), ("control", "control", played.control))
    for place, (title, key, sounds) in zip(strips[:2], rows, strict=True):
        row = [played.centre, *sounds]
        titles = ["the preset", *(f"{title}: J {j:.1f}" for j in numbers[key]["j_each_db"])]
        show_strip(place, [s.mel for s in row], titles, spec)
    _scatter(strips[2].subplots(), spot, spec)
    return figure


def _scatter(axis: Axes, spot: Spot, spec: SynthSpec) -> None:
    """Draw every parameter of the preset and of its neighbours."""
    x = np.arange(len(spec))
    for i, unit in enumerate(spot.near):
        label = "neighbours in z" if i == 0 else None
        offset = (i - (SAMPLES - 1) / 2) * 0.06
        axis.scatter(x + offset, unit, s=12, color=INFERRED, linewidths=0, label=label)
    axis.hlines(spot.centre, x - 0.4, x + 0.4, color=TRUE, linewidth=2, label="the preset")
    axis.set_xticks(x, [plain(name) for name in spec.names], rotation=90, fontsize=7)
    axis.set(ylim=(-0.05, 1.05), xlim=(-0.7, len(spec) - 0.3), ylabel="unit value")
    axis.grid(axis="y", color=FAINT, linewidth=0.4)
    axis.set_axisbelow(True)
    axis.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))


def _table(numbers: dict[str, Any]) -> tuple[tuple[str, ...], ...]:
    rows = {"neighbours in z": "latent", "control": "control", "unrelated": "unrelated"}
    heads = (
        *("presets", "parameter variance, unit values", "audio variance, dB²"),
        *("distance in parameters, RMS of unit values", "J to the preset, dB"),
    )
    keys = ("parameter_variance", "audio_variance_db2", "parameter_distance", "j_db")
    body = [(text, *(f"{numbers[group][key]:.3g}" for key in keys)) for text, group in rows.items()]
    return (heads, *body)
