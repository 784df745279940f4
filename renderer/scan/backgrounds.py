"""Find random patches to measure on, and check that they repeat."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from renderer.scan.findings import Finding, draw_patch
from renderer.scan.probe import MeasuredRender, Patch, PatchRenderer, mel_distance
from renderer.scan.ranges import Swept

TRIES = 16  # most patches drawn for each one needed


@dataclass
class Backgrounds:
    """Hold audible random patches, and how they were found."""

    patches: list[Patch] = field(default_factory=list)
    rendered: list[MeasuredRender] = field(default_factory=list)
    drawn: int = 0
    statuses: Counter[str] = field(default_factory=Counter)  # of all that were drawn
    faults: list[tuple[Patch, MeasuredRender]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.patches)


def find_backgrounds(
    bench: PatchRenderer,
    findings: Sequence[Finding],
    notes: tuple[int, int],
    seed: int,
    wanted: int,
    only: Collection[int] = (),
) -> Backgrounds:
    """Find the first audible patches of a seed.

    Args:
        bench: The renderer.
        findings: One finding for each control.
        notes: Lowest and highest note, MIDI.
        seed: Seed of the patches.
        wanted: Number of audible patches.
        only: If given, exactly these controls move from their default position.

    Returns:
        The patches; fewer than ``wanted``, or none, when most are silent.
    """
    found = Backgrounds()
    while len(found) < wanted and found.drawn < TRIES * wanted:
        indices = range(found.drawn, found.drawn + wanted)
        patches = [draw_patch(findings, notes, seed, index, only) for index in indices]
        for patch, render in zip(patches, bench.hear(patches), strict=True):
            found.drawn += 1
            found.statuses[render.status] += 1
            if render.is_fault:
                found.faults.append((patch, render))
            if render.is_audible and len(found) < wanted:
                found.patches.append(patch)
                found.rendered.append(render)
    return found


@dataclass(frozen=True)
class Repeats:
    """Describe how well the same patches repeat in new processes."""

    equal: float  # share that is bit-equal
    floor_db: float  # the largest distance between two renders of one patch


def repeat(bench: PatchRenderer, backgrounds: Backgrounds) -> Repeats:
    """Render the patches again and return the difference; smaller effects may be chance."""
    again = bench.hear_again(backgrounds.patches)
    pairs = list(zip(backgrounds.rendered, again, strict=True))
    distances = [mel_distance(a, b) for a, b in pairs]
    return Repeats(
        sum(a.digest == b.digest for a, b in pairs) / len(pairs),
        max((d for d in distances if not math.isnan(d)), default=0.0),
    )


def fix_random_controls(
    bench: PatchRenderer, base: Patch, findings: Sequence[Finding], swept: Swept
) -> list[str]:
    """Fix each control that makes a repeatable base patch sound different every time.

    Args:
        bench: The renderer.
        base: The patch that the scan starts from.
        findings: One finding for each control; updated.
        swept: Renders of the base patch with one control moved.

    Returns:
        The names of the fixed controls.
    """
    (first,), (second,) = bench.hear([base]), bench.hear_again([base])
    if first.digest != second.digest:
        return []  # every patch varies, so no single control is the cause
    points = [point for point, render in swept.items() if not render.is_fault]
    again = bench.hear_again([base.moved(*point) for point in points])
    unequal = {
        control
        for (control, position), render in zip(points, again, strict=True)
        if render.digest != swept[control, position].digest
    }
    for control in unequal:
        findings[control].kind = "random"
    return [findings[control].control.name for control in sorted(unequal)]
