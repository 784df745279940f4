"""Run ``patchwright timbre evaluate --kind one-shot``: state the cost, measure, write a table."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import typer

from datasets.atomic_write import replace_file
from datasets.errors import SpecError
from models.timbre.evaluation.table import interval
from models.timbre.one_shot.evaluation.experiments import (
    HitRow,
    digits,
    drums,
    raw_digits,
    signals,
)

PARTS = ("digits", "raw-digits", "signals", "drums")
FILE = "timbre_one_shot"
# CPU seconds of a seed at the steps of the plan, measured.
SECONDS = {"digits": 50.0, "raw-digits": 60.0, "signals": 40.0, "drums": 110.0}
STEPS = {"digits": 500, "raw-digits": 40, "signals": 80, "drums": 600}


@dataclass(frozen=True)
class HitEvaluationPlan:
    """Say what to measure.

    Attributes:
        parts: Any of ``PARTS``.
        seeds: Trainings of each network.
        train: Folder of drum kits to learn, one folder each; None leaves drums out.
        test: Folder of other drum kits.
    """

    parts: tuple[str, ...] = PARTS
    seeds: int = 3
    train: Path | None = None
    test: Path | None = None

    def __post_init__(self) -> None:
        """Check the parts.

        Raises:
            SpecError: A part does not exist, or drums have no kits.
        """
        for part in self.parts:
            if part not in PARTS:
                raise SpecError(f"--parts {part!r}: use any of {','.join(PARTS)}")
        if "drums" in self.parts and (self.train is None or self.test is None):
            raise SpecError("drums need two folders of kits: give the one to learn, then the other")

    def cpu_minutes(self) -> float:
        """Return the expected CPU time in minutes."""
        return self.seeds * sum(SECONDS[part] for part in self.parts) / 60


def evaluate_hits(out: Path, plan: HitEvaluationPlan, dry_run: bool) -> None:
    """Measure, and write ``timbre_one_shot.json`` and ``timbre_one_shot.md``.

    Args:
        out: Folder of the results. Results of other parts in it stay.
        plan: What to measure.
        dry_run: True to state only the cost.
    """
    typer.echo(f"{plan.seeds} seeds, about {plan.cpu_minutes():.0f} CPU minutes", err=True)
    if dry_run:
        return
    out.mkdir(parents=True, exist_ok=True)
    for seed in range(plan.seeds):
        for part in plan.parts:
            started = time.process_time()
            rows = [_shown(row) for row in _rows(part, seed, plan)]
            _keep(out / f"{FILE}.json", part, seed, rows, time.process_time() - started)
    results = json.loads((out / f"{FILE}.json").read_bytes())
    replace_file(out / f"{FILE}.md", hit_table(results).encode())
    typer.echo(hit_table(results))


def _rows(part: str, seed: int, plan: HitEvaluationPlan) -> Iterator[HitRow]:
    simple: dict[str, Callable[[int, int], Iterator[HitRow]]] = {
        "digits": digits, "raw-digits": raw_digits, "signals": signals,
    }  # fmt: skip
    if part in simple:
        yield from simple[part](seed, STEPS[part])
    elif plan.train is not None and plan.test is not None:
        yield from drums(seed, STEPS[part], plan.train, plan.test)


def _shown(row: HitRow) -> HitRow:
    """Print a row as progress; return it."""
    typer.echo(f"{row.experiment}, {row.model}, seed {row.seed}: {row.measure} {row.value:.3f}",
               err=True)  # fmt: skip
    return row


def _keep(path: Path, part: str, seed: int, rows: Sequence[HitRow], cpu_s: float) -> None:
    """Add the rows of a part and a seed to the results; earlier ones of both are replaced."""
    results = json.loads(path.read_bytes()) if path.is_file() else {"rows": [], "cpu_s": {}}
    kept = [row for row in results["rows"] if (row["part"], row["seed"]) != (part, seed)]
    results["rows"] = kept + [{"part": part, **asdict(row)} for row in rows]
    results["cpu_s"][f"{part} {seed}"] = round(cpu_s, 1)
    replace_file(path, json.dumps(results, indent=1).encode())


def hit_table(results: dict[str, Any]) -> str:
    """Return the results as Markdown, with 95 % intervals over the seeds."""
    groups: dict[tuple[str, str, str], list[float]] = {}
    for row in results["rows"]:
        key = row["experiment"], row["model"], row["measure"]
        groups.setdefault(key, []).append(row["value"])
    lines = [
        "| experiment | model | measure | value | seeds |",
        "| --- | --- | --- | ---: | ---: |",
    ]
    for (experiment, model, measure), values in groups.items():
        mean, half = interval(values)
        cell = f"{mean:.2f} ± {half:.2f}" if len(values) > 1 else f"{mean:.2f}"
        lines.append(f"| {experiment} | {model} | {measure} | {cell} | {len(values)} |")
    total = sum(results["cpu_s"].values()) / 60
    return "\n".join(lines) + f"\n\n{total:.1f} CPU minutes in total.\n"
