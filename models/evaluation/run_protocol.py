"""Run the frozen protocol and write its files: ``patchwright evaluate``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track

from datasets.atomic_write import replace_file
from datasets.errors import AudioError, StoreError
from datasets.spec import SynthSpec
from datasets.storage.store import open_store
from models.checkpoint import Checkpoint
from models.evaluation.methods import floor, protocol_arms
from models.evaluation.protocol import (
    EvaluationTarget,
    Scores,
    markdown,
    projected_targets,
    score,
    summarise,
)
from models.matching.export import prepare_folder
from models.matching.matcher import Matcher
from models.matching.sound_target import load_target

SOUND_SUFFIXES = (".wav", ".flac", ".ogg", ".mp3", ".m4a", ".aac", ".mp4", ".webm")


def run_protocol(
    checkpoint: Checkpoint,
    dataset: Path | None,
    sounds: Path | None,
    out: Path,
    count: int,
    seed: int,
    workers: int,
) -> str:
    """Score every method, and write results.json, results.md and results.png to ``out``.

    Args:
        checkpoint: The model.
        dataset: Dataset whose test split gives the targets.
        sounds: Folder of recordings, instead of the dataset.
        out: Folder for the results.
        count: Number of targets.
        seed: Decides the choice of targets and the searches.
        workers: Number of render processes.

    Returns:
        The table as Markdown.

    Raises:
        StoreError: Not exactly one of dataset and sounds is given, or the dataset is of another
            synth.
    """
    if (dataset is None) == (sounds is None):
        raise StoreError(
            "the evaluation needs exactly one set of targets: "
            "give either --dataset FOLDER or --sounds FOLDER"
        )
    targets = (
        _projected(checkpoint, dataset, count, seed)
        if dataset
        else untouched_targets(checkpoint.spec, sounds or Path(), count)
    )
    prepare_folder(out)
    with Matcher(checkpoint, workers) as matcher:
        arms = protocol_arms(matcher, seed)
        if dataset:
            arms["floor"] = floor
        shown = track(targets, "evaluating", console=Console(stderr=True))
        scores = score(checkpoint.spec, matcher.pool, shown, arms)
    table = summarise(scores)
    identity = {"model": checkpoint.name, "form": targets[0].form, "seed": seed}
    text = markdown(table)
    document: dict[str, Any] = identity | {
        "arms": table,
        "targets": [target.name for target in targets],
        "scores": scores,
    }
    replace_file(out / "results.json", json.dumps(document, indent=1).encode())
    replace_file(out / "results.md", text.encode())
    draw_boxes(scores, out / "results.png")
    return text


def _projected(
    checkpoint: Checkpoint, dataset: Path, count: int, seed: int
) -> list[EvaluationTarget]:
    store = open_store(dataset)
    if store.spec.digest() != checkpoint.spec.digest():
        raise StoreError(
            f"{dataset} was rendered with {store.spec.name} ({store.spec.digest()}), but the model "
            f"is of {checkpoint.spec.name} ({checkpoint.spec.digest()}): "
            "give a dataset of the model's synth"
        )
    return projected_targets(store, count, seed)


def untouched_targets(spec: SynthSpec, folder: Path, count: int) -> list[EvaluationTarget]:
    """Return the recorded sounds of a folder, sorted by path.

    Args:
        spec: The synth.
        folder: Folder to search, with its subfolders.
        count: Largest number of sounds.

    Returns:
        The targets.

    Raises:
        AudioError: The folder has no sound.
    """
    paths = sorted(p for p in folder.glob("**/*") if p.suffix.lower() in SOUND_SUFFIXES)[:count]
    if not paths:
        raise AudioError(
            f"{folder} has no sound: give a folder with {', '.join(SOUND_SUFFIXES)} files"
        )

    loaded = [(path.name, load_target(path, spec)) for path in paths]
    return [EvaluationTarget(name, "untouched", t.audio, t.note, None) for name, t in loaded]


def draw_boxes(scores: Scores, path: Path) -> None:
    """Draw box plots of J of every method over the targets."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 4), layout="constrained")
    axis = figure.subplots()
    axis.boxplot([[row["j"] for row in rows] for rows in scores.values()], tick_labels=list(scores))
    axis.set(ylabel="J, dB (lower is better)")
    figure.savefig(path, dpi=110)
