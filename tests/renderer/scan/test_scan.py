"""Scans of real plugins find what is known of them, and drafts that render."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import pytest

import patchwright
from datasets.errors import RenderError, SpecError
from datasets.sampler import sample
from datasets.spec import load_spec
from models.audio.features import FeatureSettings, log_mel
from renderer.scan.console import scan_command
from renderer.scan.findings import Finding
from renderer.scan.open_plugin import ScanSettings, bare_spec, open_plugin
from renderer.scan.probe import CLIP
from renderer.scan.report import conclusions, write
from renderer.scan.scan import Scan, scan
from renderer.workers.isolation import RENDERED, Limits, RenderJob, parse_isolation
from renderer.workers.pool import RenderPool, whole
from tests.programs import real_plugins

MEL = partial(log_mel, settings=FeatureSettings(duration_s=CLIP.length_s))
QUICK = ScanSettings(patches=2, clips=8, limits=Limits(cpu_s=1, wall_s=2.0, memory_mb=512))

# The steps in amsynth's source. portamento_mode (2) is missing: it shows its raw value and does
# nothing to a single note. Its text and its sound do not show that it is a switch.
AMSYNTH_STEPS = {
    "osc1_waveform": 5,
    "osc2_waveform": 5,
    "lfo_waveform": 7,
    "osc2_range": 8,
    "osc2_sync": 2,
    "keyboard_mode": 3,
    "osc2_pitch": 25,
    "filter_type": 5,
    "filter_slope": 2,
    "freq_mod_osc": 3,
}
FAUST = """
import("stdfaust.lib");
freq = hslider("freq", 440, 20, 20000, 1);
gate = button("gate");
mode = hslider("mode", 0, 0, 1, 0.001) : *(3) : int : min(2); // shows no steps, and has three
tone = hslider("tone", 2000, 100, 8000, 1);
choice = ba.selectn(3, mode, os.osc(freq), os.sawtooth(freq), os.square(freq));
process = 0.2 * choice * gate : fi.lowpass(2, tone);
"""


@cache
def scanned(find: Callable[[], Path]) -> tuple[Scan, dict[str, Finding]]:
    """A quick scan, and its findings by control."""
    found = scan(str(find()), "draft", QUICK, MEL)
    return found, {finding.control.name: finding for finding in found.findings}


def renders(found: Scan, out: Path) -> None:
    """The written draft is the one that was found, and takes render's way."""
    assert found.draft is not None
    assert out in write(found, out)
    spec = load_spec(out)
    assert spec == found.draft
    draws = [sample(spec, 1, index) for index in range(4)]
    jobs = [RenderJob(draw.index, draw.note, draw.velocity, draw.unit) for draw in draws]
    with RenderPool(spec, 1, parse_isolation("", spec.isolation)) as pool:
        results = pool.render(jobs, whole)
    assert all(result.status in RENDERED for result in results), results


def test_faulty_is_told_to_be_what_it_is(tmp_path: Path) -> None:
    found, controls = scanned(real_plugins.faulty)
    assert {name: finding.kind for name, finding in controls.items()} == {
        "Unused": "dead",
        "Level": "level",
        "Wave": "acts",
        "Gain": "level",
        "Random": "random",
        "Fault": "dangerous",
    }
    wave, gain, fault = controls["Wave"], controls["Gain"], controls["Fault"]
    assert wave.steps is not None and wave.steps.labels == ("Sine", "Square", "Saw")
    assert 0.88 < gain.high <= 0.9
    assert [danger.what for danger in gain.dangers] == ["runaway"]
    assert fault.allowed == (0, 7)  # healthy, and the one that only prints
    seen = {danger.what for danger in fault.dangers}
    assert seen | {"memory"} == {"crashed", "timeout", "memory", "nonfinite"}  # or too slow for it
    assert found.chosen is not None and found.chosen.is_exact
    assert not found.resets[0].is_exact  # one loaded synth for all
    assert found.draft is not None and found.draft.names == ("Wave",)
    renders(found, tmp_path / "faulty.toml")
    page = (tmp_path / "faulty.md").read_text(encoding="utf-8")
    assert "renders do not repeat when they move: Random" in page
    assert "SIGSEGV" in page
    assert (tmp_path / "faulty.png").stat().st_size < 150_000


def test_amsynth_has_the_steps_of_its_source(tmp_path: Path) -> None:
    found, controls = scanned(real_plugins.amsynth)
    assert len(controls) == 41
    stepped = {name: len(f.steps) for name, f in controls.items() if f.steps is not None}
    assert stepped == AMSYNTH_STEPS
    assert controls["portamento_mode"].kind == "dead"
    assert controls["filter_cutoff"].kind == "acts"
    assert found.repeats.equal == 1
    assert found.chosen is not None and found.chosen.is_exact
    assert not found.resets[0].is_exact
    assert found.draft is not None and 25 <= len(found.draft) <= 32
    renders(found, tmp_path / "amsynth.toml")


def test_nekobi_is_mono_and_deaf_to_its_decay(tmp_path: Path) -> None:
    """Its source takes another decay for every velocity above 90; clips are played at 100."""
    found, controls = scanned(real_plugins.nekobi)
    assert found.bare.channels == 1
    waveform = controls["Waveform"]
    assert waveform.steps is not None and waveform.steps.labels == ("Square", "Triangle")
    assert waveform.evidence == "texts and audio"
    assert controls["Decay"].kind == "dead"
    assert controls["Volume"].low > 0.01
    renders(found, tmp_path / "nekobi.toml")


def test_ten_outputs_are_scanned_as_their_main_pair(tmp_path: Path) -> None:
    found, controls = scanned(real_plugins.many)
    assert (found.described.outputs, found.bare.channels) == (10, 2)
    assert controls["Octave"].kind == "acts"
    renders(found, tmp_path / "many.toml")
    said = "10 outputs: only the main stereo pair, outputs 1 and 2, is rendered"
    for name in ("many.toml", "many.md"):
        assert said in (tmp_path / name).read_text(encoding="utf-8")


def test_smoothed_parameters_are_reported(tmp_path: Path) -> None:
    program = tmp_path / "smooth.dsp"
    program.write_text(
        FAUST.replace("100, 8000, 1);", "100, 8000, 1) : si.smooth(ba.tau2pole(0.05));")
    )
    found = scan(str(program), "draft", QUICK, MEL)
    assert found.settling is not None and found.settling.length_s > 0
    renders(found, tmp_path / "smooth.toml")
    page = (tmp_path / "smooth.md").read_text(encoding="utf-8")
    assert "**clips start before the synth has settled**" in page
    assert "| level at the start | within 1 dB after" in page
    assert found.settling.conclusions == conclusions(found)[-1:]


def test_fifty_outputs_are_opened_as_a_pair(tmp_path: Path) -> None:
    """Open a program with more outputs than any list of guesses has."""
    program = tmp_path / "fifty.dsp"
    program.write_text(FAUST.replace("process = ", "process = par(i, 50, voice); voice = "))
    bare, described = open_plugin(bare_spec(str(program), "", QUICK), QUICK.limits)
    assert (bare.channels, described.outputs) == (2, 50)


def test_an_effect_is_refused_with_one_line() -> None:
    with pytest.raises(SpecError, match=r"ZynEcho.so is an effect: .* takes no notes"):
        scan(str(real_plugins.zyn_echo()), "draft", QUICK, MEL)


def test_kars_repeats_its_noise(tmp_path: Path) -> None:
    found, controls = scanned(real_plugins.kars)
    assert {name: len(f.steps) for name, f in controls.items() if f.steps} == {"Sustain": 2}
    assert controls["Volume"].kind == "level"
    assert all(reset.is_exact for reset in found.resets)
    renders(found, tmp_path / "kars.toml")


def test_nothing_to_learn_is_said_and_reported(tmp_path: Path) -> None:
    """ZynAddSubFX shows 16 slots, none of them connected to anything."""
    found, controls = scanned(real_plugins.zynaddsubfx)
    assert len(controls) == 16
    assert {finding.kind for finding in controls.values()} == {"dead"}
    assert found.draft is None
    out = tmp_path / "zyn.toml"
    out.write_text("of an earlier scan")
    assert write(found, out) == [out.with_suffix(".md"), out.with_suffix(".png")]
    assert not out.exists()
    assert "nothing to learn" in out.with_suffix(".md").read_text(encoding="utf-8")


def test_a_switch_is_heard_where_its_text_hides_it(tmp_path: Path) -> None:
    program = tmp_path / "hidden.dsp"
    program.write_text(FAUST)
    found = scan(str(program), "hidden", QUICK, MEL)
    mode = found.findings[0]
    assert mode.control.name == "mode"
    assert mode.evidence == "audio" and mode.steps is not None and len(mode.steps) == 3
    tone = next(finding for finding in found.findings if finding.control.name == "tone")
    assert (tone.control.low, tone.control.high) == (100, 8000)
    renders(found, tmp_path / "hidden.toml")


def test_the_front_door_gives_the_same_draft_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plugin = str(real_plugins.kars())
    out = tmp_path / "draft.toml"
    monkeypatch.setattr(
        sys, "argv", ["patchwright", "scan", plugin, "--out", str(out), "--patches", "2"]
    )
    with pytest.raises(SystemExit) as stopped:
        patchwright.main()
    assert not stopped.value.code
    first = scanned(real_plugins.kars)[0].draft
    assert first is not None
    assert load_spec(out) == replace(first, note=load_spec(out).note)  # its length is measured
    printed = capsys.readouterr().out
    assert f"written: {out}" in printed
    assert "renders repeat bit for bit" in printed


def test_what_cannot_be_scanned_is_one_clear_error(tmp_path: Path) -> None:
    out = tmp_path / "x.toml"

    def run(plugin: str, out: Path = out, engine: str = "") -> None:
        scan_command(plugin, out, QUICK, MEL, engine, lambda line: None)

    with pytest.raises(SpecError, match=r"as x\.toml"):
        run("fake", out.with_suffix(".txt"))
    with pytest.raises(SpecError, match="--engine 'none' does not exist"):
        run("fake", engine="none")
    with pytest.raises(RenderError, match="nowhere: no plugin found"):
        run("nowhere")
    fake = tmp_path / "empty.vst3"
    fake.write_bytes(b"")
    with pytest.raises(RenderError, match="cannot load"):
        run(str(fake))
    assert not out.exists()
