"""Check that knobs follow their names, move smoothly and return exactly.

``patchwright evaluate --knobs`` runs this report. Every sweep uses ``models.instrument.instrument``
as a musician's would, and the real synth renders it.

* **Semantic**: a knob named after a tag pair is turned from 0.1 to 0.9 on presets of the test
  split. Its descriptor should follow (Spearman), and move more than the median of the others.
* **Smooth**: every knob is turned in 100 steps over its whole range. No step may jump, and no step
  may do nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import track
from scipy.stats import spearmanr

from datasets.atomic_write import replace_file
from datasets.errors import CheckpointError, StoreError
from datasets.spec import FloatArray
from datasets.storage.store import Store, open_store
from datasets.tags import PAIRS
from models.audio.descriptors import DESCRIPTORS, describe
from models.audio.features import FeatureSettings, log_mel
from models.checkpoint import Checkpoint, Macro
from models.data.tagging import load_descriptors
from models.instrument.instrument import Instrument
from models.matching.export import prepare_folder
from renderer.workers.isolation import Rendered, RenderJob
from renderer.workers.pool import RenderPool

REACH = (0.1, 0.9)  # First and last position of a semantic knob.
STOPS = 9
STEP_DB, JUMP = 0.05, 5.0  # The least median step, and the largest step in median steps.


@dataclass(frozen=True)
class KnobTrial:
    """Set the size of a report."""

    presets: int = 100  # For the semantic knobs.
    smooth_presets: int = 20
    steps: int = 100  # Steps of a smooth sweep.
    seed: int = 0  # Decides the choice of presets.
    workers: int = 2


def knob_report(checkpoint: Checkpoint, dataset: Path | None, out: Path, trial: KnobTrial) -> str:
    """Measure a model's knobs on a dataset's test split, and write knobs.json and knobs.md.

    Args:
        checkpoint: The model.
        dataset: Folder of the dataset.
        out: Folder for the results.
        trial: Size of the report.

    Returns:
        The results as Markdown.

    Raises:
        CheckpointError: The model has no knobs or is of another synth.
        StoreError: The dataset is missing, or its test split has too few presets.
    """
    if dataset is None:
        raise StoreError(
            "the dataset is missing: give --dataset FOLDER. Its test split has the presets"
        )
    store = open_store(dataset)
    if not checkpoint.macros:
        raise CheckpointError(f"{checkpoint.name} has no knobs: train a model of kind flow_vae")
    if store.spec.digest() != checkpoint.spec.digest():
        raise CheckpointError(
            f"{dataset} is of {store.spec.name}, not {checkpoint.spec.name}: "
            "give a dataset of the model's synth"
        )
    units, notes = _presets(store, max(trial.presets, trial.smooth_presets), trial.seed)
    prepare_folder(out)
    with RenderPool(checkpoint.spec, trial.workers) as pool:
        sweeps = _Sweeps(checkpoint, pool, units, notes)
        semantic = sweeps.semantic(_spreads(store), trial.presets)
        smooth = sweeps.smooth(trial.smooth_presets, trial.steps)
    document: dict[str, Any] = {"model": checkpoint.name, "trial": vars(trial)}
    document |= {"semantic": semantic, "smooth": smooth}
    replace_file(out / "knobs.json", json.dumps(document, indent=1).encode())
    text = markdown(semantic, smooth)
    replace_file(out / "knobs.md", text.encode())
    return text


def _presets(store: Store, count: int, seed: int) -> tuple[FloatArray, list[int]]:
    """Return patches (count, P) of sounding test clips, and their notes."""
    rows = store.columns("split", "status", "unit", "note")
    able = np.flatnonzero((rows["split"] == "test") & (rows["status"] == "ok"))
    if len(able) < count:
        raise StoreError(
            f"{store.folder} has {len(able)} sounding test clips, but the report needs {count}: "
            "render more clips"
        )
    chosen = np.sort(np.random.default_rng(seed).choice(able, count, replace=False))
    return rows["unit"][chosen], rows["note"][chosen].tolist()


def _spreads(store: Store) -> dict[str, float]:
    """Return the standard deviation of each descriptor over the dataset, the unit of a move."""
    return {name: float(np.nanstd(values)) for name, values in load_descriptors(store).items()}


class _Sweeps:
    """Turn knobs on some presets and render the results."""

    def __init__(
        self, checkpoint: Checkpoint, pool: RenderPool, units: FloatArray, notes: Sequence[int]
    ) -> None:
        self._checkpoint, self._pool, self._units, self._notes = checkpoint, pool, units, notes
        self._instrument = Instrument(checkpoint)
        self._spec = checkpoint.spec

    def semantic(self, spreads: Mapping[str, float], presets: int) -> list[dict[str, Any]]:
        """Return a row for each semantic knob: its correlation and the move of each descriptor."""
        finish = MeasureDescriptors(self._spec.sample_rate, self._spec.note.hold_s)
        rows = []
        for number, macro, descriptor in _semantic(self._checkpoint.macros):
            positions = np.linspace(*REACH, STOPS).tolist()
            jobs = [job for i in range(presets) for job in self._jobs(i, number, positions)]
            measured = self._pool.render(shown(jobs, macro.name), finish)
            values = {
                name: np.array([one[name] for one in measured]).reshape(presets, STOPS)
                for name in DESCRIPTORS
            }
            rows.append(_semantic_row(macro.name, descriptor, values, spreads))
        return rows

    def smooth(self, presets: int, steps: int) -> list[dict[str, Any]]:
        """Return a row for each knob: median and largest step in dB, and exact return."""
        settings = FeatureSettings(
            sample_rate=self._spec.sample_rate, duration_s=self._spec.note.length_s
        )
        rows = []
        for number, macro in enumerate(self._checkpoint.macros, 1):
            sweeps, back = [], []
            for i in shown(range(presets), f"{macro.name}, smooth sweep"):
                jobs = self._jobs(i, number, np.linspace(0, 1, steps + 1).tolist())
                mels = np.stack(self._pool.render(jobs, _Mel(settings)))
                sweeps.append(np.abs(np.diff(mels, axis=0)).mean(axis=(1, 2)))
                back.append(self._comes_back(number))
            rows.append(_smooth_row(macro.name, np.array(sweeps), back))
        return rows

    def _jobs(self, preset: int, number: int, positions: Sequence[float]) -> list[RenderJob]:
        """Return jobs for one preset at each position of one knob, other knobs unchanged."""
        self._instrument.load(self._units[preset])
        self._loaded, self._original = (
            self._instrument.unit,
            self._instrument.knob(number).position,
        )
        jobs = []
        for position in positions:
            self._instrument.turn(number, float(np.float32(position)))
            unit = self._instrument.unit
            jobs.append(RenderJob(0, self._notes[preset], self._spec.note.velocity, unit))
        return jobs

    def _comes_back(self, number: int) -> bool:
        """Return whether the knob's original position restores the loaded preset bit for bit."""
        self._instrument.turn(number, self._original)
        return bool(np.array_equal(self._instrument.unit, self._loaded))


class MeasureDescriptors:
    """Finish a render by its descriptors; 0 for one that is silent or failed."""

    def __init__(self, sample_rate: int, hold_s: float) -> None:
        self.sample_rate, self.hold_s = sample_rate, hold_s

    def __call__(self, rendered: Rendered) -> dict[str, float]:
        """Return the descriptors of a render by name."""
        if rendered.audio is None or rendered.status != "ok":
            return dict.fromkeys(DESCRIPTORS, 0.0)
        return describe(rendered.audio, self.sample_rate, rendered.job.note, self.hold_s)


class _Mel:
    """Finish a render by its log-mel; silence is all floor."""

    def __init__(self, settings: FeatureSettings) -> None:
        self.settings = settings

    def __call__(self, rendered: Rendered) -> FloatArray:
        if rendered.audio is None or rendered.status != "ok":
            floor = np.float32(self.settings.floor_db)
            return np.full((self.settings.bands, self.settings.frames), floor)
        return log_mel(rendered.audio, self.settings)


def _semantic(macros: Sequence[Macro]) -> list[tuple[int, Macro, str]]:
    """Return (number, knob, descriptor) of the knobs that are named after a tag pair."""
    descriptors = {pair.name: pair.descriptor for pair in PAIRS}
    return [(n, m, descriptors[m.name]) for n, m in enumerate(macros, 1) if m.name in descriptors]


def _semantic_row(
    name: str, descriptor: str, values: Mapping[str, FloatArray], spreads: Mapping[str, float]
) -> dict[str, Any]:
    """Return the row of a semantic knob from values (presets, STOPS) of each descriptor."""
    follows = [_rank(sweep) for sweep in values[descriptor]]
    moves = {
        other: float(np.median(np.abs(sweeps[:, -1] - sweeps[:, 0])) / spreads[other])
        for other, sweeps in values.items()
    }
    others = float(np.median([move for other, move in moves.items() if other != descriptor]))
    return {
        "knob": name,
        "descriptor": descriptor,
        "spearman_median": float(np.median(follows)),
        "spearman_low": float(np.quantile(follows, 0.25)),
        "moves": moves,
        "moves_of_others": others,
        "ratio": moves[descriptor] / max(others, 1e-9),
    }


def _rank(sweep: FloatArray) -> float:
    """Return Spearman's correlation with the knob; 0 for a sweep in which nothing changes."""
    if np.ptp(sweep) == 0:
        return 0.0
    return float(spearmanr(np.arange(len(sweep)), sweep).statistic)


def _smooth_row(name: str, steps: FloatArray, back: Sequence[bool]) -> dict[str, Any]:
    """Return the row of a knob from steps (presets, steps), dB of log-mel L1 between neighbours."""
    middle = np.median(steps, axis=1)
    largest = steps.max(axis=1) / np.maximum(middle, 1e-9)
    good = (middle >= STEP_DB) & (largest <= JUMP)
    return {
        "knob": name,
        "median_step_db": float(np.median(middle)),
        "least_median_step_db": float(middle.min()),
        "largest_over_median": float(np.median(largest)),
        "worst_over_median": float(largest.max()),
        "sweeps_that_pass": float(good.mean()),
        "comes_back": all(back),
    }


def shown(items: Any, what: str) -> Any:  # noqa: ANN401  Any sequence, as rich returns it.
    """Return the items with a progress bar on stderr."""
    return track(items, what, console=Console(stderr=True))


def markdown(semantic: Sequence[Mapping[str, Any]], smooth: Sequence[Mapping[str, Any]]) -> str:
    """Return both tables as Markdown."""
    lines = [
        "| semantic knob | Spearman, median | lowest quarter | own descriptor moves, sd | others | ratio |",  # noqa: E501
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for row in semantic:
        own = row["moves"][row["descriptor"]]
        lines.append(
            f"| {row['knob']} ({row['descriptor']}) | {row['spearman_median']:.2f} | "
            f"{row['spearman_low']:.2f} | {own:.2f} | {row['moves_of_others']:.2f} | "
            f"{row['ratio']:.1f} |"
        )
    lines += [
        "",
        "| knob | median step, dB | largest / median | worst | sweeps that pass | comes back |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for row in smooth:
        lines.append(
            f"| {row['knob']} | {row['median_step_db']:.3f} | {row['largest_over_median']:.1f} | "
            f"{row['worst_over_median']:.1f} | {100 * row['sweeps_that_pass']:.0f} % | "
            f"{'yes' if row['comes_back'] else 'NO'} |"
        )
    return "\n".join(lines) + "\n"
