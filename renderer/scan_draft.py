"""Which controls the draft learns: the strongest that still act when the others are fixed.

An LFO's rate acts only while something is modulated: where the amount is not learned, and rests at
nothing, learning the rate would be in vain.
"""

from __future__ import annotations

from collections.abc import Sequence

from renderer.probe import Bench
from renderer.scan_backgrounds import find_backgrounds
from renderer.scan_effects import LOOKS, effect_of, kind_of, moves_of
from renderer.scan_finding import WORTH, Finding
from renderer.scan_spec import ranked

ROUNDS = 4  # of dropping what does not act in the draft and taking up the next


def choose_controls(
    bench: Bench,
    findings: Sequence[Finding],
    size: int,
    notes: tuple[int, int],
    patches: int,
    floor_db: float,
    seed: int,
) -> tuple[int, ...]:
    """Positions of the ``size`` controls to learn, fewer where fewer act; files their effects.

    After the last round what does not act is dropped without taking up another.
    """
    order = [findings.index(finding) for finding in ranked(findings)]
    chosen: list[int] = []
    for last in [False] * (ROUNDS - 1) + [True]:
        chosen = order[:size]
        drawn = find_backgrounds(bench, findings, notes, seed + 2, LOOKS * patches, chosen)
        moved = moves_of(bench, findings, chosen, drawn.patches, floor_db, seed + 2)
        effects = {i: effect_of(some, floor_db) for i, some in moved.items()}
        for i, effect in effects.items():
            findings[i].in_draft = effect
        idle = {i for i, effect in effects.items() if kind_of(effect, floor_db) not in WORTH}
        if not idle:
            break
        order = [i for i in order if i not in idle]
        if last:
            chosen = [i for i in chosen if i not in idle]
    return tuple(sorted(chosen))
