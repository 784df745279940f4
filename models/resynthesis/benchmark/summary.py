"""Summarise the rows of the benchmark."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

Rows = Mapping[str, Mapping[str, Any]]


def statistics(values: Iterable[float]) -> dict[str, float]:
    """Return median, 90th percentile, worst and count of the finite values."""
    finite = np.array([value for value in values if np.isfinite(value)])
    if not len(finite):
        return {"count": 0}
    return {
        "count": len(finite),
        "median": round(float(np.median(finite)), 3),
        "p90": round(float(np.percentile(finite, 90)), 3),
        "worst": round(float(finite.max()), 3),
    }


def summarise_root(rows: Rows) -> dict[str, Any]:
    """Return statistics of every preset and metric, of J by family, of time and of size."""
    arms: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    families: dict[str, list[float]] = defaultdict(list)
    sizes: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in rows.values():
        families[row["family"]].append(row["arms"]["corrected"]["j"])
        for arm, values in row["arms"].items():
            for metric, value in values.items():
                arms[arm][metric].append(value)
        for size, values in row["frames"].items():
            for metric, value in values.items():
                sizes[size][metric].append(value)
    return {
        "arms": _nested(arms),
        "corrected_j_by_family": {name: statistics(values) for name, values in families.items()},
        "frames": _nested(sizes),
        "seconds_open_loop": statistics(row["seconds"]["open_loop"] for row in rows.values()),
        "seconds_corrected": statistics(row["seconds"]["corrected"] for row in rows.values()),
        "renders": statistics(row["renders"] for row in rows.values()),
        "bytes": statistics(row["bytes"] for row in rows.values()),
    }


def _nested(table: Mapping[str, Mapping[str, list[float]]]) -> dict[str, Any]:
    return {
        name: {metric: statistics(values) for metric, values in metrics.items()}
        for name, metrics in table.items()
    }


def summarise_notes(rows: Rows) -> dict[str, Any]:
    """Return statistics of J over all notes, and over instruments, for each kind of preset."""
    kinds = list(next(iter(rows.values()))["j"])
    cells = {kind: [j for row in rows.values() for j in row["j"][kind].values()] for kind in kinds}
    medians = {
        kind: [float(np.median(list(row["j"][kind].values()))) for row in rows.values()]
        for kind in kinds
    }
    return {
        "all_notes": {kind: statistics(values) for kind, values in cells.items()},
        "instruments": {kind: statistics(values) for kind, values in medians.items()},
        "by_interval": {
            kind: {
                interval: statistics(row["j"][kind][interval] for row in rows.values())
                for interval in next(iter(rows.values()))["j"][kind]
            }
            for kind in kinds
        },
    }


def summarise_holds(rows: Rows) -> dict[str, Any]:
    """Count the sustained sounds that stay steady, the others that decay, and those that end.

    A level may drift by 3 dB, or by as much as in the recorded part. A jump may exceed the jumps
    of the recorded part by at most 2 dB.
    """
    looped = [row for row in rows.values() if row["looped"]]
    played_once = [row for row in rows.values() if not row["looped"]]
    steady = [row for row in looped if row["drift_db"] <= max(3.0, row["recorded_range_db"])]
    smooth = [row for row in looped if row["jump_db"] <= 2.0 + row["recorded_jump_db"]]
    return {
        "looped": len(looped),
        "within_3_db": sum(row["drift_db"] <= 3.0 for row in looped),
        "within_3_db_or_as_recorded": len(steady),
        "jumps_within_2_db": sum(row["jump_db"] <= 2.0 for row in looped),
        "jumps_within_2_db_of_recorded": len(smooth),
        "played_once": len(played_once),
        "decayed": sum(row["change_db"] < -6.0 or row["ended"] for row in played_once),
        "released": sum(row["release_db"] <= -60.0 for row in rows.values()),
        "clipped": sum(row["peak"] >= 1.0 for row in rows.values()),
    }
