"""Open an unknown plugin in a worker process, never in this one."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from datasets.errors import RenderError, SpecError
from datasets.spec import NotePolicy, SynthSpec
from renderer.engines.audio_ports import effect_refused
from renderer.engines.base import ENGINES, is_effect
from renderer.plugins.locate import find_plugin
from renderer.scan.findings import Finding
from renderer.scan.probe import LIMITS, SynthDescription, describe, open_spec
from renderer.scan.reset import available_methods
from renderer.scan.steps import read_texts, staircase
from renderer.workers.isolation import Isolation, Limits, Rendered, RenderJob
from renderer.workers.pool import RenderPool

FRESH: Isolation = "process"  # a question changes the synth, so each one gets a new synth
EMBEDDED = {"vital": "vita", "vita": "vita", "fake": "fake"}  # synths without a plugin file
VITA_TEMPLATE = {"wavetables": ["shapes", "vowels", "partials"], "modulations": []}


@dataclass(frozen=True)
class ScanSettings:
    """Hold the settings of a scan: how many patches, which notes, and the limits."""

    patches: int = 12  # random patches on which effects and resets are measured
    size: int = 32  # controls that the draft learns at most
    seed: int = 0  # of every random patch
    note_low: int = 36  # MIDI, of the draft and of the scan's renders
    note_high: int = 84
    workers: int = 2  # processes
    clips: int = 64  # random patches of the draft whose level is measured
    limits: Limits = LIMITS  # of one render
    sample_rate: int = 44100  # Hz

    @property
    def notes(self) -> tuple[int, int]:
        """Return the lowest and the highest note."""
        return self.note_low, self.note_high


def bare_spec(plugin: str, engine: str, settings: ScanSettings) -> SynthSpec:
    """Return a spec of the synth with nothing learned and nothing fixed.

    Args:
        plugin: A path, a file stem, or ``vital``.
        engine: The engine; "" chooses it by the file.
        settings: Notes and sample rate of the scan.

    Returns:
        The spec; its channel count is a first guess.

    Raises:
        SpecError: The engine does not exist.
        RenderError: The plugin is not found.
    """
    embedded = EMBEDDED.get(plugin.lower())
    path = None if embedded else find_plugin([plugin])
    chosen = engine or embedded or ("faust" if path and path.suffix == ".dsp" else "dawdreamer")
    if chosen not in ENGINES:
        known = ", ".join(name for name in ENGINES if name != "fake")
        raise SpecError(f"--engine {chosen!r} does not exist: use one of {known}")
    return SynthSpec(
        name=path.stem if path else plugin,
        version=1,
        engine=chosen,
        description=f"Draft of patchwright scan: {path.stem if path else plugin}",
        sample_rate=settings.sample_rate,
        channels=2,
        note=NotePolicy(settings.note_low, settings.note_high),
        template={**(VITA_TEMPLATE if chosen == "vita" else {}), "controls": {}},
        parameters=(),
        plugin=(str(path),) if path else (),
    )


def open_plugin(bare: SynthSpec, limits: Limits) -> tuple[SynthSpec, SynthDescription]:
    """Return the spec with two channels, or one if the synth is mono; and its description.

    Raises:
        SpecError: The plugin has no outputs, or cannot be scanned.
        RenderError: The plugin does not load, crashes or hangs.
    """
    try:
        return bare, _described(bare, limits)
    except SpecError:  # mono, or a fault that the second try has too
        mono = replace(bare, channels=1)
        return mono, _described(mono, limits)


def _described(spec: SynthSpec, limits: Limits) -> SynthDescription:
    with RenderPool(spec, 1, FRESH, limits) as pool:
        return pool.ask(describe)


def refuse_effect(bare: SynthSpec, described: SynthDescription, limits: Limits) -> None:
    """Check that a plugin whose patches are all silent is not an effect.

    Args:
        bare: The synth with nothing learned.
        described: The synth's description of itself.
        limits: Time and memory of a question.

    Raises:
        SpecError: The plugin is an effect.
    """
    with RenderPool(bare, 1, FRESH, limits) as pool:
        if pool.ask(is_effect):
            raise SpecError(effect_refused(described.identity["plugin"]))


def list_controls(bare: SynthSpec, described: SynthDescription, limits: Limits) -> list[Finding]:
    """Return every control with its texts, its default position, and any steps in its texts.

    Args:
        bare: The synth with nothing learned.
        described: The synth's description of itself.
        limits: Time and memory of a question.

    Returns:
        One finding for each control, in the synth's order.
    """
    controls = described.controls
    with RenderPool(bare, 1, FRESH, limits) as pool:
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
    """Return the cheapest isolation that plays the start patch as well as a new process does.

    A synth with its own threads may not survive in a fork.

    Raises:
        RenderError: The start patch fails even in a new process.
    """
    methods = available_methods()
    truth = _first_note(bare, methods[-1], limits)
    if truth.status not in ("ok", "silent"):
        raise RenderError(
            f"{bare.name}: its start patch does not render ({truth.reason}), so nothing "
            "can be measured. Check that the plugin works in another host."
        )
    for method in methods[:-1]:
        if _first_note(bare, method, limits).status == truth.status:
            return method
    return methods[-1]


def _first_note(bare: SynthSpec, method: Isolation, limits: Limits) -> Rendered:
    with RenderPool(open_spec(bare, ()), 1, method, limits) as pool:
        (rendered,) = pool.render([RenderJob(0, 60, bare.note.velocity)], _without_audio)
    return rendered


def _without_audio(rendered: Rendered) -> Rendered:
    return replace(rendered, audio=None)
