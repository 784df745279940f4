"""Lay out the tables of Colonel and Keene with our figures beside theirs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from models.audio.spectra.chroma import NAMES
from models.timbre.evaluation.table import interval

# Test errors of the paper in 1e-4: five octaves in table I, one octave in II and IV, violin in III.
PAPER_I = {"none": 3.185, "difference": 3.001, "chroma": 2.920}
PAPER_II = {
    "lrelu, no skip": 3.516,
    "lrelu, skip": 3.598,
    "sigmoid, no skip": 3.358,
    "sigmoid, skip": 3.472,
}
PAPER_III = {
    "lrelu, no skip": 7.731,
    "lrelu, skip": 6.478,
    "sigmoid, no skip": 8.900,
    "sigmoid, skip": 6.388,
}
PAPER_IV = ({"no skip": 3.228, "skip": 3.055}, {"no skip": 8.545, "skip": 5.763})
# What the paper claims: (experiment, the better one, the worse one, corpora: 0 synth, 1 violin).
CLAIMS = (
    ("I", "chroma", "none", (0,)),
    ("I", "chroma", "difference", (0,)),
    ("I", "difference", "none", (0,)),
    ("II-III", "sigmoid, no skip", "lrelu, no skip", (0,)),
    ("II-III", "sigmoid, no skip", "sigmoid, skip", (0,)),
    ("II-III", "sigmoid, skip", "sigmoid, no skip", (1,)),
    ("II-III", "lrelu, skip", "lrelu, no skip", (1,)),
    ("II-III", "sigmoid, skip", "lrelu, skip", (1,)),
    ("IV", "skip", "no skip", (0, 1)),
)
Rows = Sequence[Mapping[str, Any]]


def values(rows: Rows, experiment: str, network: str, target: str = "") -> list[float]:
    """Return the values of an experiment in the order of their seeds.

    Args:
        rows: Rows of one corpus.
        experiment: Name of the experiment.
        network: Network or method.
        target: What else the rows are about.

    Returns:
        One value for each seed.
    """
    found = [
        row
        for row in rows
        if (row["experiment"], row["network"], row["target"]) == (experiment, network, target)
    ]
    return [float(row["value"]) for row in sorted(found, key=lambda row: int(row["seed"]))]


def names(rows: Rows, experiment: str) -> list[str]:
    """Return the networks of an experiment in their order."""
    return list(dict.fromkeys(row["network"] for row in rows if row["experiment"] == experiment))


def layout(results: Mapping[str, Any]) -> str:
    """Return the tables as Markdown; the first corpus is the synth, the last one the violin."""
    sources = list(results)
    synth, violin = results[sources[0]]["rows"], results[sources[-1]]["rows"]
    cpu = sum(float(one["cpu_s"]) for one in results.values())
    lines = [f"Corpora: {'; '.join(sources)}. CPU time: {cpu / 60:.1f} minutes.", ""]
    lines += _table("I. Input augmentation, 8 neurons, LReLU", synth, "I", PAPER_I)
    lines += _table("II. One octave, 2 neurons", synth, "II-III", PAPER_II)
    lines += _table("III. Violin, 2 neurons", violin, "II-III", PAPER_III)
    for name, rows, paper in (("one octave", synth, 0), ("violin", violin, 1)):
        lines += _table(f"IV. 3 sigmoid neurons, {name}", rows, "IV", PAPER_IV[paper])
    lines += _mesh_table(synth, violin)
    lines += _claims(synth, violin)
    for name, rows in (("one octave", synth), ("violin", violin)):
        lines += _by_target(f"Training embeddings, {name}", rows, "embedding")
    lines += _by_target("beta-VAE, 8 axes, one octave", synth, "vae")
    for name, rows in (("one octave", synth), ("violin", violin)):
        lines += _phases(f"Phase methods, {name}", rows)
    return "\n".join(lines)


def cell(found: Sequence[float], digits: int = 3) -> str:
    """Return a mean with its interval, or an empty text."""
    if not found:
        return ""
    mean, half = interval(found)
    return f"{mean:.{digits}f}" + ("" if np.isnan(half) else f" ± {half:.{digits}f}")


def _table(title: str, rows: Rows, experiment: str, paper: Mapping[str, float]) -> list[str]:
    """Return one table of test errors."""
    found = names(rows, experiment)
    if not found:
        return []
    lines = [f"## {title}", "", "| | test MSE, 1e-4 | CPU s | paper, 1e-4 |"]
    lines.append("| --- | ---: | ---: | ---: |")
    for name in found:
        seconds = cell(values(rows, f"{experiment} seconds", name), 1).split(" ")[0]
        lines.append(
            f"| {name} | {cell(values(rows, experiment, name))} | {seconds} | {paper[name]:.3f} |"
        )
    baseline = cell(values(rows, "baseline", "mean frame"))
    return [*lines, f"| mean frame (baseline) | {baseline} | | |", ""]


def _mesh_table(synth: Rows, violin: Rows) -> list[str]:
    """Return table V."""
    lines = ["## V. Share of mesh points with the conditioned note class", ""]
    lines += ["| | " + " | ".join(NAMES) + " | mean |", "| --- |" + " ---: |" * 13]
    for corpus, rows in (("one octave", synth), ("violin", violin)):
        for size in names(rows, "V"):
            by_class = [values(rows, "V", size, note) for note in NAMES]
            cells = [f"{np.mean(v):.3f}" if v else "" for v in by_class]
            present = [v for v in by_class if v]
            means = [float(np.mean(column)) for column in zip(*present, strict=True)]
            lines.append(f"| {size}, {corpus} | " + " | ".join([*cells, cell(means)]) + " |")
    return [*lines, ""]


def _claims(synth: Rows, violin: Rows) -> list[str]:
    """Return the orderings of the paper, with paired differences over seeds."""
    lines = ["## Which orderings hold", ""]
    lines += [
        "| the paper's ordering | corpus | difference, 1e-4 | |",
        "| --- | --- | ---: | --- |",
    ]
    for experiment, better, worse, corpora in CLAIMS:
        for number in corpora:
            rows, corpus = ((synth, "one octave"), (violin, "violin"))[number]
            pair = [values(rows, experiment, name) for name in (better, worse)]
            if not pair[0] or len(pair[0]) != len(pair[1]):
                continue
            gaps = [a - b for a, b in zip(*pair, strict=True)]
            mean, half = interval(gaps)
            verdict = (
                "not settled" if not abs(mean) > half else ("holds" if mean < 0 else "reversed")
            )
            label = f"{experiment}: {better} < {worse}"
            lines.append(f"| {label} | {corpus} | {cell(gaps)} | {verdict} |")
    return [*lines, ""]


def _by_target(title: str, rows: Rows, experiment: str) -> list[str]:
    """Return a table with a column for each target."""
    found = names(rows, experiment)
    if not found:
        return []
    targets = list(dict.fromkeys(r["target"] for r in rows if r["experiment"] == experiment))
    lines = [f"## {title}", "", "| | " + " | ".join(targets) + " |"]
    lines.append("| --- |" + " ---: |" * len(targets))
    for name in found:
        cells = [cell(values(rows, experiment, name, target)) for target in targets]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return [*lines, ""]


def _phases(title: str, rows: Rows) -> list[str]:
    """Return the table of the phase methods."""
    found = names(rows, "phase J")
    if not found:
        return []
    lines = [f"## {title}", "", "| method, magnitudes of | convergence, dB | J, dB | x real time |"]
    lines.append("| --- | ---: | ---: | ---: |")
    for name in found:
        convergence, j, speed = (
            values(rows, f"phase {what}", name)[0] for what in ("convergence", "J", "x real time")
        )
        lines.append(f"| {name} | {convergence:.1f} | {j:.2f} | {speed:.0f} |")
    return [*lines, ""]
