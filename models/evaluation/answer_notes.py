"""Compare the answers of a match at other notes: ``python -m models.evaluation.answer_notes``.

Adds the part "answers_at_notes" to ``docs/benchmarks/resynthesis.json``. The root note of each
instrument is matched. Both presets are then played 7 and 12 semitones below and above, and
measured against the recorded notes of the instrument.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import soundfile

from datasets.recorded.listing import RecordedSound
from datasets.recorded.play import RATE
from models.audio.metrics import ALL_METRICS
from models.checkpoint import load_checkpoint
from models.evaluation.answer_benchmark import JUDGES, QUICK_S
from models.matching.answers import MatchResult
from models.matching.matcher import Matcher
from models.matching.options import PARAMETERS, RESYNTHESIS, MatchOptions
from models.resynthesis.benchmark.recordings import INTERVALS, LENGTH_S, Half, instruments, record
from models.resynthesis.player import PresetPlayer

JUDGED = (-7, 7)  # semitones, at which the choice of `auto` is judged
METRICS = ("j", *JUDGES)
Row = dict[str, Any]


def main() -> None:
    """Measure the instruments, and write the part of the document."""
    parser = argparse.ArgumentParser(prog="python -m models.evaluation.answer_notes")
    parser.add_argument("--half", choices=("even", "odd"), default="odd")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("docs/benchmarks/resynthesis.json"))
    arguments = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    rows = measure(arguments.half, arguments.workers)
    document = json.loads(arguments.out.read_text()) if arguments.out.is_file() else {}
    document["answers_at_notes"] = {"summary": summarise(rows), "instruments": rows}
    arguments.out.write_text(json.dumps(document, indent=1) + "\n")
    print(json.dumps(document["answers_at_notes"]["summary"]))


def measure(half: Half, workers: int) -> dict[str, Row]:
    """Match the root note of every instrument of a half, and measure both answers elsewhere.

    Args:
        half: Which instruments: "even" chose the method, "odd" reports.
        workers: Render processes.

    Returns:
        For each instrument the chosen method and, for each method and interval, the metrics.
    """
    rows: dict[str, Row] = {}
    with (
        Matcher(load_checkpoint("vital-32"), workers) as matcher,
        PresetPlayer(RATE, LENGTH_S, workers) as player,
    ):
        for sound in instruments(half):
            result = _match(matcher, sound)
            rows[sound.name] = {
                "chosen": result.method,
                "methods": _at_notes(sound, result, player),
            }
            print(sound.name, result.method, _distances(rows[sound.name]), flush=True)
    return rows


def _match(matcher: Matcher, sound: RecordedSound) -> MatchResult:
    """Match the recording of an instrument's root note."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "root.wav"
        soundfile.write(path, record(sound, sound.note), RATE, subtype="FLOAT")
        return matcher.match(path, MatchOptions("quick", limit_s=QUICK_S, note=sound.note))


def _at_notes(sound: RecordedSound, result: MatchResult, player: PresetPlayer) -> Row:
    """Return the metrics of each answer by method and interval."""
    row: Row = {answer.method: {} for answer in result.answers}
    for interval in INTERVALS:
        note = sound.note + interval
        true = record(sound, note)
        for answer in result.answers:
            audio = player([answer.preset], note, answer.hold_s)[0]
            row[answer.method][str(interval)] = {
                metric: float(ALL_METRICS[metric].function(true, audio, RATE)) for metric in METRICS
            }
    return row


def _distances(row: Row) -> dict[str, float]:
    """Return the median J over the notes for each method, dB."""
    return {
        method: float(np.median([cell["j"] for cell in cells.values()]))
        for method, cells in row["methods"].items()
    }


def summarise(rows: dict[str, Row]) -> Row:
    """Return medians, how often the resynthesis is nearer, and how often `auto` is right."""
    both = [row for row in rows.values() if RESYNTHESIS in row["methods"]]
    medians = [_distances(row) for row in both]
    right = [_is_right(row) for row in both]
    return {
        "instruments": len(rows),
        "resynthesised": len(both),
        "median_j": {
            method: float(np.median([one[method] for one in medians]))
            for method in (PARAMETERS, RESYNTHESIS)
        },
        "resynthesis_nearer": sum(one[RESYNTHESIS] < one[PARAMETERS] for one in medians),
        "auto_right_at_7_semitones": {
            judge: float(np.mean([one[judge] for one in right])) for judge in right[0]
        },
    }


def _is_right(row: Row) -> dict[str, bool]:
    """Return by which judges the chosen answer is nearer, on average of the judged notes."""
    other = PARAMETERS if row["chosen"] == RESYNTHESIS else RESYNTHESIS

    def mean(method: str, judge: str) -> float:
        return float(np.mean([row["methods"][method][str(one)][judge] for one in JUDGED]))

    nearer = {judge: mean(row["chosen"], judge) <= mean(other, judge) for judge in JUDGES}
    return {**nearer, "both": all(nearer.values())}


if __name__ == "__main__":
    main()
