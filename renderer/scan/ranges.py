"""Find the safe range of each control, one control at a time.

A value is unsafe when it crashes or hangs the synth, makes its level run away or returns NaN, or
silences most patches. Bisection finds where a continuous control becomes unsafe.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from renderer.scan.findings import LEAST_RANGE, Danger, Finding
from renderer.scan.probe import MeasuredRender, Patch, PatchRenderer

SWEEP = (0.0, 0.25, 0.5, 0.75, 1.0)  # Positions tried for a continuous control.
MOST_SWEPT = 17  # Most steps tried for a switch.
HALVINGS = 6  # After 6 halvings a boundary is known to 1/256 of the whole range.
SILENCED = 0.5  # A value that silences a larger share of the patches is unsafe.

Swept = dict[tuple[int, float], MeasuredRender]  # by control and position


def sweep(bench: PatchRenderer, base: Patch, findings: Sequence[Finding]) -> Swept:
    """Render the base patch with every control at a few positions, or at its steps.

    Args:
        bench: The renderer.
        base: The patch that the scan starts from.
        findings: One finding for each control.

    Returns:
        The renders by control and position.
    """
    points = [
        (i, position)
        for i, finding in enumerate(findings)
        for position in _swept(finding)
        if not finding.is_fixed
    ]
    renders = bench.hear([base.moved(i, position) for i, position in points])
    return dict(zip(points, renders, strict=True))


def quiet(swept: Swept) -> set[int]:
    """Return the controls that did not change a single bit of the base patch."""
    digests: dict[int, set[str]] = {}
    for (control, _), render in swept.items():
        digests.setdefault(control, set()).add(render.digest)
    return {control for control, found in digests.items() if len(found) == 1}


def _swept(finding: Finding) -> tuple[float, ...]:
    if finding.steps is None:
        return SWEEP
    last = len(finding.steps) - 1
    count = min(last + 1, MOST_SWEPT)
    chosen = sorted({round(i * last / (count - 1)) for i in range(count)})
    return tuple(finding.steps.positions[i] for i in chosen)


def fence_faults(
    bench: PatchRenderer, base: Patch, findings: Sequence[Finding], swept: Swept
) -> None:
    """Exclude the positions where a control crashes, hangs, runs away or returns NaN.

    Args:
        bench: The renderer.
        base: The patch that the scan starts from.
        findings: One finding for each control; updated.
        swept: Renders of the base patch with one control moved.
    """
    bad = {point for point, render in swept.items() if render.is_fault}
    _fence(bench, base, findings, swept, bad, lambda render: render.is_fault)


def fence_silence(
    bench: PatchRenderer,
    base: Patch,
    findings: Sequence[Finding],
    swept: Swept,
    backgrounds: Sequence[Patch],
) -> None:
    """Exclude the positions where a control silences the base patch and most others.

    Args:
        bench: The renderer.
        base: The patch that the scan starts from.
        findings: One finding for each control; updated.
        swept: Renders of the base patch with one control moved.
        backgrounds: The other patches.
    """
    found = sorted(
        point
        for point, render in swept.items()
        if render.status == "silent" and not findings[point[0]].is_fixed
    )
    tried = bench.hear([patch.moved(*point) for point in found for patch in backgrounds])
    count = len(backgrounds)
    silent = [
        sum(render.status == "silent" for render in tried[i * count : (i + 1) * count])
        for i in range(len(found))
    ]
    bad = {point for point, n in zip(found, silent, strict=True) if n > SILENCED * count}
    _fence(bench, base, findings, swept, bad, lambda render: render.status == "silent")


def _fence(
    bench: PatchRenderer,
    base: Patch,
    findings: Sequence[Finding],
    swept: Swept,
    bad: set[tuple[int, float]],
    is_bad: Callable[[MeasuredRender], bool],
) -> None:
    """Narrow the range of controls with bad points; fix a control that keeps almost no range."""
    edges = []
    for i in sorted({control for control, _ in bad}):
        points = {position: swept[i, position] for _, position in _of(swept, i)}
        wrong = {position for control, position in bad if control == i}
        if findings[i].steps is not None:
            _drop_steps(findings[i], {p: points[p] for p in wrong})
        else:
            edges += _edges(i, findings[i], points, wrong)
    for edge in _bisected(bench, base, edges, is_bad):
        edge.apply(findings[edge.control])
    for finding in findings:
        few = len(finding.allowed) < 2 if finding.steps else _span(finding) < LEAST_RANGE
        if finding.dangers and few:
            finding.kind = "dangerous"


def _of(swept: Iterable[tuple[int, float]], control: int) -> list[tuple[int, float]]:
    return sorted(point for point in swept if point[0] == control)


def _span(finding: Finding) -> float:
    return finding.high - finding.low


def _drop_steps(finding: Finding, wrong: dict[float, MeasuredRender]) -> None:
    assert finding.steps is not None
    for i, position in enumerate(finding.steps.positions):
        if position in wrong:
            render = wrong[position]
            finding.allowed = tuple(step for step in finding.allowed if step != i)
            finding.dangers.append(
                Danger(*finding.steps.edges[i], render.status, render.reason or render.status)
            )


@dataclass
class _Edge:
    """Describe the boundary between a good and a bad position of one control."""

    control: int
    good: float
    bad: float
    end: float  # of the range, beyond the bad position
    render: MeasuredRender  # at the bad position

    @property
    def middle(self) -> float:
        return (self.good + self.bad) / 2

    def apply(self, finding: Finding) -> None:
        """Narrow the safe range to this boundary."""
        if self.bad > self.good:
            finding.high = min(finding.high, self.good)
        else:
            finding.low = max(finding.low, self.good)
        first, last = sorted((self.bad, self.end))
        finding.dangers.append(Danger(first, last, self.render.status, self.render.reason))


def _edges(
    control: int, finding: Finding, points: dict[float, MeasuredRender], wrong: set[float]
) -> list[_Edge]:
    """Return the nearest bad point on each side of the default position; the range ends there."""
    edges = []
    above = sorted(p for p in wrong if p > finding.rest)[:1]
    below = sorted(p for p in wrong if p < finding.rest)[-1:]
    for bad, end in [(p, 1.0) for p in above] + [(p, 0.0) for p in below]:
        between = [p for p in points if p not in wrong and min(bad, finding.rest) < p]
        between = [p for p in between if p < max(bad, finding.rest)]
        good = min([finding.rest, *between], key=lambda p: abs(p - bad))
        edges.append(_Edge(control, good, bad, end, points[bad]))
    return edges


def _bisected(
    bench: PatchRenderer, base: Patch, edges: list[_Edge], is_bad: Callable[[MeasuredRender], bool]
) -> list[_Edge]:
    """Return the boundaries at higher precision; each step halves all of them together."""
    for _ in range(HALVINGS):
        renders = bench.hear([base.moved(edge.control, edge.middle) for edge in edges])
        for edge, result in zip(edges, renders, strict=True):
            if is_bad(result):
                edge.bad, edge.render = edge.middle, result
            else:
                edge.good = edge.middle
    return edges
