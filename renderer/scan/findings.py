"""Store the findings about each control, and draw random patches within the safe ranges."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np

from renderer.engines.base import Control
from renderer.scan.probe import Patch, generator
from renderer.scan.steps import Steps

# The kinds of controls:
# - acts: Moves the log-mel by more than ACTS_DB on ACTS_SHARE of the patches. Worth learning.
# - rare: Moves it on fewer patches, but by more than ACTS_DB on average. Learned if there is room.
# - weak: Moves it, but less.
# - level: Moves the loudness on most patches, by eight times as many dB as the log-mel.
# - dead: Moves nothing above the floor.
# - dangerous: Has almost no safe range, so it is fixed.
# - random: Makes the synth sound different every time, so it is fixed.
Kind = Literal["acts", "rare", "weak", "level", "dead", "dangerous", "random"]
KINDS: tuple[Kind, ...] = get_args(Kind)
WORTH: tuple[Kind, ...] = ("acts", "rare")  # Kinds that are worth learning.
ACTS_DB, ACTS_SHARE = 0.3, 0.25  # The same limits as in docs/reference/parameters.md.
LEVEL_DB, LEVEL_SHARE, LEVEL_RATIO = 1.0, 0.7, 8.0  # Limits that make a control a volume knob.
LEAST_RANGE = 0.05  # Share of the whole range: a control with a smaller safe range is fixed.
MOVED = (1.0, 0.5, 0.25)  # Share of the controls that move in one patch, in turn.


@dataclass(frozen=True)
class Danger:
    """Describe a stretch of a control's range that is unsafe; positions are 0..1."""

    first: float
    last: float
    what: str  # crashed, timeout, nonfinite, memory, runaway or silent
    reason: str


@dataclass(frozen=True)
class ControlEffect:
    """Describe the effect of moving one control on patches that are otherwise the same."""

    pairs: int  # Patches on which both ends rendered.
    mean_db: float  # Of the distances between the two log-mels.
    max_db: float
    share: float  # Share of the patches that changed by more than ACTS_DB.
    equal: float  # Share of the patches that stayed bit-equal.
    level_db: float  # Mean change of level.
    level_share: float  # Share of the patches whose level changed by more than LEVEL_DB.


@dataclass
class Finding:
    """Hold the scan's results about one control; positions are 0..1 over its native range."""

    control: Control
    texts: tuple[str, ...]  # over the whole range; empty if they could not be read
    rest: float  # position in the patch that the scan starts from
    steps: Steps | None = None
    evidence: str = ""  # why it counts as stepped, or as continuous in spite of its texts
    allowed: tuple[int, ...] = ()  # of its steps, those that are safe
    low: float = 0.0  # safe range
    high: float = 1.0
    dangers: list[Danger] = field(default_factory=list)
    kind: Kind = "dead"
    effect: ControlEffect | None = None  # with the other controls at random
    in_draft: ControlEffect | None = None  # with unlearned controls at their default position

    @property
    def is_fixed(self) -> bool:
        """Return whether it keeps its default position in every patch."""
        return self.kind in ("dangerous", "random")

    @property
    def safe_steps(self) -> tuple[float, ...]:
        """Return the positions of its safe steps; none for a continuous control."""
        return tuple(self.steps.positions[i] for i in self.allowed) if self.steps else ()

    def take_steps(self, steps: Steps | None, evidence: str) -> None:
        """Make it a switch with all steps allowed, or a continuous control if ``steps`` is None."""
        self.steps, self.evidence = steps, evidence
        self.allowed = tuple(range(len(steps))) if steps else ()

    def native(self, position: float) -> float:
        """Return the synth's own value, to six significant digits."""
        low, high = self.control.low, self.control.high
        return float(f"{low + position * (high - low):.6g}")

    def text_at(self, position: float) -> str:
        """Return the text that the synth shows there."""
        return self.texts[round(position * (len(self.texts) - 1))].strip() if self.texts else ""

    def ends(self, random: np.random.Generator) -> tuple[float, float]:
        """Return two positions to compare: .2 and .8 of the safe range, or two random steps."""
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
    """Draw a patch around the default positions.

    In turn all, half or a quarter of the controls are at random in their safe range.

    Args:
        findings: One finding for each control.
        notes: Lowest and highest note, MIDI.
        seed: Seed of the patches.
        index: Number of the patch.
        only: If given, exactly these controls move; the others keep their default position.

    Returns:
        The patch.
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
