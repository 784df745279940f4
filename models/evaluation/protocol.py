"""Define the frozen protocol, which decides what "better" means. Change nothing here.

* **Targets** were never used in training. They come from the test split of a dataset, which is
  split by parent preset. *Projected* targets are presets of the spec, and their re-render is the
  floor, near 0. *Untouched* targets are any recorded sounds, and their floor is unknown. Notes are
  those of the dataset, MIDI 36 to 84.
* **Pitch policy**: every method gets the note of a projected target. The note of an untouched
  target is measured.
* **A method** (an arm in code) takes a target and returns a unit vector. The real synth renders
  every answer at the target's note. Every metric of ``models.audio.metrics`` measures it.
* **The headline** is J = (MSS + log-mel L1) / 2. It is a ratio of means on the same targets, with
  paired bootstrap intervals (95 %, 10 000 resamples). Silence scores as the floor of -80 dB.
* Parameter error is not reported, because it does not select models.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, Literal

import numpy as np

from datasets.errors import StoreError
from datasets.spec import FloatArray, SynthSpec
from datasets.storage.store import Store
from models.audio.features import mono
from models.audio.metrics import ALL_METRICS
from models.evaluation.bootstrap import Interval, bootstrap, median, paired_bootstrap_ratio
from renderer.engines.base import Audio
from renderer.workers.isolation import Rendered, RenderJob
from renderer.workers.pool import RenderPool

Form = Literal["projected", "untouched"]
RATIOS_TO = ("random", "library")  # Methods that all others are compared with.


@dataclass(frozen=True)
class EvaluationTarget:
    """Hold a sound that the methods must match."""

    name: str
    form: Form
    audio: FloatArray  # (n,) mono, at the spec's sample rate, onset at 0.
    note: int  # MIDI.
    truth: FloatArray | None  # (P,) The preset that made it, for the re-render floor only.


Arm = Callable[[EvaluationTarget], FloatArray]
Scores = dict[str, list[dict[str, float]]]  # Method -> metrics of each target.


def projected_targets(store: Store, count: int, seed: int = 0) -> list[EvaluationTarget]:
    """Return sounding clips of the test split, drawn without replacement.

    Args:
        store: The dataset.
        count: Number of targets.
        seed: Decides the choice.

    Returns:
        The targets, in the order of the dataset.

    Raises:
        StoreError: The split has too few clips.
    """
    rows = store.columns("index", "split", "status", "note", "unit", "gain_db")
    eligible = np.flatnonzero((rows["split"] == "test") & (rows["status"] == "ok"))
    if len(eligible) < count:
        raise StoreError(
            f"{store.folder} has {len(eligible)} sounding test clips, but --count is {count}: "
            "lower --count"
        )
    chosen = np.sort(np.random.default_rng(seed).choice(eligible, count, replace=False))
    return [
        EvaluationTarget(
            name=f"{store.spec.name}:{rows['index'][i]}",
            form="projected",
            audio=_clip(store, int(rows["index"][i])) / 10 ** (float(rows["gain_db"][i]) / 20),
            note=int(rows["note"][i]),
            truth=rows["unit"][i],
        )
        for i in chosen
    ]


def _clip(store: Store, index: int) -> FloatArray:
    size = int(store.manifest["part_size"])
    part, row = divmod(index, size)
    return mono(store.clip(part, row))


def score(
    spec: SynthSpec,
    pool: RenderPool,
    targets: Iterable[EvaluationTarget],
    arms: Mapping[str, Arm],
) -> Scores:
    """Ask every method for every target, re-render the answers and measure them.

    Args:
        spec: The synth.
        pool: Renders the answers.
        targets: The targets.
        arms: Methods by name.

    Returns:
        Metrics of each target by method.
    """
    scores: Scores = {name: [] for name in arms}
    for target in targets:
        units = [spec.snap(arm(target)) for arm in arms.values()]
        jobs = [RenderJob(0, target.note, spec.note.velocity, unit) for unit in units]
        measured = pool.render(jobs, partial(measure_all, target=target.audio, spec=spec))
        for name, row in zip(arms, measured, strict=True):
            scores[name].append(row)
    return scores


def measure_all(rendered: Rendered, target: Audio, spec: SynthSpec) -> dict[str, float]:
    """Return every metric of a re-render against its target; no sound counts as silence.

    Args:
        rendered: The re-render.
        target: Audio of the target.
        spec: The synth.

    Returns:
        Value of each metric by name.
    """
    match = rendered.audio if rendered.status == "ok" else None
    if match is None:
        match = np.zeros((1, len(target)), np.float32)
    return {
        name: float(metric.function(target, match, spec.sample_rate))
        for name, metric in ALL_METRICS.items()
    }


def summarise(scores: Scores) -> list[dict[str, Any]]:
    """Return one row per method: mean and median of each metric, and ratios of mean J.

    Means and medians have intervals. NaN (no pitch to compare) is left out of a metric, and the
    share of valid values is reported.
    """
    headline = {arm: np.array([row["j"] for row in rows]) for arm, rows in scores.items()}
    table = []
    for arm, rows in scores.items():
        line: dict[str, Any] = {"arm": arm, "targets": len(rows)}
        for metric in ALL_METRICS:
            line[metric] = _metric(np.array([row[metric] for row in rows]))
        for other in RATIOS_TO:
            if other in scores:
                ratio = paired_bootstrap_ratio(headline[arm], headline[other])
                line[f"j_over_{other}"] = asdict(ratio)
        table.append(line)
    return table


def _metric(values: FloatArray) -> dict[str, Any]:
    known = values[np.isfinite(values)]
    if not len(known):
        return {"share": 0.0}
    centre, middle = bootstrap(known), bootstrap(known, median)
    return {"mean": asdict(centre), "median": asdict(middle), "share": len(known) / len(values)}


def markdown(table: list[dict[str, Any]]) -> str:
    """Return the table as Markdown: mean J, median MSS, ratios, and means of the other metrics."""
    others = [name for name in ALL_METRICS if name not in ("j", "mss")]
    ratios = [f"j_over_{arm}" for arm in RATIOS_TO if any(f"j_over_{arm}" in r for r in table)]
    heads = ["method", "J mean", "MSS median", *(f"J / {r[7:]}" for r in ratios), *others]
    lines = ["| " + " | ".join(heads) + " |", "|" + " --- |" * len(heads)]
    for row in table:
        cells = [row["arm"], _cell(row["j"]["mean"]), _cell(row["mss"]["median"])]
        cells += [_cell(row[ratio]) for ratio in ratios]
        cells += [f"{row[m]['mean']['value']:.3g}" if "mean" in row[m] else "-" for m in others]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _cell(interval: Mapping[str, float] | Interval) -> str:
    values = interval if isinstance(interval, Mapping) else asdict(interval)
    digits = 2 if math.fabs(values["value"]) < 100 else 0
    return f"{values['value']:.{digits}f} [{values['low']:.{digits}f}, {values['high']:.{digits}f}]"
