"""Choose the controls to learn: the strongest that still act when the others are fixed.

An LFO's rate acts only while something is modulated: where the amount is not learned, and rests at
nothing, learning the rate would be in vain.
"""

from __future__ import annotations

from collections.abc import Sequence

from renderer.scan.backgrounds import find_backgrounds
from renderer.scan.draft_spec import ranked
from renderer.scan.effects import LOOKS, effect_of, kind_of, moves_of
from renderer.scan.findings import WORTH, Finding
from renderer.scan.probe import PatchRenderer

IDLE_SHARE = 0.1  # a control that acts in the draft on fewer patches than this gives way
ROUNDS = 4  # of dropping what does not act in the draft and taking up the next


def choose_controls(
    bench: PatchRenderer,
    findings: Sequence[Finding],
    size: int,
    notes: tuple[int, int],
    patches: int,
    floor_db: float,
    seed: int,
) -> tuple[int, ...]:
    """Positions of the ``size`` controls to learn, fewer where fewer act; files their effects.

    What does not act in the draft gives way to the next control. It may be moved or at rest while
    that one is measured: it is not heard.
    """
    order = [findings.index(finding) for finding in ranked(findings)]
    idle: set[int] = set()
    for _ in range(ROUNDS):
        chosen = [i for i in order if i not in idle][:size]
        fresh = [i for i in chosen if findings[i].in_draft is None]
        if not fresh:
            break
        drawn = find_backgrounds(bench, findings, notes, seed + 2, LOOKS * patches, chosen)
        moved = moves_of(bench, findings, fresh, (), drawn.patches, floor_db, seed + 2)
        for i, some in moved.items():
            effect = findings[i].in_draft = effect_of(some, floor_db)
            if effect.share < IDLE_SHARE and kind_of(effect, floor_db) not in WORTH:
                idle.add(i)
    known = [i for i in chosen if i not in idle and findings[i].in_draft is not None]
    return tuple(sorted(known))
