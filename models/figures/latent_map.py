"""Map the latent space: show test clips on its two main directions, coloured by tag.

If a dataset has no tags, the colours show the descriptors.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import cdist

from datasets.spec import FloatArray
from datasets.tags import PAIRS
from models.audio.descriptors import DESCRIPTORS
from models.figures.clips import clip_signs
from models.figures.context import FigureContext, finite
from models.figures.document import Plate, Section
from models.figures.latent import Latent
from models.figures.plotting import CURVES, FAINT, INFERRED, TRUE, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMNS, WORDS = 3, 6
LEAST_TAGGED = 2  # clips that a panel needs on each side of a pair
NEIGHBOURS = 5
Drawn = tuple["Figure", str, dict[str, Any]]  # picture, caption, numbers


def latent_map(context: FigureContext, latent: Latent) -> Section:
    """Draw a panel for each pair of tags, else one for all words, else one for each descriptor."""
    place, share = principal(context.points)
    signs = clip_signs(context.clips)[: len(place)]
    tagged = np.minimum((signs < 0).sum(0), (signs > 0).sum(0))
    pairs = np.flatnonzero(tagged >= LEAST_TAGGED).tolist()
    words = Counter(word for tags in context.clips.tags[: len(place)] for word in sorted(tags))
    if pairs:
        figure, caption, found = _by_pair(context.points, place, signs, pairs)
    elif words:
        figure, caption, found = _by_word(context, place, words)
    else:
        figure, caption, found = _by_descriptor(context, place)
    figure.supxlabel(f"first direction of z ({share[0]:.0%} of its variance)", fontsize=9)
    figure.supylabel(f"second ({share[1]:.0%})", fontsize=9)
    lead = (
        f"{len(place)} test clips on the two main directions of z (principal components, "
        f"{float(share.sum()):.0%} of the variance). Points are {latent.origin}."
    )
    numbers = {"clips": len(place), "variance_shares": [finite(x) for x in share], **found}
    picture = context.keep_picture(figure, "latent-map")
    plate = Plate(picture, f"Test clips in the latent plane, by {found['coloured_by']}", caption)
    return Section("latent_map", "Latent map", lead, (plate,), numbers)


def principal(points: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return points (N, C) on their two main directions (N, 2), and the shares of variance (2,).

    The directions are the principal components. The largest component of each one is positive, so a
    map is never mirrored.
    """
    centred = (points - points.mean(0)).astype(np.float64)
    centred = np.pad(centred, ((0, 0), (0, max(0, 2 - centred.shape[1]))))
    _, values, directions = np.linalg.svd(centred, full_matrices=False)
    largest = np.take_along_axis(directions, np.abs(directions).argmax(1)[:, None], 1)
    place = centred @ (directions * np.sign(largest))[:2].T
    share = np.square(values[:2]) / max(float(np.square(values).sum()), 1e-12)
    return place.astype(np.float32), share.astype(np.float32)


def _by_pair(
    points: FloatArray, place: FloatArray, signs: npt.NDArray[np.int8], pairs: Sequence[int]
) -> Drawn:
    """Draw a panel for each pair of tags."""
    figure, axes = _panels(len(pairs))
    found = []
    for axis, i in zip(axes, pairs, strict=True):
        pair = PAIRS[i]
        sides = {-1: TRUE, 1: INFERRED}
        _dots(axis, place[signs[:, i] == 0], FAINT, "")
        for side, word in zip((-1, 1), pair.words, strict=True):
            _dots(axis, place[signs[:, i] == side], sides[side], word)
        axis.legend(loc="upper center", bbox_to_anchor=(0.5, -0.06), ncols=2)
        known = signs[:, i] != 0
        agree = agreement(points[known], signs[known, i])
        most = max((signs[:, i] < 0).sum(), (signs[:, i] > 0).sum()) / known.sum()
        axis.set_title(f"{pair.name}: {agree:.0%} agree")
        counts = [int((signs[:, i] < 0).sum()), int((signs[:, i] > 0).sum())]
        found.append(
            {
                "pair": list(pair.words),
                "counts": counts,
                "neighbours_agree": finite(agree),
                "largest_side": finite(float(most)),
            }
        )
    caption = (
        f"Grey clips have neither word. For each tagged clip, the {NEIGHBOURS} nearest tagged "
        "clips in z (all dimensions) vote for a word. The titles show for how many clips the vote "
        "is right. A guess of the more frequent word is right for "
        + ", ".join(f"{row['largest_side']:.0%}" for row in found)
        + ". Look for colours that form separate groups."
    )
    return figure, caption, {"coloured_by": "tag pairs", "pairs": found}


def agreement(points: FloatArray, signs: npt.NDArray[np.int8]) -> float:
    """Return the share of points whose nearest others vote for their sign.

    ``points`` have shape (N, C); ``signs`` (N,) are -1 or +1.
    """
    distances = cdist(points, points)
    np.fill_diagonal(distances, np.inf)
    nearest = np.argsort(distances, axis=1, kind="stable")[:, : min(NEIGHBOURS, len(points) - 1)]
    return float((signs[nearest].sum(1) * signs > 0).mean())


def _by_word(context: FigureContext, place: FloatArray, words: Counter[str]) -> Drawn:
    """Colour clips by the most frequent words; a clip with several takes its most frequent one."""
    figure, (axis,) = _panels(1)
    shown = sorted(words, key=lambda word: (-words[word], word))[:WORDS]
    tags = context.clips.tags[: len(place)]
    first = [next((word for word in shown if word in own), "") for own in tags]
    for word, colour in (("", FAINT), *zip(shown, CURVES, strict=False)):
        _dots(axis, place[[own == word for own in first]], colour, word)
    axis.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    counts = {word: words[word] for word in shown}
    listed = ", ".join(f"{word} ({count})" for word, count in counts.items())
    caption = f"Colours show the most frequent words: {listed}. Look for words that form groups."
    return figure, caption, {"coloured_by": "words", "words": counts}


def _by_descriptor(context: FigureContext, place: FloatArray) -> Drawn:
    """Draw a panel for each descriptor."""
    figure, axes = _panels(len(DESCRIPTORS))
    place = place[: len(context.analyses)]
    x, y = place.T
    found = {}
    for axis, name in zip(axes, DESCRIPTORS, strict=True):
        values = np.array([sound.descriptors[name] for sound in context.analyses[: len(place)]])
        dots = axis.scatter(x, y, c=values, s=18, cmap="viridis", linewidths=0)
        figure.colorbar(dots, ax=axis, label=DESCRIPTORS[name].unit, aspect=25)
        ranks = [rank_correlation(place[:, i], values) for i in range(2)]
        axis.set_title(f"{name}: rank r {ranks[0]:z.2f}, {ranks[1]:z.2f}")
        found[name] = [finite(rank) for rank in ranks]
    caption = (
        "The dataset has no tags, so colours show descriptors of the sounds. The titles show the "
        "rank correlation r with each direction. Look for colours that change smoothly."
    )
    return figure, caption, {"coloured_by": "descriptors", "rank_correlations": found}


def rank_correlation(a: FloatArray, b: npt.NDArray[np.floating[Any]]) -> float:
    """Return Spearman's rank correlation, without ties; 0 if all values are equal."""
    if len(a) < 2 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return 0.0
    ranks = [np.argsort(np.argsort(x, kind="stable"), kind="stable") for x in (a, b)]
    return round(float(np.corrcoef(ranks[0], ranks[1])[0, 1]), 4) + 0.0


def _panels(count: int) -> tuple[Figure, list[Axes]]:
    """Return a figure with ``count`` panels, and the panels."""
    rows = -(-count // COLUMNS)
    columns = min(count, COLUMNS)
    figure = new_figure(4.8 * columns + 0.6, 3.9 * rows + 0.4)
    axes = list(figure.subplots(rows, columns, squeeze=False).flat)
    for spare in axes[count:]:
        spare.set_axis_off()
    return figure, axes[:count]


def _dots(axis: Axes, place: FloatArray, colour: str, word: str) -> None:
    label = f"{word} ({len(place)})" if word else None
    axis.scatter(place[:, 0], place[:, 1], s=16, color=colour, linewidths=0, alpha=0.8, label=label)
