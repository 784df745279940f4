"""Draw figure 5: two neighbourhoods, and the straight line in z between them."""

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

STEPS, FINE = 8, 64  # steps of the line to render; steps to draw (7 * 9 + 1)
SHOWN = 6  # parameters to show
PLAYED = np.linspace(0, FINE - 1, STEPS).round().astype(int)


def neighbourhoods(context: FigureContext, latent: Latent) -> Section:
    """Draw two distant test presets, their neighbours, and the line between them."""
    pair = distant_pair(context.points)
    spots = [explore(context, latent, row, name) for row, name in zip(pair, "AB", strict=True)]
    others = context.clips.unit[[i for i in range(len(context.clips)) if i not in pair][:SAMPLES]]
    line = _line(latent, spots)
    groups = [unit for s in spots for unit in (s.centre[None], s.near, s.control)]
    sounds = _play_groups(context, [*groups, others, line[PLAYED]])
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
    numbers["interpolation"] = _measure(line, sounds[-1], context.spec)
    plates.append(_line_plate(context, line, sounds[-1], numbers["interpolation"]))
    lead = _lead(latent, numbers)
    return Section("neighbourhoods", "Latent neighbourhoods", lead, tuple(plates), numbers)


def _line(latent: Latent, spots: Sequence[Spot]) -> FloatArray:
    """Return presets (FINE, P) on the line between two points.

    Stepped parameters are not in the latent space. They change from A's to B's in the middle.
    """
    share = np.linspace(0, 1, FINE, dtype=np.float32)[:, None]
    z = (1 - share) * spots[0].z + share * spots[1].z
    like = np.where(share < 0.5, spots[0].centre, spots[1].centre)
    return latent.unit(z, like)


def _play_groups(context: FigureContext, groups: Sequence[FloatArray]) -> list[list[ClipAnalysis]]:
    """Render several groups of presets (N, P) together; return the sounds of each group."""
    sounds = context.play(np.concatenate(groups), context.note)
    edges = np.cumsum([0, *(len(group) for group in groups)])
    return [sounds[a:b] for a, b in itertools.pairwise(edges)]


def _median_distance(points: FloatArray) -> float:
    points = points[:256]
    return float(np.median(pdist(points)))


def _measure(line: FloatArray, sounds: list[ClipAnalysis], spec: SynthSpec) -> dict[str, Any]:
    """Measure J of each step of the line, and J of both ends."""
    steps = step_distances(sounds, spec)
    ends = TargetDistance(sounds[0].samples, spec.sample_rate).distance(sounds[-1].samples).j
    top = varying(line, SHOWN)
    return {
        "j_steps_db": [finite(j) for j in steps],
        "j_ends_db": finite(ends),
        "parameters": {spec.names[i]: [finite(x) for x in line[PLAYED, i]] for i in top},
    }


def step_distances(sounds: Sequence[ClipAnalysis], spec: SynthSpec) -> list[float]:
    """Return J in dB from each sound to the next."""
    return [
        TargetDistance(a.samples, spec.sample_rate).distance(b.samples).j
        for a, b in itertools.pairwise(sounds)
    ]


def _line_plate(
    context: FigureContext, line: FloatArray, sounds: list[ClipAnalysis], numbers: dict[str, Any]
) -> Plate:
    labels = [f"{n / (STEPS - 1):.2f}" for n in range(STEPS)]
    titles = [f"A  {labels[0]}", *labels[1:-1], f"{labels[-1]}  B"]
    picture = context.keep_picture(_draw(line, sounds, titles, context.spec), "interpolation")
    steps = numbers["j_steps_db"]
    caption = (
        f"{STEPS} steps on the straight line in z from A to B. The distance from A to B is "
        f"{numbers['j_ends_db']:.1f} dB (J). A step is {np.mean(steps):.1f} dB on average "
        f"and {max(steps):.1f} dB at most. In a good model the spectrograms change in small steps "
        "while the parameters above follow curves. A jump in the middle comes from the stepped "
        "parameters, because they are not in the latent space."
    )
    tracks = context.keep_row(sounds, "interpolation", titles, "all in a row, 1.5 s each")
    alt = f"{SHOWN} parameters and {STEPS} spectrograms between preset A and preset B"
    return Plate(picture, alt, caption, "From A to B", tracks)


def _draw(
    line: FloatArray, sounds: list[ClipAnalysis], titles: list[str], spec: SynthSpec
) -> Figure:
    figure = new_figure(WIDTH, 4.6)
    above, below = stacked(figure, (3, 2))
    axis = above.subplots()
    x = np.linspace(0, 1, FINE, dtype=np.float32)
    show_curves(axis, x, line, varying(line, SHOWN), spec)
    axis.set(xlabel="share of the line from A to B", title=f"the {SHOWN} parameters that vary most")
    show_strip(below, [s.mel for s in sounds], titles, spec)
    return figure


def _lead(latent: Latent, numbers: dict[str, Any]) -> str:
    return (
        "Two test presets with a large distance in the latent space "
        f"({numbers['distance']:.1f}; the median of two test clips is "
        f"{numbers['median_distance']:.1f}). Points are {latent.origin}. The standard deviation of "
        f"the prior is 1 in each dimension, and that of the test clips is {numbers['spread']:.2f}. "
        f"All sounds are at note {numbers['note']}. The paper claims that latent neighbours sound "
        "similar although their parameters differ."
    )
