"""``patchwright figures``: draw every figure that a model supports.

report.html      the figures with captions and players
figures.json     every number that stands in it
pictures/*.png   sounds/*.flac
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from datasets.atomic_write import replace_file
from datasets.errors import StoreError
from datasets.storage.store import Store, open_store
from models.checkpoint import Checkpoint
from models.figures.clips import TestClips, draw_test_clips
from models.figures.context import PICTURES, SOUNDS, FigureContext, hear_first
from models.figures.document import Section
from models.figures.html import page
from models.figures.interpolation import neighbourhoods
from models.figures.latent import Latent, open_latent
from models.figures.latent_map import latent_map
from models.figures.plotting import styled
from models.figures.reconstruction import reconstruction
from models.figures.semantic_axes import semantic_macros
from models.figures.traversal import macro_parameters
from models.matching.export import prepare_folder
from models.networks.registry import Network
from renderer.workers.pool import RenderPool

CLIPS, HEARD = 2000, 240  # of the test split: placed in the latent space; listened to
SPARE = 3  # clips beyond the examples: a pair to compare, and others to compare it with
LATENT_FIGURES: tuple[tuple[str, str, Callable[[FigureContext, Latent], Section]], ...] = (
    ("neighbourhoods", "Latent neighbourhoods", neighbourhoods),
    ("macros", "Macro-parameters", macro_parameters),
    ("semantic", "Semantic macro-parameters", semantic_macros),
    ("latent_map", "Latent map", latent_map),
)
NO_LATENT = "this model goes straight from a sound to parameters and has no latent space"


def make_figures(
    checkpoint: Checkpoint[Network],
    dataset: Path,
    out: Path,
    seed: int = 0,
    workers: int = 2,
    examples: int = 4,
    tell: Callable[[str], None] = lambda line: None,
) -> Path:
    """Make all figures; the path of the report. The same seed gives the same figures.

    Raises StoreError when the dataset is of another synth or has too few test clips, RenderError
    when the synth does not load.
    """
    store = open_store(dataset)
    _check_synth(store, checkpoint)
    clips = draw_test_clips(store, seed, CLIPS, examples + SPARE)
    for folder in (out, out / PICTURES, out / SOUNDS):
        prepare_folder(folder)
    tell(f"listening to {min(HEARD, len(clips))} test clips")
    heard = hear_first(clips, HEARD)
    with RenderPool(checkpoint.spec, workers) as pool, styled():
        context = FigureContext(checkpoint, pool, clips, heard, out, seed, examples)
        sections = _sections(context, tell)
    report = out / "report.html"
    replace_file(out / "figures.json", _numbers(checkpoint, clips, seed, sections))
    title = f"What {checkpoint.name} has learned of {checkpoint.spec.name}"
    replace_file(report, page(title, _about(checkpoint, clips, seed), sections).encode())
    return report


def _check_synth(store: Store, checkpoint: Checkpoint[Network]) -> None:
    ours, theirs = checkpoint.spec, store.spec
    if ours.digest() != theirs.digest():
        raise StoreError(
            f"{store.folder} was rendered with {theirs.name} ({theirs.digest()}), the model is of "
            f"{ours.name} ({ours.digest()}): give a dataset of {ours.name}"
        )


def _sections(context: FigureContext, tell: Callable[[str], None]) -> list[Section]:
    """The figures in the paper's order; those that the model cannot make say why."""
    tell("reconstruction")
    sections = [reconstruction(context)]
    latent = open_latent(context.checkpoint.model, context.spec, context.checkpoint.start)
    if latent is not None:
        context = _placed(context, latent)
    for key, title, figure in LATENT_FIGURES:
        tell(title.lower())
        if latent is None:
            sections.append(Section(key, title, "", omitted=NO_LATENT))
        else:
            sections.append(figure(context, latent))
    return sections


def _placed(context: FigureContext, latent: Latent) -> FigureContext:
    """The same studio, knowing where its clips and its central preset lie in the latent space."""
    clips, start = context.clips, context.checkpoint.start[None]
    note = np.array([context.note], np.float32)
    if latent.is_exact:
        points = latent.of(clips.unit, None, clips.note)
        return replace(context, points=points, rest=latent.of(start, None, note)[0])
    count = len(context.heard)
    pairs = zip(context.heard, clips.note, strict=False)
    mels = np.stack([context.mel(sound, float(n)) for sound, n in pairs])
    points = latent.of(clips.unit[:count], mels, clips.note[:count])
    (played,) = context.play(start, context.note)
    rest = latent.of(start, context.mel(played, context.note)[None], note)[0]
    return replace(context, points=points, rest=rest)


def _numbers(
    checkpoint: Checkpoint[Network], clips: TestClips, seed: int, sections: list[Section]
) -> bytes:
    document = {
        "model": checkpoint.name,
        "spec": checkpoint.spec.name,
        "dataset": {
            "recipe": clips.store.manifest["recipe_digest"],
            "clips": clips.store.count,
            "seed": clips.store.manifest["seed"],
            "test_clips": len(clips),
        },
        "seed": seed,
        "figures": {section.key: section.numbers for section in sections if not section.omitted},
        "left_out": {section.key: section.omitted for section in sections if section.omitted},
    }
    return json.dumps(document, indent=1, allow_nan=False).encode()


def _about(checkpoint: Checkpoint[Network], clips: TestClips, seed: int) -> str:
    count, store = len(clips), clips.store
    return (
        f"Model {checkpoint.name}, synth {checkpoint.spec.name} "
        f"({len(checkpoint.spec)} parameters). {count} clips of the test split of a dataset of "
        f"{store.count} (seed {store.manifest['seed']}); figures drawn under seed {seed}. Sounds "
        "are levelled to their peak. All numbers are in figures.json beside this page."
    )
