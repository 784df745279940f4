"""Measure distance against renders for every search method: ``patchwright curve``.

``traces.jsonl`` has one line per search. A stopped run continues at the first missing search.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track

from datasets.atomic_write import replace_file
from datasets.errors import CheckpointError, SpecError, StoreError
from datasets.spec import FloatArray, SynthSpec
from datasets.storage.store import open_store
from models.audio.distance import TargetDistance
from models.audio.features import is_silent, mono
from models.audio.metrics import f0_cents, spectral_convergence
from models.checkpoint import Checkpoint, load_any
from models.evaluation.baselines import RIVALS, Trial
from models.evaluation.budget_curve_table import NAMES, STOPS, Curves, Trace, claims, markdown
from models.evaluation.protocol import EvaluationTarget, projected_targets
from models.evaluation.run_protocol import untouched_targets
from models.matching.export import prepare_folder
from models.matching.initial_population import TargetFeatures
from models.matching.objective import Objective
from models.matching.threads import one_thread
from models.networks.esling2019.flow_models import FlowRegression
from models.networks.registry import kind_of
from renderer.workers.isolation import RenderJob
from renderer.workers.pool import RenderPool, whole

DECIBELS = (1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 50, 80)  # Ticks of the vertical axis.
WITHOUT_CHANCE = ("nn",)  # Methods whose seed changes nothing.


@dataclass(frozen=True)
class CurveRun:
    """Describe the searches of a run."""

    methods: tuple[str, ...] = tuple(name for name in RIVALS if name != "flow_reg")
    renders: int = 100
    count: int = 100  # Number of targets.
    seed: int = 0  # Decides the choice of targets.
    searches: int = 1  # Number of search seeds, from 0.
    workers: int = 2
    note: int | None = None  # MIDI note of all targets. None: each target has its own.
    flow_reg: str = ""  # Folder of a trained model for the method ``flow_reg``.

    def __post_init__(self) -> None:
        """Check the methods.

        Raises:
            SpecError: A method does not exist, or Flow_reg has no model.
        """
        for method in self.methods:
            if method not in RIVALS:
                raise SpecError(f"no method {method!r}: use some of {', '.join(RIVALS)}")
        if "flow_reg" in self.methods and not self.flow_reg:
            raise SpecError("method 'flow_reg' has no trained model: give --flow-reg FOLDER")

    def searches_of(self, target: str) -> Iterator[tuple[str, str, int]]:
        """Yield target, method and seed of every search for one target."""
        for method in self.methods:
            for seed in range(1 if method in WITHOUT_CHANCE else self.searches):
                yield target, method, seed


def run_curve(
    checkpoint: Checkpoint, dataset: Path | None, sounds: Path | None, out: Path, run: CurveRun
) -> str:
    """Run every search that ``out`` lacks, and write traces, curve.json, curve.md and curve.png.

    Args:
        checkpoint: The model.
        dataset: Dataset whose test split gives the targets.
        sounds: Folder of recordings, instead of the dataset.
        out: Folder for the results.
        run: The searches to run.

    Returns:
        The results as Markdown.

    Raises:
        StoreError: Not exactly one of dataset and sounds is given.
    """
    targets = _targets(checkpoint, dataset, sounds, run)
    flow_reg = load_flow_reg(run.flow_reg, checkpoint) if run.flow_reg else None
    prepare_folder(out)
    done = read_traces(out / "traces.jsonl")
    one_thread()
    with RenderPool(checkpoint.spec, run.workers) as pool, (out / "traces.jsonl").open("a") as file:
        pool.ready()
        if run.note is not None:
            targets = at_note(targets, pool, checkpoint.spec, run.note)
        for target in track(targets, "searching", console=Console(stderr=True)):
            known = {(trace.target, trace.method, trace.seed) for trace in done}
            asked = [search for search in run.searches_of(target.name) if search not in known]
            for trace in _search(checkpoint, flow_reg, pool, target, asked, run.renders):
                file.write(json.dumps(trace.to_dict()) + "\n")
                file.flush()
                done.append(trace)
    names = {target.name for target in targets}
    curves = Curves([t for t in done if t.target in names and t.method in run.methods])
    domain = "out" if sounds else "in"
    document = {"rows": curves.rows(checkpoint.spec.name, domain), "claims": claims(curves)}
    replace_file(out / "curve.json", json.dumps(document, indent=1).encode())
    text = markdown(curves)
    replace_file(out / "curve.md", text.encode())
    draw({f"{checkpoint.spec.name}, {domain}": curves}, out / "curve.png")
    return text


def _targets(
    checkpoint: Checkpoint, dataset: Path | None, sounds: Path | None, run: CurveRun
) -> list[EvaluationTarget]:
    if (dataset is None) == (sounds is None):
        raise StoreError(
            "the search needs exactly one set of targets: "
            "give either --dataset FOLDER or --sounds FOLDER"
        )
    if sounds is not None:
        return untouched_targets(checkpoint.spec, sounds, run.count)
    store = open_store(dataset or Path())
    if store.spec.digest() != checkpoint.spec.digest():
        raise StoreError(
            f"{dataset} is of {store.spec.name}, not {checkpoint.spec.name}: "
            "give a dataset of the model's synth"
        )
    return projected_targets(store, run.count, run.seed)


def at_note(
    targets: Sequence[EvaluationTarget], pool: RenderPool, spec: SynthSpec, note: int
) -> list[EvaluationTarget]:
    """Render the presets of projected targets at one note, and return those that sound.

    Args:
        targets: Targets that are presets of the synth.
        pool: Renders the presets.
        spec: The synth.
        note: MIDI note.

    Returns:
        Targets at the new note, without the silent ones.

    Raises:
        StoreError: A target is a recording, which has no preset.
    """
    if any(target.truth is None for target in targets):
        raise StoreError(
            f"--note {note}: recordings cannot be played at another note. Use --dataset, "
            "or leave --note out"
        )
    units = [target.truth for target in targets if target.truth is not None]
    jobs = [RenderJob(i, note, spec.note.velocity, unit) for i, unit in enumerate(units)]
    played = [
        mono(one.audio) if one.audio is not None else None for one in pool.render(jobs, whole)
    ]
    return [
        replace(target, audio=audio, note=note)
        for target, audio in zip(targets, played, strict=True)
        if audio is not None and not is_silent(audio)
    ]


def load_flow_reg(folder: str, checkpoint: Checkpoint) -> Checkpoint[Any]:
    """Load a trained Flow_reg of the same synth.

    Raises:
        CheckpointError: The model is of another synth or of another kind.
    """
    found = load_any(folder)
    if found.spec.digest() != checkpoint.spec.digest():
        raise CheckpointError(
            f"{folder} is of {found.spec.name}, not {checkpoint.spec.name}: "
            "give a model of the same synth"
        )
    if not isinstance(found.model, FlowRegression):
        raise CheckpointError(
            f"{folder} is a {kind_of(found.model)}, not a Flow_reg: train one with --kind flow_post"
        )
    return found


def _search(
    checkpoint: Checkpoint,
    flow_reg: Checkpoint[Any] | None,
    pool: RenderPool,
    target: EvaluationTarget,
    asked: Sequence[tuple[str, str, int]],
    renders: int,
) -> Iterator[Trace]:
    """Run the given searches for one target, one after another."""
    spec = checkpoint.spec
    target_distance = TargetDistance(target.audio, spec.sample_rate)
    for name, method, seed in asked:
        objective = Objective(pool, spec, target_distance, target.note, checkpoint.features)
        target_features = TargetFeatures(checkpoint, target.audio, target.note)
        paper = TargetFeatures(flow_reg, target.audio, target.note) if flow_reg else None
        RIVALS[method](Trial(checkpoint, target_features, objective, renders, seed, paper))
        rendered = objective.rendered[:renders]
        j, mss = (tuple(getattr(one, part) for one in rendered) for part in ("distance", "mss"))
        seconds = tuple(round(s, 3) for s in objective.seconds[:renders])
        best = min(rendered, key=lambda one: one.distance)
        yield Trace(name, method, seed, j, mss, seconds, *_measured(pool, spec, target, best.unit))


def _measured(
    pool: RenderPool, spec: SynthSpec, target: EvaluationTarget, unit: FloatArray
) -> tuple[float | None, float | None]:
    """Render a preset (P,) once more, and return its SC and pitch error in cents."""
    job = RenderJob(0, target.note, spec.note.velocity, unit)
    (played,) = pool.render([job], whole)
    if played.audio is None:
        return None, None
    cents = f0_cents(target.audio, played.audio, spec.sample_rate)
    sc = spectral_convergence(target.audio, played.audio, spec.sample_rate)
    return round(sc, 4), round(cents, 1) if math.isfinite(cents) else None


def read_traces(path: Path) -> list[Trace]:
    """Return the traces of a run so far.

    An incomplete last line is ignored and removed from the file.

    Raises:
        StoreError: Another line is damaged.
    """
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").split("\n")
    if lines[-1]:
        replace_file(path, "".join(f"{line}\n" for line in lines[:-1]).encode())
    try:
        return [Trace.from_dict(json.loads(line)) for line in lines[:-1]]
    except (ValueError, KeyError, TypeError) as error:
        raise StoreError(f"{path} is damaged ({error}): delete it to search again") from error


def draw(panels: dict[str, Curves], path: Path) -> None:
    """Draw the mean J against renders: a line for each method, a panel for each set of targets."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7 * len(panels), 4.5), layout="constrained")
    for axis, (title, curves) in zip(
        figure.subplots(1, len(panels), squeeze=False)[0], panels.items(), strict=True
    ):
        for method in curves.methods:
            stops = [stop for stop in curves.stops(method) if stop]
            rows = [row for row in curves.rows("", "") if row["method"] == method]
            rows = [row for row in rows if row["renders"] in stops]
            line = {"linewidth": 2.5 if method == "ours" else 1.2, "marker": "o", "markersize": 3}
            axis.plot(
                stops, [row["mean_j"] for row in rows], label=NAMES.get(method, method), **line
            )
        axis.set(title=title, xlabel="renders", ylabel="mean J, dB (lower is better)", xscale="log")
        axis.set_xticks([s for s in STOPS if s], [str(s) for s in STOPS if s])
        # Both axes are logarithmic, because Flow_reg's distances are three times the others'.
        axis.set_yscale("log")
        low, high = axis.get_ylim()
        shown = [db for db in DECIBELS if low <= db <= high]
        axis.set_yticks(shown, [str(db) for db in shown])
        axis.tick_params(which="minor", labelleft=False)
        axis.set_xlim(1, max(5, *(max(curves.stops(m)) for m in curves.methods)))
        axis.legend(fontsize=8)
    figure.savefig(path, dpi=110)
