"""Summarise the budget curve as tables of ratios and intervals.

A *trace* is one search for one target. It holds the J, MSS and time of every played preset, in
order. At k renders, a method's answer is the nearest of its first k presets. At 0 renders it is the
first preset, chosen without a measurement (only the judge renders it). A target's score is its mean
over search seeds. Intervals are 95 % bootstrap intervals over targets, paired where methods are
compared.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from models.evaluation.bootstrap import Interval, bootstrap, median, paired_bootstrap_ratio

STOPS = (0, 1, 5, 10, 16, 20, 50, 100, 250, 1000)  # Numbers of renders in the table.
IN_TUNE_CENTS = 50.0
SILENCE_DB = 80.0  # J of a preset that does not sound: the largest possible distance.


@dataclass(frozen=True)
class Trace:
    """Hold one search for one target."""

    target: str
    method: str
    seed: int
    j: tuple[float, ...]  # J of every played preset, dB. Infinite if it did not sound.
    mss: tuple[float, ...]  # dB.
    seconds: tuple[float, ...]  # Time of each render since the start of the search.
    sc: float | None = None  # Spectral convergence of the last answer. None: not measured.
    f0_cents: float | None = None  # Pitch error of the last answer. None: no clear pitch.

    def at(self, renders: int) -> tuple[float, float]:
        """Return J and MSS of the answer after a number of renders."""
        played = np.minimum(self.j[: max(1, renders)], SILENCE_DB)
        best = int(np.argmin(played))
        return float(played[best]), float(min(self.mss[best], SILENCE_DB))

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, with None for a preset that did not sound."""
        row = asdict(self)
        for name in ("j", "mss"):
            row[name] = [value if math.isfinite(value) else None for value in row[name]]
        return row

    @classmethod
    def from_dict(cls, row: Mapping[str, Any]) -> Trace:
        """Rebuild a trace from `to_dict`."""
        j, mss = (tuple(math.inf if v is None else v for v in row[name]) for name in ("j", "mss"))
        last = row.get("sc"), row.get("f0_cents")
        return cls(row["target"], row["method"], row["seed"], j, mss, tuple(row["seconds"]), *last)


@dataclass(frozen=True)
class LastAnswers:
    """Describe a method's answers after all its renders."""

    renders: int
    answers: int
    sc: float  # Median spectral convergence, linear power. Lower is better.
    pitched: int  # Number of answers with a clear pitch whose target has one too.
    in_tune: float  # Share of those within IN_TUNE_CENTS.


class Curves:
    """Hold all traces over one set of targets."""

    def __init__(self, traces: Sequence[Trace]) -> None:
        self._traces = list(traces)
        self.methods = list(dict.fromkeys(trace.method for trace in traces))

    def scores(self, method: str, renders: int, measure: int = 0) -> dict[str, float]:
        """Return each target's J or MSS, as the mean over the seeds that have enough renders.

        Args:
            method: Name of the method.
            renders: Number of renders.
            measure: 0 for J, 1 for MSS.

        Returns:
            Score in dB by target.
        """
        rows: dict[str, list[float]] = {}
        for trace in self._of(method):
            if len(trace.j) >= renders:
                rows.setdefault(trace.target, []).append(trace.at(renders)[measure])
        return {target: float(np.mean(values)) for target, values in rows.items()}

    def rows(self, synth: str, domain: str) -> list[dict[str, Any]]:
        """Return a row for each method and number of renders."""
        return [
            self._row(method, renders, synth, domain)
            for method in self.methods
            for renders in self.stops(method)
        ]

    def stops(self, method: str) -> list[int]:
        """Return the numbers of renders at which a method is evaluated."""
        longest = max(len(trace.j) for trace in self._of(method))
        return [stop for stop in STOPS if stop <= longest]

    def ratio(self, method: str, renders: int, other: str, its: int) -> Interval | None:
        """Return the mean J of one method over another's, on the targets that both have.

        Args:
            method: Name of the first method.
            renders: Renders of the first method.
            other: Name of the second method.
            its: Renders of the second method.

        Returns:
            The ratio with its interval, or None without a common target.
        """
        top, bottom = self.scores(method, renders), self.scores(other, its)
        both = [target for target in top if target in bottom]
        if not both:
            return None
        ours, theirs = (np.array([score[name] for name in both]) for score in (top, bottom))
        return paired_bootstrap_ratio(ours, theirs)

    def renders_to_reach(self, method: str, other: str, its: int) -> int | None:
        """Return how many renders a method needs to reach another's mean J.

        Args:
            method: Name of the method.
            other: Name of the method to reach.
            its: Renders of the other method.

        Returns:
            The least number of renders, or None if the method does not reach it.
        """
        goal = self.scores(other, its)
        if not goal:
            return None
        bar = float(np.mean(list(goal.values())))
        longest = min(len(trace.j) for trace in self._of(method))
        for renders in range(longest + 1):
            score = self.scores(method, renders)
            if np.mean([score[target] for target in goal if target in score]) <= bar:
                return renders
        return None

    def last_answers(self, method: str) -> LastAnswers | None:
        """Return SC and pitch of a method's answers after all its renders; None if not measured."""
        known = [trace for trace in self._of(method) if trace.sc is not None]
        if not known:
            return None
        cents = np.array([trace.f0_cents for trace in known if trace.f0_cents is not None])
        return LastAnswers(
            renders=max(len(trace.j) for trace in known),
            answers=len(known),
            sc=float(np.median([trace.sc for trace in known if trace.sc is not None])),
            pitched=len(cents),
            in_tune=float(np.mean(cents <= IN_TUNE_CENTS)) if len(cents) else math.nan,
        )

    def seconds_to(self, method: str, renders: int) -> float:
        """Return the median wall-clock seconds that a number of renders took."""
        times = [t.seconds[renders - 1] for t in self._of(method) if len(t.j) >= renders]
        return float(np.median(times))

    def _of(self, method: str) -> list[Trace]:
        return [trace for trace in self._traces if trace.method == method]

    def _row(self, method: str, renders: int, synth: str, domain: str) -> dict[str, Any]:
        j = np.array(list(self.scores(method, renders).values()))
        mss = np.array(list(self.scores(method, renders, 1).values()))
        found, middle = bootstrap(j), bootstrap(mss, median)
        return {
            "synth": synth,
            "domain": domain,
            "method": method,
            "renders": renders,
            "mean_j": found.value,
            "low": found.low,
            "high": found.high,
            "median_mss": middle.value,
            "targets": len(j),
            "seed_count": len({trace.seed for trace in self._of(method)}),
        }


def claims(curves: Curves) -> list[dict[str, Any]]:
    """Return the measured ones of the ratios that judge the estimator, each with its interval."""
    asked = [
        ("ours, 100 renders / nearest neighbour", ("ours", 100, "nn", 0)),
        ("ours, 100 / neighbour and genetic search, 100", ("ours", 100, "nn_ga", 100)),
        ("ours, 100 / neighbour and CMA-ES, 100", ("ours", 100, "nn_cma", 100)),
        ("ours, 250 / neighbour and genetic search, 250", ("ours", 250, "nn_ga", 250)),
        ("ours, 1000 / neighbour and genetic search, 1000", ("ours", 1000, "nn_ga", 1000)),
        ("ours, 1000 / neighbour and CMA-ES, 1000", ("ours", 1000, "nn_cma", 1000)),
        ("ours, 16 / nearest neighbour", ("ours", 16, "nn", 0)),
        ("ours, 0 / nearest neighbour", ("ours", 0, "nn", 0)),
        ("ours, 0 / Flow_reg, one shot", ("ours", 0, "flow_reg", 0)),
        ("posterior, best of 16 / Flow_reg, best of 16", ("posterior", 16, "flow_reg", 16)),
        ("posterior, one shot / nearest neighbour", ("posterior", 0, "nn", 0)),
        ("CMA-ES in z, 100 / in the parameters, 100", ("nn_cma_z", 100, "nn_cma", 100)),
        ("genetic search, 100 / CMA-ES, 100", ("nn_ga", 100, "nn_cma", 100)),
    ]
    found = []
    for claim, (method, renders, other, its) in asked:
        if method in curves.methods and other in curves.methods:
            ratio = curves.ratio(method, renders, other, its)
            if ratio is not None:
                found.append({"claim": claim, **asdict(ratio)})
    return found


def markdown(curves: Curves) -> str:
    """Return a table of mean J by method and renders, then the ratios, as Markdown."""
    stops = sorted({stop for method in curves.methods for stop in curves.stops(method)})
    lines = ["| mean J, dB, at renders | " + " | ".join(map(str, stops)) + " |"]
    lines.append("| --- |" + " --- |" * len(stops))
    for method in curves.methods:
        able = curves.stops(method)
        cells = [
            f"{np.mean(list(curves.scores(method, stop).values())):.2f}" if stop in able else "-"
            for stop in stops
        ]
        lines.append(f"| {NAMES.get(method, method)} | " + " | ".join(cells) + " |")
    lines += ["", "| ratio of mean J | value | 95 % |", "| --- | --- | --- |"]
    for row in claims(curves):
        lines.append(
            f"| {row['claim']} | {row['value']:.2f} | {row['low']:.2f} to {row['high']:.2f} |"
        )
    lines += _last_lines(curves) + _time_lines(curves)
    return "\n".join(lines) + "\n"


def _last_lines(curves: Curves) -> list[str]:
    found = {method: curves.last_answers(method) for method in curves.methods}
    known = {method: last for method, last in found.items() if last is not None}
    if not known:
        return []
    head = f"within {IN_TUNE_CENTS:g} cents, of answers with a pitch"
    return [
        "",
        f"| last answer | renders | answers | median SC | {head} |",
        "| --- | --- | --- | --- | --- |",
        *(
            f"| {NAMES.get(method, method)} | {last.renders} | {last.answers} | {last.sc:.3f} | "
            f"{last.in_tune:.0%} of {last.pitched} |"
            for method, last in known.items()
        ),
    ]


def _time_lines(curves: Curves) -> list[str]:
    """Return the renders and the time that ours needs to reach the baselines' last render."""
    lines = []
    for other in ("nn_ga", "nn_cma"):
        if {"ours", other} <= set(curves.methods):
            for its in (stop for stop in (100, 1000) if stop in curves.stops(other)):
                reached = curves.renders_to_reach("ours", other, its)
                goal = f"the mean J that *{NAMES[other]}* has after {its} renders"
                if reached is None:
                    lines += ["", f"Ours does not reach {goal}."]
                    continue
                ours = curves.seconds_to("ours", max(1, reached))
                theirs = curves.seconds_to(other, its)
                needed = f"Ours needs {reached} renders and {ours:.2g} s to reach"
                lines += ["", f"{needed} {goal} and {theirs:.2g} s."]
    return lines


NAMES = {
    "random": "random presets",
    "nn": "nearest neighbours",
    "cma": "CMA-ES from scratch",
    "nn_cma": "neighbour, CMA-ES",
    "nn_cma_z": "neighbour, CMA-ES in z",
    "nn_ga": "neighbours, genetic search",
    "flow": "our flow and its samples",
    "flow_reg": "Flow_reg and its samples",
    "posterior": "posterior samples",
    "ours": "ours",
}
