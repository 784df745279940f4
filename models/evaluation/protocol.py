"""The frozen protocol: what "better" means, as code. Change nothing here.

* **Targets** were never seen in training: the test split of a dataset, which goes by parent preset.
  *Projected* targets lie on the spec (a re-render is the floor, near 0); *untouched* ones are any
  recorded sounds, whose floor is not known. Notes are those of the dataset, MIDI 36 to 84.
* **Pitch policy**: a projected target's note is given to every arm; an untouched one's is measured.
* **An arm** is a way to answer: a target in, a unit vector out. Every answer is re-rendered by the
  real synth at the target's note, and measured with every metric of ``models.audio.metrics``.
* **The headline** is J = (MSS + log-mel L1) / 2, as a ratio of means on the same targets, with
  paired bootstrap intervals (95 %, 10 000 resamples). Silence scores as the floor of -80 dB.
* Parameter error is reported nowhere: it does not select models.
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
RATIOS_TO = ("random", "library")  # arms that every other is compared with


@dataclass(frozen=True)
class EvaluationTarget:
    """A sound that the arms are asked for."""

    name: str
    form: Form
    audio: FloatArray  # (n,) mono, at the spec's sample rate, onset at 0
    note: int  # MIDI
    truth: FloatArray | None  # (P,) what made it, for the re-render floor only


Arm = Callable[[EvaluationTarget], FloatArray]
Scores = dict[str, list[dict[str, float]]]  # arm -> metrics of each target


def projected_targets(store: Store, count: int, seed: int = 0) -> list[EvaluationTarget]:
    """``count`` sounding clips of the test split, drawn without replacement under ``seed``.

    Raises StoreError when the split has fewer.
    """
    rows = store.columns("index", "split", "status", "note", "unit", "gain_db")
    eligible = np.flatnonzero((rows["split"] == "test") & (rows["status"] == "ok"))
    if len(eligible) < count:
        raise StoreError(
            f"{store.folder}: {len(eligible)} sounding test clips, {count} asked: lower --count"
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
    """Ask every arm for every target, re-render the answers and measure them."""
    scores: Scores = {name: [] for name in arms}
    for target in targets:
        units = [spec.snap(arm(target)) for arm in arms.values()]
        jobs = [RenderJob(0, target.note, spec.note.velocity, unit) for unit in units]
        measured = pool.render(jobs, partial(measure_all, target=target.audio, spec=spec))
        for name, row in zip(arms, measured, strict=True):
            scores[name].append(row)
    return scores


def measure_all(rendered: Rendered, target: Audio, spec: SynthSpec) -> dict[str, float]:
    """Every metric of a re-render against its target; what did not sound is scored as silence."""
    match = rendered.audio if rendered.status == "ok" else None
    if match is None:
        match = np.zeros((1, len(target)), np.float32)
    return {
        name: float(metric.function(target, match, spec.sample_rate))
        for name, metric in ALL_METRICS.items()
    }


def summarise(scores: Scores) -> list[dict[str, Any]]:
    """One row an arm: each metric's mean and median with intervals, and ratios of mean J.

    NaN (no pitch to compare) is left out of a metric, and its share is told.
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
    """The table for people: mean J, median MSS, ratios, and the other metrics' means."""
    others = [name for name in ALL_METRICS if name not in ("j", "mss")]
    ratios = [f"j_over_{arm}" for arm in RATIOS_TO if any(f"j_over_{arm}" in r for r in table)]
    heads = ["arm", "J mean", "MSS median", *(f"J / {r[7:]}" for r in ratios), *others]
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
