"""Findings about each control, and random patches within the safe ranges."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np

from renderer.engines.base import Control
from renderer.scan.probe import Patch, generator
from renderer.scan.steps import Steps

# acts       moves the log-mel by more than ACTS_DB on ACTS_SHARE of the patches: worth learning
# rare       on fewer patches, yet by more than ACTS_DB on average: worth it where there is room
# weak       moves it, but less
# level      moves how loud the sound is, on most patches and in eight times as many dB
# dead       moves nothing above the floor
# dangerous  has no safe range to speak of: fixed
# random     makes the synth give another sound every time: fixed
Kind = Literal["acts", "rare", "weak", "level", "dead", "dangerous", "random"]
KINDS: tuple[Kind, ...] = get_args(Kind)
WORTH: tuple[Kind, ...] = ("acts", "rare")  # learning
ACTS_DB, ACTS_SHARE = 0.3, 0.25  # the bar of docs/parameters.md
LEVEL_DB, LEVEL_SHARE, LEVEL_RATIO = 1.0, 0.7, 8.0  # what makes a control a volume knob
LEAST_RANGE = 0.05  # of the whole: a control with less safe range than this is fixed
MOVED = (1.0, 0.5, 0.25)  # shares of the controls moved from rest in one patch, in turn


@dataclass(frozen=True)
class Danger:
    """A stretch of a control that must not be played; positions are 0..1."""

    first: float
    last: float
    what: str  # crashed, timeout, nonfinite, memory, runaway or silent
    reason: str


@dataclass(frozen=True)
class ControlEffect:
    """What moving one control does, over patches that are alike in all else."""

    pairs: int  # patches on which both ends were heard
    mean_db: float  # of the distances between the two log-mels
    max_db: float
    share: float  # of the patches moved by more than ACTS_DB
    equal: float  # share of the patches that stayed equal, bit for bit
    level_db: float  # mean change of level
    level_share: float  # of the patches whose level moved by more than LEVEL_DB


@dataclass
class Finding:
    """One control, as far as the scan has come; positions are 0..1 over its native range."""

    control: Control
    texts: tuple[str, ...]  # over the whole range, empty where they could not be read
    rest: float  # position in the patch that the scan starts from
    steps: Steps | None = None
    evidence: str = ""  # what tells that it is stepped, or that it is not although it looks so
    allowed: tuple[int, ...] = ()  # of its steps, those that are safe
    low: float = 0.0  # safe range
    high: float = 1.0
    dangers: list[Danger] = field(default_factory=list)
    kind: Kind = "dead"
    effect: ControlEffect | None = None  # where the other controls are anywhere
    in_draft: ControlEffect | None = None  # where the controls that are not learned rest

    @property
    def is_fixed(self) -> bool:
        """Whether it stays at rest whatever is drawn."""
        return self.kind in ("dangerous", "random")

    @property
    def safe_steps(self) -> tuple[float, ...]:
        """Positions of its safe steps; none for a continuous control."""
        return tuple(self.steps.positions[i] for i in self.allowed) if self.steps else ()

    def take_steps(self, steps: Steps | None, evidence: str) -> None:
        """Make it a switch, all of whose steps are allowed, or a continuous control."""
        self.steps, self.evidence = steps, evidence
        self.allowed = tuple(range(len(steps))) if steps else ()

    def native(self, position: float) -> float:
        """The synth's own value, to six significant digits."""
        low, high = self.control.low, self.control.high
        return float(f"{low + position * (high - low):.6g}")

    def text_at(self, position: float) -> str:
        """What the synth shows there."""
        return self.texts[round(position * (len(self.texts) - 1))].strip() if self.texts else ""

    def ends(self, random: np.random.Generator) -> tuple[float, float]:
        """Two positions to compare: .2 and .8 of the safe range, or two steps drawn at random."""
        if self.safe_steps:
            first, second = random.permutation(self.safe_steps)[:2].tolist()
            return first, second
        span = self.high - self.low
        return self.low + 0.2 * span, self.low + 0.8 * span


def draw_patch(
    findings: Sequence[Finding],
    notes: tuple[int, int],
    seed: int,
    index: int,
    only: Collection[int] = (),
) -> Patch:
    """A patch around rest: all, half or a quarter of the controls anywhere in their safe range.

    With ``only`` those controls are moved, all of them, and the others rest.
    """
    random = generator(seed, index)
    drawn, chosen = random.random(len(findings)), random.random(len(findings))
    note = int(random.integers(notes[0], notes[1] + 1))
    position = np.array([finding.rest for finding in findings], np.float32)
    for i, finding in enumerate(findings):
        moves = i in only if only else chosen[i] < MOVED[index % len(MOVED)]
        if finding.is_fixed or not moves:
            continue
        steps = finding.safe_steps
        span = finding.high - finding.low
        position[i] = steps[int(drawn[i] * len(steps))] if steps else finding.low + drawn[i] * span
    return Patch(np.clip(position, 0.0, 1.0), note)
