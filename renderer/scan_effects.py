"""What each control does: whether it is a switch, whether it acts, and how much."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from renderer.probe import Bench, Heard, Patch, generator, mel_distance
from renderer.scan_backgrounds import Backgrounds
from renderer.scan_finding import (
    ACTS_DB,
    ACTS_SHARE,
    LEVEL_DB,
    Effect,
    Finding,
    Kind,
)
from renderer.scan_steps import Steps, steps_of, stretches

NOTICED_DB = 0.01  # below it two log-mels are equal for any purpose
AUDITIONS = 4  # patches on which a control's steps are listened for
INSIDE = 0.1  # a difference within a step is none up to this part of that across steps
FINE = 65  # positions heard of a control that is a switch by its sound alone
MOST_HEARD = 16  # steps that such a switch may have
AT_ONCE = 32  # controls whose log-mels are held at the same time

Verdict = Literal["steps", "smooth", "inert"]


@dataclass(frozen=True)
class _Audition:
    """Two pairs of near positions, apart from each other: equal within a pair means steps."""

    control: int
    patch: Patch
    positions: tuple[float, float, float, float]

    @property
    def patches(self) -> list[Patch]:
        return [self.patch.moved(self.control, position) for position in self.positions]


def hear_steps(
    bench: Bench, findings: Sequence[Finding], backgrounds: Backgrounds, floor_db: float, seed: int
) -> None:
    """Let audio decide which controls are switches; where nothing is heard the texts stand."""
    random = generator(seed, 1 << 40)
    patches = backgrounds.patches[:AUDITIONS]
    auditions = [
        _Audition(i, patch, _near_pairs(finding, random))
        for i, finding in enumerate(findings)
        if not finding.is_fixed
        for patch in patches
    ]
    heard = bench.hear([patch for audition in auditions for patch in audition.patches])
    verdicts: dict[int, list[Verdict]] = {}
    for k, audition in enumerate(auditions):
        verdict = _verdict(heard[4 * k : 4 * k + 4], floor_db)
        verdicts.setdefault(audition.control, []).append(verdict)
    for control, found in verdicts.items():
        _decide(bench, findings[control], control, found, patches)


def _near_pairs(
    finding: Finding, random: np.random.Generator
) -> tuple[float, float, float, float]:
    if finding.steps is None:
        a, b, c, d = (
            finding.low + x * (finding.high - finding.low) for x in (0.23, 0.24, 0.73, 0.74)
        )
        return a, b, c, d
    first, second = random.permutation(finding.allowed)[:2].tolist()
    (a, b), (c, d) = (_within(finding.steps.edges[step]) for step in (first, second))
    return a, b, c, d


def _within(edges: tuple[float, float]) -> tuple[float, float]:
    margin = 0.2 * (edges[1] - edges[0])
    return edges[0] + margin, edges[1] - margin


def _verdict(heard: Sequence[Heard], floor_db: float) -> Verdict:
    """What four renders at two pairs of near positions tell."""
    a, b, c, d = heard
    within = max(_difference(a, b), _difference(c, d))
    across = _difference(a, c)
    if math.isnan(within) or math.isnan(across) or max(within, across) <= floor_db:
        return "inert"
    return "steps" if within <= max(floor_db, INSIDE * across) else "smooth"


def _difference(a: Heard, b: Heard) -> float:
    """Of timbre or level in dB, whichever is more; 0 only for bit-equal audio."""
    if a.digest == b.digest:
        return 0.0
    return max(mel_distance(a, b), abs(a.rms_db - b.rms_db))


def _decide(
    bench: Bench, finding: Finding, control: int, found: Sequence[Verdict], patches: Sequence[Patch]
) -> None:
    """Take a control for a switch or not, from what its texts and several patches say."""
    smooth, stepped = found.count("smooth"), found.count("steps")
    if finding.steps is None:
        if stepped and not smooth:
            steps = _heard_steps(bench, finding, control, patches[found.index("steps")])
            if steps is not None:
                finding.take_steps(steps, "audio")
    elif smooth > stepped:
        if finding.dangers:
            finding.kind = "dangerous"  # what lies between its faulty steps is not known
        finding.take_steps(None, "texts show steps, audio does not")
    else:
        finding.evidence = "texts and audio" if stepped else "texts"


def _heard_steps(bench: Bench, finding: Finding, control: int, patch: Patch) -> Steps | None:
    """The steps of a switch whose texts show none, from stretches of bit-equal audio."""
    if (finding.low, finding.high) != (0.0, 1.0):
        return None
    positions = [i / (FINE - 1) for i in range(FINE)]
    heard = bench.hear([patch.moved(control, position) for position in positions])
    runs = stretches([result.digest for result in heard])
    distinct = len({heard[first].digest for first, _ in runs})
    return steps_of(runs, FINE) if 2 <= len(runs) == distinct <= MOST_HEARD else None


def measure_effects(
    bench: Bench, findings: Sequence[Finding], backgrounds: Backgrounds, floor_db: float, seed: int
) -> None:
    """Move every control between two positions on every patch; file its effect and its kind."""
    movable = [i for i, finding in enumerate(findings) if not finding.is_fixed]
    for start in range(0, len(movable), AT_ONCE):
        some = movable[start : start + AT_ONCE]
        moved = [
            patch.moved(i, position)
            for i in some
            for k, patch in enumerate(backgrounds.patches)
            for position in findings[i].ends(generator(seed, (2 << 40) + (i << 20) + k))
        ]
        heard = bench.hear(moved)
        each = 2 * len(backgrounds)
        for nth, i in enumerate(some):
            mine = heard[nth * each : (nth + 1) * each]
            effect = _effect(list(zip(mine[::2], mine[1::2], strict=True)), floor_db)
            findings[i].effect, findings[i].kind = effect, kind_of(effect, floor_db)
            if findings[i].dangers and findings[i].kind == "dead":
                findings[i].kind = "dangerous"


def _effect(pairs: Sequence[tuple[Heard, Heard]], floor_db: float) -> Effect:
    played = [(a, b) for a, b in pairs if not (a.is_fault or b.is_fault)]
    distances = np.array([mel_distance(a, b) for a, b in played] or [0.0])
    return Effect(
        pairs=len(played),
        mean_db=float(distances.mean()),
        max_db=float(distances.max()),
        share=float((distances > max(ACTS_DB, floor_db)).mean()),
        equal=sum(a.digest == b.digest for a, b in played) / max(len(played), 1),
        level_db=float(np.mean([abs(a.rms_db - b.rms_db) for a, b in played] or [0.0])),
    )


def kind_of(effect: Effect, floor_db: float) -> Kind:
    """What a control is for a learner; ``floor_db`` is what the same patch rendered twice shows."""
    if effect.share >= ACTS_SHARE:
        return "acts"
    if effect.level_db >= LEVEL_DB and effect.mean_db < ACTS_DB:
        return "level"
    return "weak" if effect.max_db > max(floor_db, NOTICED_DB) else "dead"
