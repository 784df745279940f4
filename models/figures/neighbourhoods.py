"""Figure 5, first part: presets around two distant presets in the latent space.

Section 5.3 of the paper: its hypothesis is that neighbours in z sound alike although their
parameters differ. Two things are needed to judge that: how much unrelated presets differ, and how
presets sound that were moved as far, but in random directions of parameter space.
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

SAMPLES, SIGMA = 8, 0.5  # around each preset; of the prior's scale, which is 1 in each dimension
PAIR_FROM = 64  # clips that the distant pair is chosen from


@dataclass(frozen=True)
class Spot:
    """A test preset and what was tried around it."""

    name: str
    clip: int  # of the dataset
    z: FloatArray  # (C,)
    centre: FloatArray  # (P,)
    near: FloatArray  # (SAMPLES, P) by random steps in z
    control: FloatArray  # (SAMPLES, P) by steps as long in random directions of the parameters


def distant_pair(points: FloatArray) -> tuple[int, int]:
    """Two of the first points (N, C) that lie far apart, though each is an ordinary one.

    Only the half nearest to the middle is asked: the farthest of all are outliers.
    """
    points = points[:PAIR_FROM]
    middle = np.linalg.norm(points - points.mean(0), axis=1)
    ordinary = np.flatnonzero(middle <= np.median(middle))
    if len(ordinary) < 2:
        ordinary = np.arange(len(points))
    apart = np.linalg.norm(points[ordinary, None] - points[ordinary], axis=2)
    first, second = np.unravel_index(int(apart.argmax()), apart.shape)
    return int(ordinary[first]), int(ordinary[second])


def explore(context: FigureContext, latent: Latent, row: int, name: str) -> Spot:
    """Random steps around a clip, in z and, as long, among the parameters."""
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
    """Presets as far from the centre (P,) as each of ``near`` (N, P), in random directions.

    Only continuous parameters move, as in z; a step that would leave 0..1 goes the other way.
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
    """How a spot sounds, all at one note."""

    centre: ClipAnalysis
    near: list[ClipAnalysis]
    control: list[ClipAnalysis]


def judge(
    spot: Spot, played: Played, others: FloatArray, unrelated: list[ClipAnalysis], spec: SynthSpec
) -> dict[str, Any]:
    """Variances and distances around a spot, and those of unrelated presets to compare with."""
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
    """The picture of one neighbourhood, its sounds and its numbers."""
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
        f"The neighbours keep {100 * shares[0]:.0f} % of the parameter variance of unrelated "
        f"presets, and {100 * shares[1]:.0f} % of their audio variance. "
        if None not in shares
        else ""
    )
    return (
        f"Preset {spot.name} (clip {spot.clip}) and {SAMPLES} random points around it "
        f"({SIGMA:g} of the prior's standard deviation in every dimension). {share}"
        f"They lie {near['j_db']:.1f} dB (J) from the preset, unrelated presets "
        f"{other['j_db']:.1f} dB; moving the parameters as far in random directions gives "
        f"{control['j_db']:.1f} dB. {_verdict(near, control)} "
        "Look for an upper row that keeps its shape while the dots below scatter; the second row "
        "is the control."
    )


def _verdict(near: dict[str, Any], control: dict[str, Any]) -> str:
    """Whether the two groups' mean J differ by more than two standard errors."""
    a, b = (np.array(group["j_each_db"], np.float64) for group in (near, control))
    error = math.sqrt(a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b))
    if abs(a.mean() - b.mean()) <= 2 * error:
        return f"Between those two, {SAMPLES} samples each tell no difference."
    return f"The latent neighbours sound {'nearer' if a.mean() < b.mean() else 'farther'}."


def _draw(spot: Spot, played: Played, numbers: dict[str, Any], spec: SynthSpec) -> Figure:
    """Neighbours and control, each beside the preset, above the neighbours' parameters."""
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
    """Every parameter of the preset, and of its neighbours."""
    x = np.arange(len(spec))
    for i, unit in enumerate(spot.near):
        label = "neighbours in z" if i == 0 else None
        offset = (i - (SAMPLES - 1) / 2) * 0.06
        axis.scatter(x + offset, unit, s=12, color=INFERRED, linewidths=0, label=label)
    axis.hlines(spot.centre, x - 0.4, x + 0.4, color=TRUE, linewidth=2, label="the preset")
    axis.set_xticks(x, [plain(name) for name in spec.names], rotation=90, fontsize=7)
    axis.set(ylim=(-0.05, 1.05), xlim=(-0.7, len(spec) - 0.3), ylabel="position in its range")
    axis.grid(axis="y", color=FAINT, linewidth=0.4)
    axis.set_axisbelow(True)
    axis.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))


def _table(numbers: dict[str, Any]) -> tuple[tuple[str, ...], ...]:
    rows = {"neighbours in z": "latent", "as far at random": "control", "unrelated": "unrelated"}
    heads = (
        *("presets", "parameter variance, of a squared range", "audio variance, dB²"),
        *("distance in parameters, RMS of a range", "J to the preset, dB"),
    )
    keys = ("parameter_variance", "audio_variance_db2", "parameter_distance", "j_db")
    body = [(said, *(f"{numbers[group][key]:.3g}" for key in keys)) for said, group in rows.items()]
    return (heads, *body)
