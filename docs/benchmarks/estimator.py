"""Make the tables, picture and rows of estimator.md from the traces of `patchwright curve`.

    python docs/benchmarks/estimator.py                      # from traces/*.jsonl.gz
    python docs/benchmarks/estimator.py amsynth-34-in=FOLDER # adds the traces of a run first

The script writes each table between two marks in the page. New traces replace kept traces of the
same target, method and seed.
"""

from __future__ import annotations

import gzip
import io
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

from models.evaluation.budget_curve import draw, read_traces  # noqa: E402
from models.evaluation.budget_curve_table import Curves, Trace, claims, markdown  # noqa: E402  from the checkout

PAGE, ROWS, PICTURE = HERE / "estimator.md", HERE / "estimator_curve.json", HERE / "estimator.png"
ORDER = (
    "random",
    "nn",
    "flow_reg",
    "flow",
    "posterior",
    "cma",
    "nn_cma",
    "nn_cma_z",
    "nn_ga",
    "ours",
)
DRAWN = {
    "amsynth-34-in": "amsynth-34, in domain",
    "amsynth-34-out": "amsynth-34, recordings",
}


def take(name: str, folder: Path) -> None:
    """Add the traces of a run to the kept traces of that name."""
    path = HERE / "traces" / f"{name}.jsonl.gz"
    kept = {_key(row): row for row in _rows(path)} if path.exists() else {}
    for trace in read_traces(folder / "traces.jsonl"):
        row = trace.to_dict()
        for part in ("j", "mss", "seconds"):
            row[part] = [None if value is None else round(value, 3) for value in row[part]]
        kept[_key(row)] = row
    lines = (json.dumps(row, separators=(",", ":")) + "\n" for row in kept.values())
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as file:
        file.write("".join(lines).encode())
    path.write_bytes(packed.getvalue())


def traces_of(name: str) -> list[Trace]:
    """Return the kept traces of a run, in the order of methods."""
    rows = map(Trace.from_dict, _rows(HERE / "traces" / f"{name}.jsonl.gz"))
    return sorted(rows, key=lambda trace: ORDER.index(trace.method))


def _key(row: dict[str, Any]) -> tuple[str, str, int]:
    return row["target"], row["method"], row["seed"]


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


def main() -> None:
    """Add the given runs, then write tables, rows and picture."""
    for argument in sys.argv[1:]:
        name, _, folder = argument.partition("=")
        take(name, Path(folder))
    runs = {}
    for path in sorted((HERE / "traces").glob("*.jsonl.gz")):
        name = path.name.removesuffix(".jsonl.gz")
        runs[name] = Curves(traces_of(name))
    page = PAGE.read_text(encoding="utf-8")
    document: dict[str, list[dict[str, Any]]] = {"rows": [], "claims": []}
    for name, curves in runs.items():
        synth, _, domain = name.rpartition("-")
        document["rows"] += curves.rows(synth, domain)
        document["claims"] += [{"targets": name} | claim for claim in claims(curves)]
        begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
        if begin not in page:
            print(f"estimator.md: no place for {name}. Add the lines {begin} and {end}")
        table = f"{begin}\n\n{markdown(curves)}\n{end}"
        page = re.sub(re.escape(begin) + ".*?" + re.escape(end), lambda _: table, page, flags=re.S)  # noqa: B023
    PAGE.write_text(page, encoding="utf-8")
    ROWS.write_text(json.dumps(document, indent=1), encoding="utf-8")
    draw({title: runs[name] for name, title in DRAWN.items()}, PICTURE)


if __name__ == "__main__":
    main()
