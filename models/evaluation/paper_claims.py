"""Test the paper's orderings of its models (section 5.1) on our scores.

A claim compares two groups of models on the same targets. It uses the ratio of their means with its
paired 95 % bootstrap interval. The claim holds if the whole interval is on the claimed side of 1.
It fails if the interval is on the other side, and is open if the interval contains 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from datasets.spec import FloatArray
from models.audio.metrics import parameter_errors_n
from models.evaluation.bootstrap import paired_bootstrap_ratio
from models.evaluation.paper_table import Trained, by_target
from models.evaluation.protocol import Scores
from models.networks.esling2019 import AUTOENCODERS, DIRECT

PARAMETERS = "mse_n"  # The error of parameters. All other metrics are of the audio.
AUDIO = ("sc", "j", "mss")  # The paper's metric first, then ours.
FLOW_REG = ("flow_post", "flow_cond")


@dataclass(frozen=True)
class Claim:
    """State that the first group's mean divided by the second's is below (or above) 1."""

    text: str
    first: tuple[str, ...]  # Kinds.
    second: tuple[str, ...]
    metrics: tuple[str, ...]  # Each gives its own verdict.
    side: Literal["below", "above"]
    rivals: Literal["all", "best"] = "all"  # Second group: the mean of its kinds, or the best one.


CLAIMS = (
    Claim("*AE beat direct models on audio", AUTOENCODERS, DIRECT, AUDIO, "below"),
    Claim("*AE do not beat them on parameters", AUTOENCODERS, DIRECT, (PARAMETERS,), "above"),
    Claim("Flow_reg beats the best direct model", FLOW_REG, DIRECT, AUDIO, "below", "best"),
    Claim("Flow_reg beats the best *AE", FLOW_REG, AUTOENCODERS, AUDIO, "below", "best"),
    Claim("Flow_dis is worse than Flow_reg", ("flow_dis",), FLOW_REG, AUDIO, "above"),
)


def orderings(
    scores: Scores, trained: Sequence[Trained], truth: FloatArray | None
) -> list[dict[str, Any]]:
    """Return a row for each claim and metric whose models are all present.

    Args:
        scores: Metrics of each target by method.
        trained: The compared models.
        truth: Parameters (targets, P) that made the targets. None leaves out claims about
            parameters.

    Returns:
        Ratio, interval and verdict of each claim.
    """
    rows = []
    for claim in CLAIMS:
        for metric in claim.metrics:
            first = _group(scores, trained, truth, claim.first, metric)
            second = _group(scores, trained, truth, claim.second, metric)
            if first and second:
                rows.append(_row(claim, metric, first, second))
    return rows


def _group(
    scores: Scores,
    trained: Sequence[Trained],
    truth: FloatArray | None,
    kinds: Sequence[str],
    metric: str,
) -> dict[str, FloatArray]:
    """Return each kind's scores (targets,), the mean over its seeds; empty if a kind is missing."""
    found = {}
    for kind in kinds:
        models = [model for model in trained if model.kind == kind]
        if not models or (metric == PARAMETERS and truth is None):
            return {}
        if metric == PARAMETERS and truth is not None:
            found[kind] = np.mean([parameter_errors_n(m.unit, truth) for m in models], 0)
        else:
            found[kind] = by_target(scores, models, metric)
    return found


def _row(
    claim: Claim, metric: str, first: Mapping[str, FloatArray], second: Mapping[str, FloatArray]
) -> dict[str, Any]:
    best = min(second, key=lambda kind: float(second[kind].mean()))
    rivals = [best] if claim.rivals == "best" else list(second)
    ratio = paired_bootstrap_ratio(
        np.mean(list(first.values()), 0), np.mean([second[kind] for kind in rivals], 0)
    )
    holds = ratio.high < 1 if claim.side == "below" else ratio.low > 1
    fails = ratio.low > 1 if claim.side == "below" else ratio.high < 1
    verdict = "holds" if holds else "fails" if fails else "open"
    about = {"claim": claim.text, "metric": metric, "rivals": rivals, "verdict": verdict}
    return about | {"ratio": asdict(ratio)}


def orderings_markdown(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the claims as a Markdown table, or nothing if there is none."""
    if not rows:
        return ""
    lines = ["| the paper's ordering | metric | ratio | verdict |", "| --- | --- | --- | --- |"]
    for row in rows:
        ratio = row["ratio"]
        value = f"{ratio['value']:.2f} [{ratio['low']:.2f}, {ratio['high']:.2f}]"
        lines.append(f"| {row['claim']} | {row['metric']} | {value} | {row['verdict']} |")
    return "\n".join(lines) + "\n"
