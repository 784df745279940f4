"""Score many models on the same targets (the paper's Table 1): ``patchwright compare``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.console import Console
from rich.progress import track

from datasets.atomic_write import replace_file
from datasets.errors import CheckpointError
from datasets.spec import FloatArray, SynthSpec
from datasets.storage.store import Store, open_store
from models.audio.features import FeatureSettings, log_mel
from models.checkpoint import Checkpoint, load_any
from models.data.feature_cache import load_clips
from models.estimator.library import build_library
from models.evaluation.paper_claims import orderings, orderings_markdown
from models.evaluation.paper_table import PAPER_NAMES, Trained, paper_markdown, rows_of
from models.evaluation.protocol import Arm, EvaluationTarget, Scores, projected_targets, score
from models.evaluation.run_protocol import untouched_targets
from models.matching.export import prepare_folder
from models.networks.registry import Network, kind_of
from renderer.workers.pool import RenderPool

AT_ONCE = 64  # Number of sounds in one batch of a network.


def compare(
    models: Sequence[str],
    dataset: Path,
    sounds: Path | None,
    out: Path,
    count: int,
    seed: int,
    workers: int,
) -> str:
    """Score models of one synth on the same targets, and return the table.

    The table also has methods without training. They use the dataset's training split: its mean
    patch, random patches and nearest neighbours. For targets of a dataset, the re-render floor is
    included. A second table says which of the paper's orderings hold. The function writes
    models.json, models.md and models.png.

    Args:
        models: Folders or shipped names of the models.
        dataset: Dataset for the methods without training. Its test split gives the targets.
        sounds: Folder of recordings that replaces the test split, or None.
        out: Folder for the results.
        count: Number of targets.
        seed: Decides the choice of targets and of random patches.
        workers: Number of render processes.

    Returns:
        The tables as Markdown.

    Raises:
        CheckpointError: The models are not of one synth and one kind of features.
    """
    checkpoints = [load_any(model) for model in models]
    store, features = open_store(dataset), _common(checkpoints)
    spec = checkpoints[0].spec
    _check_spec(store, spec)
    targets = (
        untouched_targets(spec, sounds, count) if sounds else projected_targets(store, count, seed)
    )
    mels = np.stack([log_mel(target.audio, features, target.note) for target in targets])
    answers = [*_untrained(store, features, targets, mels, seed)]
    answers += [_trained(checkpoint, targets, mels) for checkpoint in checkpoints]
    _check_distinct(answers)
    prepare_folder(out)
    with RenderPool(spec, workers) as pool:
        shown = track(targets, "comparing", console=Console(stderr=True))
        scores = score(spec, pool, shown, {a.arm: _arm(a, targets) for a in answers})
    truth = None if sounds else np.stack([t.truth for t in targets if t.truth is not None])
    rows = rows_of(scores, answers, truth, spec.name, "out" if sounds else "in")
    claims = orderings(scores, answers, truth)
    draw(scores, answers, out / "models.png")
    return _write(rows, claims, out)


def _check_spec(store: Store, spec: SynthSpec) -> None:
    if store.spec.digest() != spec.digest():
        raise CheckpointError(
            f"{store.folder} was rendered with {store.spec.name}, not {spec.name}: "
            "give a dataset of the models' synth"
        )


def _write(rows: list[dict[str, Any]], claims: list[dict[str, Any]], out: Path) -> str:
    """Write models.json and models.md; return the table."""
    text = "\n".join(filter(None, [paper_markdown(rows), orderings_markdown(claims)]))
    document = {"models": rows, "orderings": claims}
    replace_file(out / "models.json", json.dumps(document, indent=1).encode())
    replace_file(out / "models.md", text.encode())
    return text


def _common(checkpoints: Sequence[Checkpoint[Network]]) -> FeatureSettings:
    """Return the features of all models.

    Raises:
        CheckpointError: A model differs. The message names it.
    """
    first = checkpoints[0]
    for other in checkpoints[1:]:
        if (other.spec.digest(), other.features) != (first.spec.digest(), first.features):
            raise CheckpointError(
                f"{other.name} and {first.name} are not of one synth and one kind of features: "
                "compare them separately"
            )
    return first.features


def _check_distinct(answers: Sequence[Trained]) -> None:
    """Check that no two models have the same kind and seed, because they would share one row.

    Raises:
        CheckpointError: Two models have the same kind and seed.
    """
    arms = [answer.arm for answer in answers]
    twice = sorted({arm for arm in arms if arms.count(arm) > 1})
    if twice:
        raise CheckpointError(
            f"two models are {', '.join(twice)} (kind:seed): compare them separately"
        )


@torch.no_grad()
def _trained(
    checkpoint: Checkpoint[Network], targets: Sequence[EvaluationTarget], mels: FloatArray
) -> Trained:
    """Return the one-shot answers of a network for every target."""
    notes = torch.tensor([float(target.note) for target in targets])
    sounds = torch.split(torch.from_numpy(mels), AT_ONCE)
    pairs = zip(sounds, torch.split(notes, AT_ONCE), strict=True)
    unit = torch.cat([checkpoint.model.predict(mel, note) for mel, note in pairs]).numpy()
    seed = int(checkpoint.training["train"]["seed"])
    kind = kind_of(checkpoint.model)
    return Trained(kind, seed, f"{kind}:{seed}", checkpoint.spec.snap(unit))


def _untrained(
    store: Store,
    features: FeatureSettings,
    targets: Sequence[EvaluationTarget],
    mels: FloatArray,
    seed: int,
) -> list[Trained]:
    """Return the mean patch, random patches, nearest neighbours, and the targets' own patches."""
    clips = load_clips(store, features, ("train",))
    library = build_library(clips)
    nearest = np.stack([library.units(library.neighbours(mel, 1)[0])[0] for mel in mels])
    chosen = np.random.default_rng(seed).integers(len(clips), size=len(targets))
    units = {
        "mean": np.repeat(clips.unit.mean(0)[None], len(targets), 0),
        "random": clips.unit[chosen],
        "library": nearest,
    }
    if all(target.truth is not None for target in targets):
        units["floor"] = np.stack([t.truth for t in targets if t.truth is not None])
    return [Trained(kind, 0, kind, store.spec.snap(unit)) for kind, unit in units.items()]


def _arm(model: Trained, targets: Sequence[EvaluationTarget]) -> Arm:
    """Return a model's answers as a method of the protocol."""
    answers = {target.name: unit for target, unit in zip(targets, model.unit, strict=True)}
    return lambda target: answers[target.name]


def draw(scores: Scores, answers: Sequence[Trained], path: Path) -> None:
    """Draw box plots of J and SC over the targets, with all seeds of a model together.

    Args:
        scores: Metrics of each target by method.
        answers: The compared models.
        path: PNG file to write.
    """
    from matplotlib.figure import Figure

    kinds = list(dict.fromkeys(model.kind for model in answers))
    labels = [PAPER_NAMES.get(kind, kind) for kind in kinds]
    figure = Figure(figsize=(11, 7), layout="constrained")
    titles = {"j": "J, dB (lower is better)", "sc": "spectral convergence (lower is better)"}
    for axis, (metric, title) in zip(figure.subplots(2, 1), titles.items(), strict=True):
        boxes = [
            [row[metric] for model in answers if model.kind == kind for row in scores[model.arm]]
            for kind in kinds
        ]
        axis.boxplot(boxes, tick_labels=labels, showfliers=False)
        axis.set(ylabel=title)
        axis.tick_params(axis="x", labelrotation=20)
    figure.savefig(path, dpi=110)
