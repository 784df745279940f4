"""Measure the effect of each control, and find the controls that are switches."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from renderer.scan.findings import (
    ACTS_DB,
    ACTS_SHARE,
    LEVEL_DB,
    LEVEL_RATIO,
    LEVEL_SHARE,
    ControlEffect,
    Finding,
    Kind,
)
from renderer.scan.probe import MeasuredRender, Patch, PatchRenderer, generator, mel_distance
from renderer.scan.steps import Steps, steps_of, stretches

NOTICED_DB = 0.01  # smaller differences between two log-mels count as none
# Number of patches on which audio is searched for steps, for a control without and with texts that
# show steps. These are the patches with the largest effect. A control without step texts is swept
# as soon as one patch shows steps.
AUDITIONS = (1, 3)
FINE = 129  # Positions rendered to find the steps of a control by its audio alone.
MOST_HEARD = 32  # Most steps that a switch found by audio may have.
LOOKS = 4  # A control without a clear effect is measured on this many times more patches.
AT_ONCE = 512  # Pairs of clips whose log-mels are in memory at the same time.

Verdict = Literal["steps", "smooth", "inert"]


@dataclass(frozen=True)
class _Audition:
    """Hold two distant pairs of near positions.

    If both pairs sound equal within themselves, the control has steps.
    """

    control: int
    patch: Patch
    positions: tuple[float, float, float, float]

    @property
    def patches(self) -> list[Patch]:
        return [self.patch.moved(self.control, position) for position in self.positions]


def hear_steps(
    bench: PatchRenderer,
    findings: Sequence[Finding],
    patches: Mapping[int, Sequence[Patch]],
    floor_db: float,
    seed: int,
) -> list[int]:
    """Decide by audio which controls are switches, and update their findings.

    Args:
        bench: The renderer.
        findings: One finding for each control; updated.
        patches: By control, some patches on which it acts.
        floor_db: Distance between two renders of the same patch; smaller differences do not count.
        seed: Seed of the positions.

    Returns:
        The controls for which the audio disagrees with the texts. If the audio does not change, the
        texts decide.
    """
    random = generator(seed, 1 << 40)
    objectives = [
        _Audition(i, patch, _near_pairs(findings[i], random))
        for i, some in patches.items()
        for patch in some
    ]
    renders = bench.hear([patch for objective in objectives for patch in objective.patches])
    verdicts: dict[int, list[tuple[Verdict, Patch]]] = {}
    for k, objective in enumerate(objectives):
        verdict = _verdict(renders[4 * k : 4 * k + 4], floor_db)
        verdicts.setdefault(objective.control, []).append((verdict, objective.patch))
    return [i for i, found in verdicts.items() if _decide(bench, findings[i], i, found)]


def _near_pairs(finding: Finding, random: np.random.Generator) -> tuple[float, float, float, float]:
    if finding.steps is None:
        a, b, c, d = (
            finding.low + x * (finding.high - finding.low) for x in (0.23, 0.232, 0.73, 0.732)
        )
        return a, b, c, d
    first, second = random.permutation(finding.allowed)[:2].tolist()
    (a, b), (c, d) = (_within(finding.steps, step) for step in (first, second))
    return a, b, c, d


def _within(steps: Steps, step: int) -> tuple[float, float]:
    """Return two positions in one step, for synths that round and for synths that truncate."""
    at, end = steps.positions[step], steps.edges[step][1]
    return at, (at + end) / 2


def _verdict(renders: Sequence[MeasuredRender], least_db: float) -> Verdict:
    """Judge renders at two pairs of near positions.

    Differences up to ``least_db`` count as none.
    """
    a, b, c, d = renders
    differences = [_difference(a, b), _difference(c, d), _difference(a, c)]
    within, across = max(differences[:2]), differences[2]
    if any(map(math.isnan, differences)) or max(within, across) <= least_db:
        return "inert"
    return "steps" if within <= least_db else "smooth"


def _difference(a: MeasuredRender, b: MeasuredRender) -> float:
    """Return the difference of timbre or level in dB, whichever is larger.

    It is 0 only for bit-equal audio.
    """
    if a.digest == b.digest:
        return 0.0
    return max(mel_distance(a, b), abs(a.rms_db - b.rms_db))


def _decide(
    bench: PatchRenderer, finding: Finding, control: int, found: Sequence[tuple[Verdict, Patch]]
) -> bool:
    """Decide from several patches whether a control is a switch; return whether that changes it."""
    stepped = [patch for verdict, patch in found if verdict == "steps"]
    smooth = [patch for verdict, patch in found if verdict == "smooth"]
    shown = finding.steps
    if shown is not None and len(smooth) <= len(stepped):
        finding.evidence = "texts and audio" if stepped else "texts"
        return False
    if shown is None and (smooth or not stepped):
        return False
    if finding.dangers:
        finding.kind = "dangerous"  # the values between its faulty steps were not tested
    runs, distinct = _sweep(bench, finding, control, (smooth or stepped)[0])
    if shown is not None and 2 <= len(runs) <= MOST_HEARD:
        # For example a switch that is on just above 0, but whose text changes at one half.
        finding.evidence = "texts and audio"
        return False
    if shown is None and not 2 <= len(runs) == distinct <= MOST_HEARD:
        return False
    if finding.dangers:
        finding.kind = "dangerous"  # the values between its faulty steps were not tested
    if shown is None:
        finding.take_steps(steps_of(runs, FINE), "audio")
    else:
        finding.take_steps(None, "texts show steps, audio does not")
    return True


def _sweep(
    bench: PatchRenderer, finding: Finding, control: int, patch: Patch
) -> tuple[list[tuple[int, int]], int]:
    """Return the stretches of bit-equal audio over the whole range, and how many differ.

    A control with unsafe values must not move over its whole range, so it has no stretches.
    """
    if finding.dangers:
        return [], 0
    positions = [i / (FINE - 1) for i in range(FINE)]
    renders = bench.hear([patch.moved(control, position) for position in positions])
    runs = stretches([result.digest for result in renders])
    return runs, len({renders[first].digest for first, _ in runs})


@dataclass(frozen=True)
class Moved:
    """Hold the change when one control moves between two positions on one patch."""

    patch: Patch
    distance: float  # of the log-mels, dB
    level_db: float  # change of level
    equal: bool  # bit for bit


def measure_effects(
    bench: PatchRenderer,
    findings: Sequence[Finding],
    quiet: Collection[int],
    patches: Sequence[Patch],
    floor_db: float,
    seed: int,
) -> None:
    """Measure the effect of every control, and file its effect, its kind and its steps.

    If audio shows that a control is stepped, or that it is not, the control is measured again.

    Args:
        bench: The renderer.
        findings: One finding for each control; updated.
        quiet: Controls that changed nothing so far.
        patches: Audible random patches.
        floor_db: Distance between two renders of the same patch.
        seed: Seed of the positions.
    """
    movable = [i for i, finding in enumerate(findings) if not finding.is_fixed]
    moved = moves_of(bench, findings, movable, quiet, patches, floor_db, seed)
    _file(findings, moved, floor_db)
    telling = {
        i: [
            m.patch for m in sorted(some, key=lambda m: -m.distance)[: AUDITIONS[steps is not None]]
        ]
        for i, some, steps in ((i, some, findings[i].steps) for i, some in moved.items())
        if not findings[i].is_fixed and findings[i].kind != "dead"
    }
    changed = hear_steps(bench, findings, telling, floor_db, seed)
    changed = [i for i in changed if not findings[i].is_fixed]
    _file(findings, moves_of(bench, findings, changed, (), patches, floor_db, seed), floor_db)


def _file(findings: Sequence[Finding], moved: Mapping[int, Sequence[Moved]], floor: float) -> None:
    for i, some in moved.items():
        findings[i].effect = effect = effect_of(some, floor)
        kind = kind_of(effect, floor)
        findings[i].kind = "dangerous" if findings[i].dangers and kind == "dead" else kind


def moves_of(
    bench: PatchRenderer,
    findings: Sequence[Finding],
    controls: Sequence[int],
    quiet: Collection[int],
    patches: Sequence[Patch],
    floor_db: float,
    seed: int,
) -> dict[int, list[Moved]]:
    """Return the changes when each control moves on the first patches, by control.

    A control without a clear effect there is moved on all patches: twelve patches easily miss an
    envelope that acts on one patch in five.

    Args:
        bench: The renderer.
        findings: One finding for each control.
        controls: Controls to move.
        quiet: Controls that are expected to change nothing; they are moved together.
        patches: Audible random patches.
        floor_db: Distance between two renders of the same patch.
        seed: Seed of the positions.

    Returns:
        The changes on each patch, by control.
    """
    first = -(-len(patches) // LOOKS)
    moved = _moves(bench, findings, _groups(controls, quiet), patches[:first], seed)
    doubtful = [i for i in controls if effect_of(moved[i], floor_db).share < 2 * ACTS_SHARE]
    silent = {i for i in doubtful if all(m.equal for m in moved[i])}
    more = _moves(bench, findings, _groups(doubtful, silent), patches[first:], seed + 1)
    return {i: moved[i] + more.get(i, []) for i in controls}


def _groups(controls: Sequence[int], quiet: Collection[int]) -> list[tuple[int, ...]]:
    """Return each control alone, and the controls that are expected to do nothing as one group."""
    together = tuple(i for i in controls if i in quiet)
    return [*((i,) for i in controls if i not in quiet), *([together] if together else [])]


def _moves(
    bench: PatchRenderer,
    findings: Sequence[Finding],
    groups: Sequence[tuple[int, ...]],
    patches: Sequence[Patch],
    seed: int,
) -> dict[int, list[Moved]]:
    """Return the change of each control on each patch, except patches where it causes a fault.

    All controls of a group move at once. If the audio stays bit-equal, none of them has an effect;
    otherwise its halves are tried. So hundreds of idle controls of a large synth cost little time.
    """
    found: dict[int, list[Moved]] = {i: [] for group in groups for i in group}
    work = [(patch, k, group) for group in groups for k, patch in enumerate(patches)]
    while work:
        now, work = work[:AT_ONCE], work[AT_ONCE:]
        renders = bench.hear([end for item in now for end in _both_ends(findings, *item, seed)])
        for (patch, k, group), a, b in zip(now, renders[::2], renders[1::2], strict=True):
            healthy, equal = not (a.is_fault or b.is_fault), a.digest == b.digest
            if len(group) > 1 and not (healthy and equal):
                half = len(group) // 2
                work += [(patch, k, group[:half]), (patch, k, group[half:])]
            elif healthy:
                change = Moved(patch, mel_distance(a, b), abs(a.rms_db - b.rms_db), equal)
                for i in group:
                    found[i].append(change)
    return found


def _both_ends(
    findings: Sequence[Finding], patch: Patch, k: int, group: tuple[int, ...], seed: int
) -> tuple[Patch, Patch]:
    """Return patch number ``k`` with a group of controls at one end each, and at the other end."""
    first = second = patch
    for i in group:
        here, there = findings[i].ends(generator(seed, (2 << 40) + (i << 20) + k))
        first, second = first.moved(i, here), second.moved(i, there)
    return first, second


def effect_of(moved: Sequence[Moved], floor_db: float) -> ControlEffect:
    """Return the effect of one control over some changes."""
    distances = np.array([m.distance for m in moved] or [0.0])
    levels = np.array([m.level_db for m in moved] or [0.0])
    return ControlEffect(
        pairs=len(moved),
        mean_db=float(distances.mean()),
        max_db=float(distances.max()),
        share=float((distances > max(ACTS_DB, floor_db)).mean()),
        equal=sum(m.equal for m in moved) / max(len(moved), 1),
        level_db=float(levels.mean()),
        level_share=float((levels > LEVEL_DB).mean()),
    )


def kind_of(effect: ControlEffect, floor_db: float) -> Kind:
    """Return the kind of a control from its effect.

    ``floor_db`` is the distance between two renders of the same patch.
    """
    by_level = effect.level_share >= LEVEL_SHARE
    if by_level and effect.mean_db < max(effect.level_db / LEVEL_RATIO, floor_db):
        return "level"
    if effect.share >= ACTS_SHARE:
        return "acts"
    if effect.mean_db > max(ACTS_DB, floor_db):
        return "rare"
    return "weak" if effect.max_db > max(floor_db, NOTICED_DB) else "dead"
