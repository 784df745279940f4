"""Run ``patchwright figures``: draw every figure that a model supports.

report.html      the figures with captions and players
figures.json     every number in the report
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
from models.figures.context import PICTURES, SOUNDS, FigureContext, analyse_first
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

CLIPS, ANALYSED = 2000, 240  # test clips to place in the latent space; test clips to analyse
SPARE = 3  # more clips than the examples: a distant pair, and one more to compare
LATENT_FIGURES: tuple[tuple[str, str, Callable[[FigureContext, Latent], Section]], ...] = (
    ("neighbourhoods", "Latent neighbourhoods", neighbourhoods),
    ("macros", "Macro-parameters", macro_parameters),
    ("semantic", "Semantic macro-parameters", semantic_macros),
    ("latent_map", "Latent map", latent_map),
)
NO_LATENT = "this model maps a sound directly to parameters and has no latent space"


def make_figures(
    checkpoint: Checkpoint[Network],
    dataset: Path,
    out: Path,
    seed: int = 0,
    workers: int = 2,
    examples: int = 4,
    tell: Callable[[str], None] = lambda line: None,
) -> Path:
    """Draw all figures of a model; the same seed gives the same figures.

    Args:
        checkpoint: The model.
        dataset: Folder of a dataset of the same synth.
        out: Folder of the report.
        seed: Seed of the choice of clips and of random steps.
        workers: Number of processes that render.
        examples: Number of reconstructions to show.
        tell: Function to call with each line of progress.

    Returns:
        The path of the report.

    Raises:
        StoreError: The dataset is of another synth, or has too few test clips.
        RenderError: The synth does not load.
    """
    store = open_store(dataset)
    _check_synth(store, checkpoint)
    clips = draw_test_clips(store, seed, CLIPS, examples + SPARE)
    for folder in (out, out / PICTURES, out / SOUNDS):
        prepare_folder(folder)
    tell(f"analysing {min(ANALYSED, len(clips))} test clips")
    analyses = analyse_first(clips, ANALYSED)
    with RenderPool(checkpoint.spec, workers) as pool, styled():
        context = FigureContext(checkpoint, pool, clips, analyses, out, seed, examples)
        sections = _sections(context, tell)
    report = out / "report.html"
    replace_file(out / "figures.json", _numbers(checkpoint, clips, seed, sections))
    title = f"Figures of model {checkpoint.name} for {checkpoint.spec.name}"
    replace_file(report, page(title, _about(checkpoint, clips, seed), sections).encode())
    return report


def _check_synth(store: Store, checkpoint: Checkpoint[Network]) -> None:
    """Raise StoreError if the dataset is of another synth than the model."""
    ours, theirs = checkpoint.spec, store.spec
    if ours.digest() != theirs.digest():
        raise StoreError(
            f"{store.folder} was rendered with {theirs.name} ({theirs.digest()}), but the model is "
            f"for {ours.name} ({ours.digest()}): give a dataset of {ours.name}"
        )


def _sections(context: FigureContext, tell: Callable[[str], None]) -> list[Section]:
    """Draw the figures in the paper's order; a figure that the model cannot make says why."""
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
    """Return the context with the points of its clips and of its central preset."""
    clips, start = context.clips, context.checkpoint.start[None]
    note = np.array([context.note], np.float32)
    if latent.is_exact:
        points = latent.of(clips.unit, None, clips.note)
        return replace(context, points=points, rest=latent.of(start, None, note)[0])
    count = len(context.analyses)
    pairs = zip(context.analyses, clips.note, strict=False)
    mels = np.stack([context.mel(sound, float(n)) for sound, n in pairs])
    points = latent.of(clips.unit[:count], mels, clips.note[:count])
    (played,) = context.play(start, context.note)
    rest = latent.of(start, context.mel(played, context.note)[None], note)[0]
    return replace(context, points=points, rest=rest)


def _numbers(
    checkpoint: Checkpoint[Network], clips: TestClips, seed: int, sections: list[Section]
) -> bytes:
    """Return the content of ``figures.json``."""
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
    """Describe the model, the dataset and the seed in a few sentences."""
    count, store = len(clips), clips.store
    return (
        f"Model {checkpoint.name}, synth {checkpoint.spec.name} "
        f"({len(checkpoint.spec)} parameters). {count} clips of the test split of a dataset of "
        f"{store.count} (seed {store.manifest['seed']}). The seed of the figures is {seed}. Sounds "
        "are peak-normalised. All numbers are in figures.json beside this page."
    )
