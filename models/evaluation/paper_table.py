"""Compute the paper's Table 1 over several training seeds, with intervals.

Each row is one kind of model. A target's score is its mean over the training seeds. Intervals are
95 % bootstrap intervals over targets. The spread between seeds is reported separately and never
mixed with the intervals.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from datasets.spec import FloatArray
from models.audio.metrics import ALL_METRICS, parameter_mse_n
from models.evaluation.bootstrap import bootstrap, median, paired_bootstrap_ratio
from models.evaluation.protocol import Scores

PAPER_NAMES = {
    "mlp": "MLP",
    "cnn": "CNN",
    "resnet": "ResNet",
    "ae": "AE",
    "vae": "VAE",
    "wae": "WAE",
    "vae_flow": "VAE_flow",
    "flow_post": "Flow_reg (post)",
    "flow_cond": "Flow_reg (cond)",
    "flow_dis": "Flow_dis",
    "flow_vae": "ours, one shot",
}
SHOWN = ("sc", "mel_mse", "j", "mss", "log_mel_l1", "wmfcc", "sot", "envelope_cosine", "f0_cents")
HEADS = ("SC", "MSE, dB²", "J", "MSS", "log-mel L1", "wMFCC", "SOT", "envelope", "f0, cents")


@dataclass(frozen=True)
class Trained:
    """Hold one trained model's answers to all targets."""

    kind: str  # One of models.networks.registry.KINDS, or a method without training.
    seed: int
    arm: str  # The model's key in the scores.
    unit: FloatArray  # (targets, P) The model's answers.


def rows_of(
    scores: Scores, trained: Sequence[Trained], truth: FloatArray | None, synth: str, domain: str
) -> list[dict[str, Any]]:
    """Return a row for each kind, in the given order: medians and means with intervals.

    ``j_over_library`` compares means on the same targets, if ``library`` is one of the kinds.

    Args:
        scores: Metrics of each target by method.
        trained: The compared models.
        truth: Parameters (targets, P) that made the targets. None for recordings.
        synth: Name of the synth.
        domain: ``in`` for targets of a dataset, ``out`` for recordings.

    Returns:
        The rows.
    """
    kinds = list(dict.fromkeys(model.kind for model in trained))
    library = by_target(scores, [m for m in trained if m.kind == "library"], "j")
    rows = []
    for kind in kinds:
        models = [model for model in trained if model.kind == kind]
        row: dict[str, Any] = {"synth": synth, "domain": domain, "model": kind}
        row |= {"seed_count": len(models), "targets": len(scores[models[0].arm])}
        for metric in ALL_METRICS:
            row[metric] = _metric(scores, models, metric)
        if truth is not None:
            row["mse_n"] = float(np.mean([parameter_mse_n(m.unit, truth) for m in models]))
        if len(library):
            ratio = paired_bootstrap_ratio(by_target(scores, models, "j"), library)
            row["j_over_library"] = asdict(ratio)
        rows.append(row)
    return rows


def by_target(scores: Scores, models: Sequence[Trained], metric: str) -> FloatArray:
    """Return a metric's mean over the models for each target (targets,).

    Args:
        scores: Metrics of each target by method.
        models: The models to average.
        metric: Name of the metric.

    Returns:
        The means. NaN if a model has no value, and an empty array without models.
    """
    if not models:
        return np.empty(0, np.float32)
    table = np.array([[row[metric] for row in scores[m.arm]] for m in models])
    return np.asarray(table.mean(0))


def _metric(scores: Scores, models: Sequence[Trained], metric: str) -> dict[str, float]:
    """Return median and mean, each with its interval, and the standard deviation over seeds."""
    values = by_target(scores, models, metric)
    known = values[np.isfinite(values)]
    if not len(known):
        return {"share": 0.0}
    middle, centre = bootstrap(known, median), bootstrap(known)
    finite = np.isfinite(values)  # For all seeds.
    means = [np.array([row[metric] for row in scores[m.arm]])[finite].mean() for m in models]
    spread = {"over_seeds": float(np.std(means, ddof=1))} if len(models) > 1 else {}
    return spread | {
        "median": middle.value,
        "low": middle.low,
        "high": middle.high,
        "mean": centre.value,
        "mean_low": centre.low,
        "mean_high": centre.high,
        "share": len(known) / len(values),
    }


def paper_markdown(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return Table 1 with our metrics added: means, and the spread over seeds after ±."""
    has_parameters = any("mse_n" in row for row in rows)
    heads = ["model", *(["MSE_n"] * has_parameters), *HEADS, "J / library"]
    lines = ["| " + " | ".join(heads) + " |", "| --- " * len(heads) + "|"]
    for row in rows:
        cells = [PAPER_NAMES.get(row["model"], row["model"])]
        if has_parameters:
            cells.append(f"{row['mse_n']:.3f}" if "mse_n" in row else "")
        cells += [_cell(row[metric]) for metric in SHOWN]
        ratio = row.get("j_over_library")
        cells.append(
            f"{ratio['value']:.2f} [{ratio['low']:.2f}, {ratio['high']:.2f}]" if ratio else ""
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _cell(metric: Mapping[str, float]) -> str:
    if "mean" not in metric:
        return "-"
    digits = 3 if abs(metric["mean"]) < 1 else 2 if abs(metric["mean"]) < 100 else 0
    spread = f" ± {metric['over_seeds']:.{digits}f}" if "over_seeds" in metric else ""
    return f"{metric['mean']:.{digits}f}{spread}"
