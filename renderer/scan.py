"""Probe a synth that nobody has described: its controls, dangers, effects, resets, levels.

Read ``scan`` downward: it is the order in which a person would go about it, were there time. The
synth is only ever loaded in worker processes with limits, so that it may crash, hang, print or run
away; the parent hears of it and goes on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import get_args

import numpy as np

from datasets.errors import RenderError, SpecError
from datasets.spec import NotePolicy, SynthSpec
from renderer.engine import ENGINES
from renderer.isolation import Isolation, Job, Limits, Rendered
from renderer.plugin_files import find_plugin
from renderer.pool import RenderPool
from renderer.probe import LIMITS, Bench, Described, Heard, Mel, Patch, describe, open_spec
from renderer.scan_backgrounds import (
    Backgrounds,
    Repeats,
    find_backgrounds,
    fix_random_controls,
    repeat,
)
from renderer.scan_draft import choose_controls
from renderer.scan_effects import LOOKS, measure_effects
from renderer.scan_finding import WORTH, Finding
from renderer.scan_levels import Levels, Speed, measure_levels, measure_speed
from renderer.scan_ranges import fence_faults, fence_silence, quiet, sweep
from renderer.scan_reset import METHODS, Reset, choose, compare_resets
from renderer.scan_spec import draft_spec
from renderer.scan_steps import read_texts, staircase

Tell = Callable[[str], None]  # takes a line on what is being done
CHANNELS = (2, 1, 4, 6, 8, 3, 5, 7, 10, 12, 16, 24, 32, 64)  # tried in this order
EMBEDDED = {"vital": "vita", "vita": "vita", "fake": "fake"}  # synths that are no file
VITA_TEMPLATE = {"wavetables": ["shapes", "vowels", "partials"], "modulations": []}


@dataclass(frozen=True)
class ScanSettings:
    """How thoroughly to look."""

    patches: int = 12  # random patches on which effects and resets are measured
    size: int = 32  # controls that the draft learns at most
    seed: int = 0  # of every patch that is drawn
    note_low: int = 36  # MIDI, of the draft and of what is heard
    note_high: int = 84
    workers: int = 2  # processes
    clips: int = 64  # random patches of the draft whose level is measured
    limits: Limits = LIMITS  # of one render
    sample_rate: int = 44100  # Hz

    @property
    def notes(self) -> tuple[int, int]:
        """Lowest and highest note."""
        return self.note_low, self.note_high


@dataclass
class Scan:
    """Everything that a scan found."""

    settings: ScanSettings
    bare: SynthSpec  # the synth, nothing learned or fixed
    described: Described
    findings: list[Finding]
    isolation: Isolation  # by which the effects were measured
    start: Heard | None = None  # the patch that the synth starts with
    rests_elsewhere: bool = False  # that patch is silent: a random one stands for it
    backgrounds: Backgrounds = field(default_factory=Backgrounds)
    repeats: Repeats = field(default=Repeats(1.0, 0.0))
    resets: list[Reset] = field(default_factory=list)
    renders: int = 0
    draft: SynthSpec | None = None  # None when there is nothing to learn
    levels: Levels | None = None
    speed: Speed | None = None

    @property
    def plugin(self) -> str:
        """The file's name."""
        return self.described.identity["plugin"]

    @property
    def chosen(self) -> Reset | None:
        """The reset method that the draft names."""
        return choose(self.resets) if self.resets else None

    @property
    def why_nothing(self) -> str:
        """Why there is no draft; empty if there is one."""
        if self.draft is not None:
            return ""
        if not self.backgrounds.patches:
            return f"nothing was heard in {self.backgrounds.drawn} random patches"
        kinds = {finding.kind for finding in self.findings}
        what = "reacts to any of" if kinds <= {"dead"} else "can be taught by"
        return f"no sound of it {what} its {len(self.findings)} controls"


def scan(
    plugin: str,
    name: str,
    settings: ScanSettings,
    mel: Mel,
    engine: str = "",
    tell: Tell = lambda line: None,
) -> Scan:
    """Probe ``plugin``, a path or a name, for a draft spec called ``name``.

    Raises RenderError when it cannot be found or loaded, or cannot play the patch it starts with.
    """
    bare, described = open_plugin(bare_spec(plugin, engine, settings), settings.limits)
    tell(f"{described.identity['plugin']}: texts of {len(described.controls)} controls")
    findings = list_controls(bare, described, settings.limits)
    isolation = working_isolation(bare, settings.limits)
    found = Scan(settings, bare, described, findings, isolation)
    spec = open_spec(bare, described.controls)
    with Bench(spec, mel, settings.workers, isolation, settings.limits) as bench:
        _listen(found, bench, tell)
        if found.backgrounds.patches:
            tell("resets: the same patches in other orders")
            jobs = bench.jobs(found.backgrounds.patches[: settings.patches])
            found.resets = compare_resets(
                bench, jobs, mel, settings.limits, settings.seed, settings.workers
            )
        chosen = _choose(found, bench, tell)
        found.renders = bench.renders
    if chosen:
        _draft(found, name, chosen, tell)
    return found


def bare_spec(plugin: str, engine: str, settings: ScanSettings) -> SynthSpec:
    """The synth with nothing learned and nothing fixed; ``engine`` by the file unless named."""
    embedded = EMBEDDED.get(plugin.lower())
    path = None if embedded else find_plugin([plugin])
    chosen = engine or embedded or ("faust" if path and path.suffix == ".dsp" else "dawdreamer")
    if chosen not in ENGINES:
        raise SpecError(f"--engine {chosen!r} does not exist: use one of {', '.join(ENGINES)}")
    return SynthSpec(
        name=path.stem if path else plugin,
        version=1,
        engine=chosen,
        description=f"Draft of patchwright scan: {path.stem if path else plugin}",
        sample_rate=settings.sample_rate,
        channels=CHANNELS[0],
        note=NotePolicy(settings.note_low, settings.note_high),
        template={**(VITA_TEMPLATE if chosen == "vita" else {}), "controls": {}},
        parameters=(),
        plugin=(str(path),) if path else (),
    )


def open_plugin(bare: SynthSpec, limits: Limits) -> tuple[SynthSpec, Described]:
    """The same spec with the synth's own channel count, and what the synth says of itself."""
    for channels in CHANNELS:
        spec = replace(bare, channels=channels)
        try:
            with RenderPool(spec, 1, METHODS[-1], limits) as pool:
                return spec, pool.ask(describe)
        except SpecError as error:
            if "channel" not in str(error) or channels == CHANNELS[-1]:
                raise
    raise AssertionError("unreachable")


def list_controls(bare: SynthSpec, described: Described, limits: Limits) -> list[Finding]:
    """Every control with its texts, where it rests, and whether the texts show steps."""
    controls = described.controls
    with RenderPool(bare, 1, METHODS[-1], limits) as pool:
        all_texts = read_texts(pool, controls, limits.wall_s / 2)
    findings = []
    for control, texts in zip(controls, all_texts, strict=True):
        rest = (control.value - control.low) / (control.high - control.low)
        finding = Finding(control, texts, float(np.clip(rest, 0.0, 1.0)))
        steps = staircase(texts) if texts else None
        finding.take_steps(steps, "texts" if steps else "")
        findings.append(finding)
    return findings


def working_isolation(bare: SynthSpec, limits: Limits) -> Isolation:
    """The cheapest method by which the patch that the synth starts with ends as in a new process.

    A synth with threads of its own may not live on in a fork. Raises RenderError when that patch
    fails in a process of its own.
    """
    truth = _first_note(bare, METHODS[-1], limits)
    if truth.status not in ("ok", "silent"):
        raise RenderError(
            f"{bare.name}: the patch it starts with cannot be played ({truth.reason}), so nothing "
            "can be measured: see whether the plugin works in another host"
        )
    for method in METHODS[:-1]:
        if method in _available() and _first_note(bare, method, limits).status == truth.status:
            return method
    return METHODS[-1]


def _available() -> tuple[str, ...]:
    import os

    return tuple(m for m in get_args(Isolation) if m != "fork" or hasattr(os, "fork"))


def _first_note(bare: SynthSpec, method: Isolation, limits: Limits) -> Rendered:
    with RenderPool(open_spec(bare, ()), 1, method, limits) as pool:
        (rendered,) = pool.render([Job(0, 60, bare.note.velocity)], _without_audio)
    return rendered


def _without_audio(rendered: Rendered) -> Rendered:
    return replace(rendered, audio=None)


def _listen(found: Scan, bench: Bench, tell: Tell) -> None:
    """Dangers, switches and effects, in the order in which each needs the one before."""
    settings, findings = found.settings, found.findings
    base = _base(found, bench)
    tell("ranges: every control alone")
    swept = sweep(bench, base, findings)
    fence_faults(bench, base, findings, swept)
    tell(f"backgrounds: {LOOKS * settings.patches} audible random patches")
    _draw(found, bench, base)
    if not found.backgrounds.patches:
        return
    if found.repeats.equal < 1 and fix_random_controls(bench, base, findings, swept):
        _draw(found, bench, base)
    fence_silence(bench, base, findings, swept, found.backgrounds.patches[: settings.patches])
    tell(f"effects: {len(findings)} controls on {len(found.backgrounds)} patches")
    floor, seed = found.repeats.floor_db, settings.seed
    measure_effects(bench, findings, quiet(swept), found.backgrounds.patches, floor, seed)


def _base(found: Scan, bench: Bench) -> Patch:
    """The patch that the synth starts with, or an audible random one if that is silent."""
    settings, findings = found.settings, found.findings
    base = Patch(np.array([f.rest for f in findings], np.float32), 60)
    (found.start,) = bench.hear([base])
    if found.start.is_audible:
        return base
    audible = find_backgrounds(bench, findings, settings.notes, settings.seed + 1, 1)
    if audible.patches:
        base, found.rests_elsewhere = audible.patches[0], True
        for finding, position in zip(findings, base.position.tolist(), strict=True):
            finding.rest = position
    return base


def _draw(found: Scan, bench: Bench, base: Patch) -> None:
    """Find the backgrounds, the base patch if there is no other, and how well they repeat."""
    settings = found.settings
    wanted = LOOKS * settings.patches
    drawn = find_backgrounds(bench, found.findings, settings.notes, settings.seed, wanted)
    if not drawn.patches and found.start is not None and found.start.is_audible:
        drawn.patches, drawn.heard = [base], [found.start]
    found.backgrounds = drawn
    if drawn.patches:
        found.repeats = repeat(bench, drawn)


def _choose(found: Scan, bench: Bench, tell: Tell) -> tuple[int, ...]:
    """Positions of the controls to learn."""
    if not any(finding.kind in WORTH for finding in found.findings):
        return ()
    settings = found.settings
    tell(f"draft: which {settings.size} controls act while the others rest")
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
    """The draft spec, its levels, and the clip length and speed that follow."""
    settings, chosen = found.settings, found.chosen
    assert chosen is not None
    method: Isolation = next(m for m in METHODS if m == chosen.method)
    tell(f"levels: {settings.clips} patches of the draft")
    draft = draft_spec(found.bare, name, found.findings, controls, method)
    found.levels = measure_levels(
        draft, settings.clips, settings.seed, settings.workers, method, settings.limits
    )
    length = replace(draft.note, length_s=found.levels.length_s)
    found.draft = replace(draft, note=length)
    found.speed = measure_speed(found.draft, settings.seed, method, settings.limits)


def spec_comment(found: Scan) -> list[str]:
    """What made the draft, for its first lines: the same for the same findings."""
    identity, settings = found.described.identity, found.settings
    chosen = found.chosen
    lines = [
        f"{found.plugin}: a draft by patchwright scan. Values are the synth's own.",
        f"plugin SHA-256 {identity['plugin_sha256']}, host {identity['host']}",
        f"{settings.patches} random patches, seed {settings.seed}, notes {settings.note_low} to "
        f"{settings.note_high}, velocity {found.bare.note.velocity}",
    ]
    if chosen is not None and not chosen.is_exact:
        lines.append(
            f"NOT REPEATABLE: {chosen.equal:.0%} of renders bit-equal, the others up to "
            f"{chosen.mel_max:.2f} mel dB off"
        )
    return lines
