"""The page compares with the paper, and calls an ordering settled only beyond its interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from models.timbre.evaluation.experiments import Row
from models.timbre.evaluation.spectral_layout import layout

NETWORKS = ("lrelu, no skip", "lrelu, skip", "sigmoid, no skip", "sigmoid, skip")


def results(errors: dict[str, Sequence[float]]) -> dict[str, Any]:
    rows = [
        asdict(Row("II-III", name, "", seed, value))
        for name, values in errors.items()
        for seed, value in enumerate(values)
    ]
    rows += [asdict(Row("V", "2D", note, 0, 0.9)) for note in ("C", "D")]
    return {"presets": {"rows": rows, "cpu_s": 60.0}, "violin": {"rows": rows, "cpu_s": 60.0}}


def test_orderings_hold_are_reversed_or_are_not_settled() -> None:
    better, noisy, worse = [3.0, 3.1, 3.2], [1.0, 5.0, 3.5], [4.0, 4.1, 4.2]
    page = layout(results(dict(zip(NETWORKS, (better, noisy, worse, better), strict=True))))
    lines = {line.split(" | ")[0]: line for line in page.splitlines() if "<" in line}
    assert "holds" in lines["| II-III: sigmoid, skip < sigmoid, no skip"]
    assert "reversed" in lines["| II-III: sigmoid, no skip < lrelu, no skip"]
    assert "not settled" in lines["| II-III: lrelu, skip < lrelu, no skip"]


def test_the_paper_stands_beside_our_figures() -> None:
    page = layout(results({name: [3.0, 3.2] for name in NETWORKS}))
    assert "CPU time: 2.0 minutes" in page and "| sigmoid, skip | 3.100 ± " in page
    assert "| 6.388 |" in page and "| 3.472 |" in page
    assert "| 2D, violin | 0.900 |  | 0.900 |" in page
