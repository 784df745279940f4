"""Write the table of an evaluation, with intervals over seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import scipy.stats

TITLES = {
    "neighbours": "Unseen pitch, trained on its 3 neighbours on each side (paper, fig. 8 left)",
    "ends": "Unseen pitches, trained on the ends of the octave (paper, fig. 8 right)",
    "beta": "Unseen instances by beta (paper, fig. 6a: 0.1 is the best trade-off)",
    "latent": "Unseen instances by latent size (paper, fig. 6b: steep until 32, then flat)",
    "generation": "Latent point 0 at an unseen pitch (the paper has no measure)",
    "5 cents": "Largest change of the envelope in 5 cents",
    "loudness": "Envelope of the position 0, notes that were not learned",
    "residual": "Log-spectral distance to the recording, notes that were not learned",
}
BY_TARGET = ("beta", "latent")  # Their targets are the rows; others are means over targets.
CONFIDENCE = 0.95


def interval(values: Sequence[float]) -> tuple[float, float]:
    """Return the mean of values, and half the width of its 95 % interval (Student's t).

    >>> interval([1.0, 1.0, 1.0])
    (1.0, 0.0)
    """
    mean = float(np.mean(values))
    if len(values) < 2:
        return mean, float("nan")
    spread = float(np.std(values, ddof=1)) / np.sqrt(len(values))
    return mean, float(scipy.stats.t.ppf(0.5 + CONFIDENCE / 2, len(values) - 1) * spread)


def figures(rows: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, tuple[float, float]]]:
    """Return mean and interval over seeds, by experiment and by network (and size)."""
    groups: dict[tuple[str, str], dict[int, list[float]]] = {}
    for row in rows:
        name = row["network"]
        if row["experiment"] in BY_TARGET:
            name = f"{name} {row['target']}"
        seeds = groups.setdefault((row["experiment"], name), {})
        seeds.setdefault(row["seed"], []).append(row["value"])
    found: dict[str, dict[str, tuple[float, float]]] = {}
    for (experiment, name), seeds in groups.items():
        means = [float(np.mean(values)) for values in seeds.values()]
        found.setdefault(experiment, {})[name] = interval(means)
    return found


def table(results: Mapping[str, Any]) -> str:
    """Return the results as Markdown: one section for each experiment, one column each source."""
    measured = {source: figures(one["rows"]) for source, one in results.items()}
    lines: list[str] = []
    for experiment, title in TITLES.items():
        names: list[str] = []
        for one in measured.values():
            names += [name for name in one.get(experiment, {}) if name not in names]
        if not names:
            continue
        lines += [f"## {title}", "", "| | " + " | ".join(measured) + " |"]
        lines.append("| --- |" + " ---: |" * len(measured))
        for name in names:
            cells = [_cell(one.get(experiment, {}).get(name)) for one in measured.values()]
            lines.append(f"| {name} | " + " | ".join(cells) + " |")
        lines.append("")
    return "\n".join(lines)


def summary(results: Mapping[str, Any]) -> str:
    """Return the figures as one JSON-like line for each source."""
    lines = []
    for source, one in results.items():
        parts = [
            f"{experiment}: " + ", ".join(f"{n} {m:.2f}" for n, (m, _) in values.items())
            for experiment, values in figures(one["rows"]).items()
        ]
        lines.append(f"{source} ({one['cpu_s']} CPU s)\n  " + "\n  ".join(parts))
    return "\n".join(lines)


def _cell(value: tuple[float, float] | None) -> str:
    if value is None:
        return ""
    mean, half = value
    return f"{mean:.2f} dB" if np.isnan(half) else f"{mean:.2f} ± {half:.2f} dB"
