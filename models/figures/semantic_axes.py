"""Draw figure 7: latent dimensions that learned a pair of tags (section 5.5)."""

from __future__ import annotations

import numpy as np

from datasets.tags import PAIRS, TagPair
from models.figures.clips import clip_signs
from models.figures.context import FigureContext
from models.figures.document import Section
from models.figures.latent import Latent
from models.figures.tag_separation import TagSeparation
from models.figures.traversal import KNOBS, Traversal, knobs_of, traverse, turn
from models.training.macros import is_semantic

SHOWN = 6  # parameters to show, as in the paper
LEAD = (
    "Dimensions in which the disentangling flow learned a pair of words. Left: the positions of "
    "test clips tagged with either word. In a good model the two shapes separate. Right: the knob "
    "turned from the first word to the second, as above."
)
NONE = "no macro of this model is named after a pair of tags: it was trained without tags"


def semantic_macros(context: FigureContext, latent: Latent) -> Section:
    """Draw the knobs that are named after tags, with the clips that have these tags."""
    macros = [macro for macro in knobs_of(context) if is_semantic(macro)][:KNOBS]
    title = "Semantic macro-parameters"
    if not macros:
        return Section("semantic", title, LEAD, omitted=NONE)
    runs = [traverse(context, latent, macro) for macro in macros]
    sides = [sides_of(context, run) for run in runs]
    plates, numbers = turn(context, runs, "semantic", SHOWN, sides)
    return Section("semantic", title, LEAD, plates, {"knobs": numbers})


def sides_of(context: FigureContext, run: Traversal) -> TagSeparation:
    """Return the positions of the tagged clips on a knob's axis."""
    at = context.points[:, run.macro.axis]
    negative, positive = run.macro.name.split("/", 1)
    words = (negative.strip(), positive.strip())
    pair = [i for i, known in enumerate(PAIRS) if _same(known, words)]
    signs = np.zeros(len(at), np.int8)
    if pair:
        signs = clip_signs(context.clips)[: len(at), pair[0]]
    return TagSeparation(words, at, at[signs < 0], at[signs > 0])


def _same(pair: TagPair, words: tuple[str, str]) -> bool:
    return list(pair.words) == [word.lower() for word in words]
