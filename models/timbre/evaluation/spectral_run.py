"""Run `patchwright timbre evaluate --kind spectral`: tables I to V, and the phase methods."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import typer

from datasets.atomic_write import replace_file
from datasets.errors import SpecError
from models.timbre.corpus.faust_violin import FaustViolin
from models.timbre.corpus.note import Corpus, Report
from models.timbre.corpus.open_corpus import open_corpus
from models.timbre.evaluation.experiments import Row
from models.timbre.evaluation.phase_quality import phase_rows
from models.timbre.evaluation.spectral_layout import layout
from models.timbre.evaluation.spectral_tables import TABLES, TablePlan, corpus_rows
from models.timbre.spectral.frames import gather_frames

RESULTS = "timbre_spectral.json"
PAGE = "timbre_spectral.md"
PHASE = "phase"
# CPU seconds, measured: a training for each frame that it sees, and a table V for one network.
SECONDS_OF_VISIT, SECONDS_OF_MESH = 0.00016, 6.0


@dataclass(frozen=True)
class SpectralEvaluation:
    """Say what to measure.

    Attributes:
        parts: Any of ``TABLES``, and ``phase``.
        plan: How tables are computed; its tables are those of the parts.
    """

    parts: tuple[str, ...]
    plan: TablePlan

    def __post_init__(self) -> None:
        """Check the parts.

        Raises:
            SpecError: A part does not exist.
        """
        for part in self.parts:
            if part not in (*TABLES, PHASE):
                raise SpecError(f"--parts {part!r}: use any of {','.join((*TABLES, PHASE))}")

    def trainings(self, synth: bool) -> int:
        """Return the number of trainings for one corpus."""
        each = {"I": 3 * synth, "II-III": 4, "IV": 2, "V": 1}
        once = 6 * synth * ("vae" in self.parts)
        return self.plan.seeds * sum(each.get(part, 0) for part in self.parts) + once

    def cpu_minutes(self, synths: Sequence[bool]) -> float:
        """Return the expected CPU time of corpora in minutes; True for a synth corpus."""
        count = sum(self.trainings(synth) for synth in synths)
        meshes = 3 * self.plan.seeds * len(synths) * ("V" in self.parts)
        seconds = count * self.plan.visits * SECONDS_OF_VISIT + meshes * SECONDS_OF_MESH
        return (seconds + 30 * (PHASE in self.parts)) / 60


def evaluate_spectral(
    sounds: Sequence[Path], out: Path, evaluation: SpectralEvaluation, dry_run: bool
) -> None:
    """Evaluate corpora, and write ``timbre_spectral.json`` and ``timbre_spectral.md``.

    Args:
        sounds: Folders of scales of presets: synth corpora. Faust's violin always follows.
        out: Folder of the results. Other results in it stay.
        evaluation: What to measure.
        dry_run: True to state only the cost.
    """
    corpora: list[tuple[Corpus, bool]] = [(open_corpus(path, clips=True), True) for path in sounds]
    corpora.append((FaustViolin(), False))
    synths = [synth for _, synth in corpora]
    typer.echo(
        f"{sum(evaluation.trainings(synth) for synth in synths)} trainings, about "
        f"{evaluation.cpu_minutes(synths):.0f} CPU minutes",
        err=True,
    )
    if dry_run:
        return
    out.mkdir(parents=True, exist_ok=True)
    for corpus, synth in corpora:
        _measure(corpus, synth, evaluation, out / RESULTS)
    replace_file(out / PAGE, layout(_read(out / RESULTS)).encode())
    typer.echo((out / PAGE).read_text())


def _measure(corpus: Corpus, synth: bool, evaluation: SpectralEvaluation, path: Path) -> None:
    """Measure one corpus; results are on disk after each row."""
    tables = tuple(part for part in evaluation.parts if part != PHASE)
    plan = replace(evaluation.plan, tables=tables)
    before = _read(path).get(corpus.source, {})
    started, rows = time.process_time(), list[Row]()
    for row in _rows(corpus, synth, evaluation, plan):
        typer.echo(f"{row.experiment} {row.network} {row.target} {row.value:.4g}", err=True)
        rows.append(row)
        _store(path, corpus.source, before, rows, plan, time.process_time() - started)


def _rows(
    corpus: Corpus, synth: bool, evaluation: SpectralEvaluation, plan: TablePlan
) -> Iterator[Row]:
    """Yield the rows of one corpus."""
    if plan.tables:
        yield from corpus_rows(gather_frames(corpus, Report()), synth, plan)
    if PHASE in evaluation.parts:
        yield from phase_rows(list(corpus.notes(Report())), plan)


def _store(
    path: Path,
    source: str,
    before: dict[str, Any],
    rows: Sequence[Row],
    plan: TablePlan,
    cpu_s: float,
) -> None:
    """Write rows; they replace those of the same experiments in earlier results."""
    measured = {row.experiment for row in rows}
    kept = [row for row in before.get("rows", []) if row["experiment"] not in measured]
    results = _read(path)
    results[source] = {
        "plan": asdict(plan),
        "cpu_s": round(before.get("cpu_s", 0.0) + cpu_s, 1),
        "rows": kept + [asdict(row) for row in rows],
    }
    replace_file(path, json.dumps(results, indent=1).encode())


def _read(path: Path) -> dict[str, Any]:
    """Return the results so far."""
    return dict(json.loads(path.read_bytes())) if path.is_file() else {}
