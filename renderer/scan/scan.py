"""Scan a plugin: controls, dangers, effects, resets, levels and settling, in this order.

Read ``scan`` from top to bottom: the order is that of a person who has enough time. The synth is
loaded only in worker processes with limits. If it crashes, hangs, prints or runs away, the parent
receives a fault and continues.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from datasets.spec import SynthSpec
from renderer.scan.backgrounds import (
    Backgrounds,
    Repeats,
    find_backgrounds,
    fix_random_controls,
    repeat,
)
from renderer.scan.choose_controls import choose_controls
from renderer.scan.draft_spec import draft_spec
from renderer.scan.effects import LOOKS, measure_effects
from renderer.scan.findings import WORTH, Finding
from renderer.scan.levels import Levels, Speed, measure_levels, measure_speed
from renderer.scan.open_plugin import (
    ScanSettings,
    bare_spec,
    list_controls,
    open_plugin,
    refuse_effect,
    working_isolation,
)
from renderer.scan.probe import (
    MeasuredRender,
    Mel,
    Patch,
    PatchRenderer,
    SynthDescription,
    open_spec,
)
from renderer.scan.ranges import fence_faults, fence_silence, quiet, sweep
from renderer.scan.reset import METHODS, Reset, choose, compare_resets
from renderer.scan.settling import Settling, measure_settling
from renderer.workers.isolation import Isolation

Tell = Callable[[str], None]  # receives a line about the current step


@dataclass
class Scan:
    """Hold all results of a scan."""

    settings: ScanSettings
    bare: SynthSpec  # the synth, nothing learned or fixed
    described: SynthDescription
    findings: list[Finding]
    isolation: Isolation  # used to measure the effects
    start: MeasuredRender | None = None  # the patch that the synth starts with
    rests_elsewhere: bool = False  # the start patch is silent, so a random one replaces it
    backgrounds: Backgrounds = field(default_factory=Backgrounds)
    repeats: Repeats = field(default=Repeats(1.0, 0.0))
    resets: list[Reset] = field(default_factory=list)
    renders: int = 0
    draft: SynthSpec | None = None  # None when there is nothing to learn
    levels: Levels | None = None
    speed: Speed | None = None
    settling: Settling | None = None

    @property
    def plugin(self) -> str:
        """Return the plugin's file name."""
        return self.described.identity["plugin"]

    @property
    def outputs_left_out(self) -> list[str]:
        """Return a line about outputs that are not rendered; none if all are."""
        outputs = self.described.outputs
        if outputs <= self.bare.channels:
            return []
        return [f"{outputs} outputs: only the main stereo pair, outputs 1 and 2, is rendered"]

    @property
    def chosen(self) -> Reset | None:
        """Return the reset method that the draft names."""
        return choose(self.resets)

    @property
    def why_nothing(self) -> str:
        """Return why there is no draft; empty if there is one."""
        if self.draft is not None:
            return ""
        if not self.backgrounds.patches:
            return f"{self.backgrounds.drawn} random patches were all silent or failed"
        if not self.findings:
            return "it has no controls"
        acting = any(finding.kind != "dead" for finding in self.findings)
        what = "is worth learning" if acting else "changes its sound"
        return f"none of its {len(self.findings)} controls {what}"


def scan(
    plugin: str,
    name: str,
    settings: ScanSettings,
    mel: Mel,
    engine: str = "",
    tell: Tell = lambda line: None,
) -> Scan:
    """Scan a plugin and draft a spec.

    Args:
        plugin: A path, a file stem, or ``vital``.
        name: Name of the draft spec.
        settings: How many patches, which notes, and the limits.
        mel: Computes a clip's log-mel.
        engine: The engine; "" chooses it by the file.
        tell: Called with a line at each step.

    Returns:
        All results, with the draft if there is something to learn.

    Raises:
        RenderError: The plugin is missing, does not load, or cannot play its start patch.
        SpecError: The engine does not exist, or the plugin is an effect or cannot be scanned.
    """
    bare, described = open_plugin(bare_spec(plugin, engine, settings), settings.limits)
    tell(f"{described.identity['plugin']}: read the texts of {len(described.controls)} controls")
    findings = list_controls(bare, described, settings.limits)
    isolation = working_isolation(bare, settings.limits)
    found = Scan(settings, bare, described, findings, isolation)
    spec = open_spec(bare, described.controls)
    with PatchRenderer(spec, mel, settings.workers, isolation, settings.limits) as bench:
        _listen(found, bench, tell)
        if found.backgrounds.patches:
            tell("resets: render the same patches in other orders")
            jobs = bench.jobs(found.backgrounds.patches[: settings.patches])
            found.resets = compare_resets(
                bench, jobs, mel, settings.limits, settings.seed, settings.workers
            )
        chosen = _choose(found, bench, tell)
        found.renders = bench.renders
    if chosen:
        _draft(found, name, chosen, tell)
    return found


def _listen(found: Scan, bench: PatchRenderer, tell: Tell) -> None:
    """Find dangers, switches and effects; each step needs the results of the one before."""
    settings, findings = found.settings, found.findings
    base = _base(found, bench)
    tell("ranges: move every control alone")
    swept = sweep(bench, base, findings)
    fence_faults(bench, base, findings, swept)
    tell(f"backgrounds: find {LOOKS * settings.patches} audible random patches")
    _draw(found, bench, base)
    if not found.backgrounds.patches:
        return
    if found.repeats.equal < 1 and fix_random_controls(bench, base, findings, swept):
        _draw(found, bench, base)
    fence_silence(bench, base, findings, swept, found.backgrounds.patches[: settings.patches])
    tell(f"effects: measure {len(findings)} controls on {len(found.backgrounds)} patches")
    floor, seed = found.repeats.floor_db, settings.seed
    measure_effects(bench, findings, quiet(swept), found.backgrounds.patches, floor, seed)


def _base(found: Scan, bench: PatchRenderer) -> Patch:
    """Return the patch that the synth starts with, or an audible random one if that is silent."""
    settings, findings = found.settings, found.findings
    base = Patch(np.array([f.rest for f in findings], np.float32), 60)
    (found.start,) = bench.hear([base])
    if found.start.is_audible:
        return base
    audible = find_backgrounds(bench, findings, settings.notes, settings.seed + 1, 1)
    if not audible.patches:
        refuse_effect(found.bare, found.described, settings.limits)
    else:
        base, found.rests_elsewhere = audible.patches[0], True
        for finding, position in zip(findings, base.position.tolist(), strict=True):
            finding.rest = position
    return base


def _draw(found: Scan, bench: PatchRenderer, base: Patch) -> None:
    """Find the backgrounds and how well they repeat; with none, use the base patch."""
    settings = found.settings
    wanted = LOOKS * settings.patches
    drawn = find_backgrounds(bench, found.findings, settings.notes, settings.seed, wanted)
    if not drawn.patches and found.start is not None and found.start.is_audible:
        drawn.patches, drawn.rendered = [base], [found.start]
    found.backgrounds = drawn
    if drawn.patches:
        found.repeats = repeat(bench, drawn)


def _choose(found: Scan, bench: PatchRenderer, tell: Tell) -> tuple[int, ...]:
    """Return the positions of the controls to learn."""
    if not any(finding.kind in WORTH for finding in found.findings):
        return ()
    settings = found.settings
    tell(f"draft: choose at most {settings.size} controls that act while the others are fixed")
    return choose_controls(
        bench,
        found.findings,
        settings.size,
        settings.notes,
        settings.patches,
        found.repeats.floor_db,
        settings.seed,
    )


def _draft(found: Scan, name: str, controls: tuple[int, ...], tell: Tell) -> None:
    """Write the draft spec into the scan, with its levels, length, speed and settling time."""
    settings, chosen = found.settings, found.chosen
    named = chosen.method if chosen else found.isolation
    method: Isolation = next(m for m in METHODS if m == named)
    tell(f"levels: measure {settings.clips} patches of the draft")
    draft = draft_spec(found.bare, name, found.findings, controls, method)
    found.levels = measure_levels(
        draft, settings.clips, settings.seed, settings.workers, method, settings.limits
    )
    length = replace(draft.note, length_s=found.levels.length_s)
    found.draft = replace(draft, note=length)
    found.speed = measure_speed(found.draft, settings.seed, method, settings.limits)
    tell("settling: compare the first note after a change with later notes")
    found.settling = measure_settling(found.draft, settings.seed, settings.limits)


def spec_comment(found: Scan) -> list[str]:
    """Return the first lines of the draft: what made it; equal findings give equal lines."""
    identity, settings = found.described.identity, found.settings
    chosen = found.chosen
    lines = [
        f"{found.plugin}: a draft by patchwright scan. Values are in the synth's own units.",
        f"plugin SHA-256 {identity['plugin_sha256']}, host {identity['host']}",
        f"{settings.patches} random patches, {LOOKS * settings.patches} if the effect is unclear; "
        f"seed {settings.seed}, notes {settings.note_low} to {settings.note_high}, velocity "
        f"{found.bare.note.velocity}",
        *found.outputs_left_out,
    ]
    if chosen is not None and not chosen.is_exact:
        lines.append(
            f"NOT REPEATABLE: {chosen.equal:.0%} of renders are bit-equal; the others differ by up "
            f"to {chosen.mel_max:.2f} mel dB"
        )
    return lines
