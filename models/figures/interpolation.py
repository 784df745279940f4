"""Figure 5: two neighbourhoods, and the straight line in z between them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.spatial.distance import pdist

from datasets.spec import FloatArray, SynthSpec
from models.audio.distance import TargetDistance
from models.figures.clip_analysis import ClipAnalysis
from models.figures.context import FigureContext, finite
from models.figures.document import Plate, Section
from models.figures.latent import Latent
from models.figures.neighbourhoods import (
    SAMPLES,
    SIGMA,
    Played,
    Spot,
    distant_pair,
    explore,
    judge,
    plate,
)
from models.figures.plotting import WIDTH, new_figure, show_curves, show_strip, stacked, varying

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HEARD, FINE = 8, 64  # steps of the way that are played, that are drawn (7 * 9 + 1)
SHOWN = 6  # parameters
PLAYED = np.linspace(0, FINE - 1, HEARD).round().astype(int)


def neighbourhoods(context: FigureContext, latent: Latent) -> Section:
    """Two distant test presets, all rendered in one go."""
    pair = distant_pair(context.points)
    spots = [explore(context, latent, row, name) for row, name in zip(pair, "AB", strict=True)]
    others = context.clips.unit[[i for i in range(len(context.clips)) if i not in pair][:SAMPLES]]
    way = _way(latent, spots)
    groups = [unit for s in spots for unit in (s.centre[None], s.near, s.control)]
    sounds = _apart(context, [*groups, others, way[PLAYED]])
    numbers: dict[str, Any] = {
        "note": context.note,
        "sigma": SIGMA,
        "distance": finite(float(np.linalg.norm(spots[0].z - spots[1].z))),
        "median_distance": finite(_median_distance(context.points)),
        "spread": finite(float(context.points.std(0).mean())),
    }
    plates = []
    for i, spot in enumerate(spots):
        played = Played(sounds[3 * i][0], sounds[3 * i + 1], sounds[3 * i + 2])
        numbers[spot.name] = judge(spot, played, others, sounds[-2], context.spec)
        plates.append(plate(context, spot, played, numbers[spot.name]))
    numbers["interpolation"] = _measure(way, sounds[-1], context.spec)
    plates.append(_way_plate(context, way, sounds[-1], numbers["interpolation"]))
    lead = _lead(latent, numbers)
    return Section("neighbourhoods", "Latent neighbourhoods", lead, tuple(plates), numbers)


def _way(latent: Latent, spots: Sequence[Spot]) -> FloatArray:
    """Presets (FINE, P) on the line between two points.

    Stepped parameters are not in the latent: they change from A's to B's half way.
    """
    share = np.linspace(0, 1, FINE, dtype=np.float32)[:, None]
    z = (1 - share) * spots[0].z + share * spots[1].z
    like = np.where(share < 0.5, spots[0].centre, spots[1].centre)
    return latent.unit(z, like)


def _apart(context: FigureContext, groups: Sequence[FloatArray]) -> list[list[ClipAnalysis]]:
    """The sounds of several groups of presets (N, P), rendered together."""
    sounds = context.play(np.concatenate(groups), context.note)
    edges = np.cumsum([0, *(len(group) for group in groups)])
    return [sounds[a:b] for a, b in itertools.pairwise(edges)]


def _median_distance(points: FloatArray) -> float:
    points = points[:256]
    return float(np.median(pdist(points)))


def _measure(way: FloatArray, sounds: list[ClipAnalysis], spec: SynthSpec) -> dict[str, Any]:
    """How even the way is: the J of each step, beside that of both ends."""
    steps = step_distances(sounds, spec)
    ends = TargetDistance(sounds[0].samples, spec.sample_rate).distance(sounds[-1].samples).j
    top = varying(way, SHOWN)
    return {
        "j_steps_db": [finite(j) for j in steps],
        "j_ends_db": finite(ends),
        "parameters": {spec.names[i]: [finite(x) for x in way[PLAYED, i]] for i in top},
    }


def step_distances(sounds: Sequence[ClipAnalysis], spec: SynthSpec) -> list[float]:
    """J in dB from each sound to the next."""
    return [
        TargetDistance(a.samples, spec.sample_rate).distance(b.samples).j
        for a, b in itertools.pairwise(sounds)
    ]


def _way_plate(
    context: FigureContext, way: FloatArray, sounds: list[ClipAnalysis], numbers: dict[str, Any]
) -> Plate:
    labels = [f"{n / (HEARD - 1):.2f}" for n in range(HEARD)]
    titles = [f"A  {labels[0]}", *labels[1:-1], f"{labels[-1]}  B"]
    picture = context.keep_picture(_draw(way, sounds, titles, context.spec), "interpolation")
    steps = numbers["j_steps_db"]
    caption = (
        f"{HEARD} steps on the straight line in z from A to B. A and B are "
        f"{numbers['j_ends_db']:.1f} dB (J) apart; a step is {np.mean(steps):.1f} dB on average "
        f"and {max(steps):.1f} dB at most. Look for spectrograms that change in small steps while "
        "the parameters above follow curves, not straight lines. A jump half way is that of the "
        "stepped parameters, which are not in the latent."
    )
    tracks = context.keep_row(sounds, "interpolation", titles, "all in a row, 1.5 s each")
    alt = f"{SHOWN} parameters and {HEARD} spectrograms between preset A and preset B"
    return Plate(picture, alt, caption, "From A to B", tracks)


def _draw(
    way: FloatArray, sounds: list[ClipAnalysis], titles: list[str], spec: SynthSpec
) -> Figure:
    figure = new_figure(WIDTH, 4.6)
    above, below = stacked(figure, (3, 2))
    axis = above.subplots()
    x = np.linspace(0, 1, FINE, dtype=np.float32)
    show_curves(axis, x, way, varying(way, SHOWN), spec)
    axis.set(xlabel="share of the way from A to B", title=f"the {SHOWN} parameters that vary most")
    show_strip(below, [s.mel for s in sounds], titles, spec)
    return figure


def _lead(latent: Latent, numbers: dict[str, Any]) -> str:
    return (
        "Two test presets that lie far apart in the latent space "
        f"({numbers['distance']:.1f}; two test clips are {numbers['median_distance']:.1f} apart "
        f"in the median). Points are {latent.origin}; the prior is a normal distribution of "
        f"standard deviation 1 in each dimension, test clips spread by {numbers['spread']:.2f}. "
        f"All is played at note {numbers['note']}. "
        "The paper's claim is that latent neighbours sound alike though their parameters differ."
    )
