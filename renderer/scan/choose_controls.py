"""Choose the controls to learn: the strongest that still act when the others are fixed.

For example, an LFO's rate acts only while its amount is above zero. If the amount is not learned
and its default is zero, learning the rate is useless.
"""

from __future__ import annotations

from collections.abc import Sequence

from renderer.scan.backgrounds import find_backgrounds
from renderer.scan.draft_spec import ranked
from renderer.scan.effects import LOOKS, effect_of, kind_of, moves_of
from renderer.scan.findings import WORTH, Finding
from renderer.scan.probe import PatchRenderer

IDLE_SHARE = 0.1  # a control that acts in the draft on a smaller share of patches is replaced
ROUNDS = 4  # times that controls without effect in the draft are replaced by the next ones


def choose_controls(
    bench: PatchRenderer,
    findings: Sequence[Finding],
    size: int,
    notes: tuple[int, int],
    patches: int,
    floor_db: float,
    seed: int,
) -> tuple[int, ...]:
    """Choose the controls to learn, and file their effects in the draft.

    A control without effect in the draft is replaced by the next one. While that one is measured,
    the replaced control may still move, because it has no effect.

    Args:
        bench: The renderer.
        findings: One finding for each control; updated.
        size: Most controls to choose.
        notes: Lowest and highest note, MIDI.
        patches: Patches on which each control is measured first.
        floor_db: Distance between two renders of the same patch.
        seed: Seed of the patches.

    Returns:
        Positions of the controls, at most ``size``.
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
