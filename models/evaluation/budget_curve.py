"""``patchwright curve``: distance against renders for every search method.

One line of ``traces.jsonl`` a search: a run that was stopped goes on where it was.
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

DECIBELS = (1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 50, 80)  # marked beside a picture
WITHOUT_CHANCE = ("nn",)  # methods whose seed changes nothing


@dataclass(frozen=True)
class CurveRun:
    """What is tried."""

    methods: tuple[str, ...] = tuple(name for name in RIVALS if name != "flow_reg")
    renders: int = 100
    count: int = 100  # targets
    seed: int = 0  # of the choice of targets
    searches: int = 1  # search seeds, 0 and on
    workers: int = 2
    note: int | None = None  # MIDI: all targets are played at it, and not each at its own
    flow_reg: str = ""  # the trained Flow_reg of that method: a folder

    def __post_init__(self) -> None:
        """SpecError for a method that does not exist, or for Flow_reg without a model of it."""
        for method in self.methods:
            if method not in RIVALS:
                raise SpecError(f"no method {method!r}: use some of {', '.join(RIVALS)}")
        if "flow_reg" in self.methods and not self.flow_reg:
            raise SpecError("method 'flow_reg' needs a trained one: give --flow-reg FOLDER")

    def searches_of(self, target: str) -> Iterator[tuple[str, str, int]]:
        """Target, method and seed of every search for one target."""
        for method in self.methods:
            for seed in range(1 if method in WITHOUT_CHANCE else self.searches):
                yield target, method, seed


def run_curve(
    checkpoint: Checkpoint, dataset: Path | None, sounds: Path | None, out: Path, run: CurveRun
) -> str:
    """Run every search that ``out`` has not; writes traces, curve.json, curve.md and curve.png.

    Targets are the test split of ``dataset``, or the recordings in ``sounds``: exactly one of them,
    or StoreError. Returns the Markdown.
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
        raise StoreError("give either --dataset FOLDER or --sounds FOLDER to search for")
    if sounds is not None:
        return untouched_targets(checkpoint.spec, sounds, run.count)
    store = open_store(dataset or Path())
    if store.spec.digest() != checkpoint.spec.digest():
        raise StoreError(f"{dataset} is of {store.spec.name}, not {checkpoint.spec.name}")
    return projected_targets(store, run.count, run.seed)


def at_note(
    targets: Sequence[EvaluationTarget], pool: RenderPool, spec: SynthSpec, note: int
) -> list[EvaluationTarget]:
    """The presets of targets that are the synth's own, all played at one note: those that sound.

    Raises StoreError for recordings, which have no preset.
    """
    if any(target.truth is None for target in targets):
        raise StoreError("--note plays presets: recordings cannot be played at another note")
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
    """A trained Flow_reg of the same synth; CheckpointError for anything else."""
    found = load_any(folder)
    if found.spec.digest() != checkpoint.spec.digest():
        raise CheckpointError(f"{folder} is of {found.spec.name}, not {checkpoint.spec.name}")
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
    """The searches asked for one target, one after another."""
    spec = checkpoint.spec
    target_distance = TargetDistance(target.audio, spec.sample_rate)
    for name, method, seed in asked:
        objective = Objective(pool, spec, target_distance, target.note, checkpoint.features)
        target_features = TargetFeatures(checkpoint, target.audio, target.note)
        paper = TargetFeatures(flow_reg, target.audio, target.note) if flow_reg else None
        RIVALS[method](Trial(checkpoint, target_features, objective, renders, seed, paper))
        heard = objective.heard[:renders]
        j, mss = (tuple(getattr(one, part) for one in heard) for part in ("distance", "mss"))
        seconds = tuple(round(s, 3) for s in objective.seconds[:renders])
        best = min(heard, key=lambda one: one.distance)
        yield Trace(name, method, seed, j, mss, seconds, *_listened(pool, spec, target, best.unit))


def _listened(
    pool: RenderPool, spec: SynthSpec, target: EvaluationTarget, unit: FloatArray
) -> tuple[float | None, float | None]:
    """SC and error of pitch in cents of a preset (P,), played once more."""
    job = RenderJob(0, target.note, spec.note.velocity, unit)
    (played,) = pool.render([job], whole)
    if played.audio is None:
        return None, None
    cents = f0_cents(target.audio, played.audio, spec.sample_rate)
    sc = spectral_convergence(target.audio, played.audio, spec.sample_rate)
    return round(sc, 4), round(cents, 1) if math.isfinite(cents) else None


def read_traces(path: Path) -> list[Trace]:
    """The traces of a run so far; a last line that was cut short is left out, and cut off."""
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
    """Mean J against renders, a line for each method, a panel for each set of targets."""
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
        # Logarithmic both ways: Flow_reg's answers lie three times as far away as all others'.
        axis.set_yscale("log")
        low, high = axis.get_ylim()
        shown = [db for db in DECIBELS if low <= db <= high]
        axis.set_yticks(shown, [str(db) for db in shown])
        axis.tick_params(which="minor", labelleft=False)
        axis.set_xlim(1, max(5, *(max(curves.stops(m)) for m in curves.methods)))
        axis.legend(fontsize=8)
    figure.savefig(path, dpi=110)
