"""Compare the answers of a match: ``python -m models.evaluation.answer_benchmark``.

The command adds the part "answers" to ``docs/benchmarks/resynthesis.json``. It uses every recorded
sound of the reporting half. For each sound it measures the parametric answer of ``quick`` and the
resynthesised answer, and notes which of them ``auto`` chooses. On the first sounds it measures
``refine`` too. Every answer is measured on audio rendered from its preset file.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import Any

import numpy as np

from datasets.errors import AudioError
from models.audio.metrics import ALL_METRICS
from models.checkpoint import load_checkpoint
from models.evaluation.bootstrap import paired_bootstrap_ratio
from models.matching.answers import MatchResult
from models.matching.matcher import Matcher
from models.matching.options import PARAMETERS, RESYNTHESIS, MatchOptions

JUDGES = ("wmfcc", "sot")  # Distances that ``auto`` does not use.
REFINED = 30  # Number of sounds that ``refine`` is measured on.
QUICK_S = 120.0  # Time limit of a quick search, long enough for all of its renders.
METRICS = ("j", "mss", "log_mel_l1", "envelope_cosine", "f0_cents", *JUDGES)
Row = dict[str, Any]


def main() -> None:
    """Measure the sounds of a folder, and write the part of the document."""
    parser = argparse.ArgumentParser(prog="python -m models.evaluation.answer_benchmark")
    parser.add_argument("--sounds", type=Path, default=Path(".cache/sounds"))
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--refined", type=int, default=REFINED)
    parser.add_argument("--part", default="answers", help="name of the part in the document")
    parser.add_argument("--out", type=Path, default=Path("docs/benchmarks/resynthesis.json"))
    arguments = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    rows = measure(reporting_half(arguments.sounds), arguments.refined, arguments.workers)
    document = json.loads(arguments.out.read_text()) if arguments.out.is_file() else {}
    document[arguments.part] = {"summary": summarise(rows), "sounds": rows}
    arguments.out.write_text(json.dumps(document, indent=1) + "\n")
    print(json.dumps(document[arguments.part]["summary"]))


def reporting_half(folder: Path) -> list[tuple[str, Path]]:
    """List the recorded sounds at odd positions of the sorted names, with their files.

    A folder without ``sounds.json`` is another set. All of its WAV files are listed.

    Raises:
        AudioError: The folder has neither.
    """
    index = folder / "sounds.json"
    if not index.is_file():
        files = sorted(folder.glob("*.wav"))
        if not files:
            raise AudioError(f"{folder} has no sounds: run python -m datasets.recorded {folder}")
        return [(path.stem, path) for path in files]
    rows = sorted(json.loads(index.read_text())["sounds"], key=lambda row: str(row["name"]))
    return [(row["name"], folder / row["file"]) for row in rows[1::2]]


def measure(sounds: list[tuple[str, Path]], refined: int, workers: int) -> dict[str, Row]:
    """Match every sound and measure its answers.

    Args:
        sounds: Name and file of each sound.
        refined: Number of first sounds that ``refine`` is measured on.
        workers: Number of render processes.

    Returns:
        Metrics of each answer, the choice and the seconds, by name of the sound.
    """
    quick = MatchOptions("quick", limit_s=QUICK_S)
    refine = MatchOptions("refine", method=PARAMETERS)
    rows: dict[str, Row] = {}
    with Matcher(load_checkpoint("vital-32"), workers) as matcher:
        for number, (name, path) in enumerate(sounds):
            row = row_of(matcher.match(path, quick))
            if number < refined:
                row["refine"] = row_of(matcher.match(path, refine))[PARAMETERS]
            rows[name] = row
            distances = {key: round(value["j"], 2) for key, value in row.items() if "j" in value}
            print(name, distances, row["chosen"], flush=True)
    return rows


def row_of(result: MatchResult) -> Row:
    """Describe a match: the metrics of each answer by its method, the choice, and times."""
    row: Row = {
        answer.method: {
            metric: float(
                ALL_METRICS[metric].function(result.target.audio, answer.audio, result.sample_rate)
            )
            for metric in METRICS
        }
        for answer in result.answers
    }
    timings = result.to_dict()["timings_ms"]
    return row | {"chosen": result.method, "seconds": {k: v / 1000 for k, v in timings.items()}}


def summarise(rows: dict[str, Row]) -> dict[str, Any]:
    """Summarise the rows: medians, share of nearer resyntheses, and share of right choices."""
    both = [row for row in rows.values() if RESYNTHESIS in row]
    refined = [row for row in both if "refine" in row]
    medians = {
        method: {one: float(np.nanmedian(_values(both, method, one))) for one in METRICS}
        for method in (PARAMETERS, RESYNTHESIS)
    }
    nearer = _values(both, RESYNTHESIS, "j") < _values(both, PARAMETERS, "j")
    seconds = [row["seconds"]["resynthesis"] for row in both]
    return {
        "sounds": len(rows),
        "resynthesised": len(both),
        "medians": medians,
        "resynthesis_nearer": float(np.mean(nearer)),
        "auto_right": _right(both),
        "refine": _beside_refine(refined) if refined else {},
        "seconds_resynthesis_median": float(np.median(seconds)),
    }


def _beside_refine(rows: list[Row]) -> dict[str, Any]:
    """Compare the resynthesis with ``refine`` on the same sounds."""
    searched, drawn = _values(rows, "refine", "j"), _values(rows, RESYNTHESIS, "j")
    ratio = paired_bootstrap_ratio(drawn, searched)
    return {
        "sounds": len(rows),
        "median_j": float(np.median(searched)),
        "median_j_of_resynthesis": float(np.median(drawn)),
        "ratio_of_means": {"value": ratio.value, "low": ratio.low, "high": ratio.high},
    }


def _values(rows: list[Row], method: str, metric: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.array([row[method][metric] for row in rows])


def _right(rows: list[Row]) -> dict[str, float]:
    """Return the share of choices that both judges, one judge or none call the nearer answer."""
    counts = {"both": 0, "one": 0, "none": 0}
    for row in rows:
        other = PARAMETERS if row["chosen"] == RESYNTHESIS else RESYNTHESIS
        nearer = sum(row[row["chosen"]][judge] <= row[other][judge] for judge in JUDGES)
        counts[("none", "one", "both")[nearer]] += 1
    return {key: count / len(rows) for key, count in counts.items()}


if __name__ == "__main__":
    main()
