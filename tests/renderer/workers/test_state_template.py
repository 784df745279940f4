"""A state file as the template: the real plugin sounds as the file, whatever it reports."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from datasets.preset_files import read_bank
from datasets.spec import FloatArray, SynthSpec, load_spec
from plugin_bridge.preset_files.amsynth import write_bank, write_single, write_state
from renderer.engines.base import Engine
from renderer.plugins.patch_template import PatchTemplate
from renderer.workers.isolation import RenderJob
from renderer.workers.own_patch import lock_notes, read_template
from renderer.workers.pool import RenderPool, whole
from tests.programs.real_plugins import amsynth, lacking, nekobi


class Saved:
    """A question: set these values, and give the state file and what the plugin reports."""

    def __init__(self, native: dict[str, float]) -> None:
        self.native = native

    def __call__(self, engine: Engine) -> bytes:
        engine.set(self.native)
        return engine.preset("mine")


class Turned:
    """A question: set the parameters of each vector in turn; give all values after each."""

    def __init__(self, units: list[FloatArray]) -> None:
        self.units = units

    def __call__(self, engine: Engine) -> list[dict[str, float]]:
        found = []
        for unit in self.units:
            engine.set(engine.spec.to_native(unit))
            found.append(engine.read())
        return found


def hosted(name: str, plugin: Path, engine: str = "dawdreamer") -> SynthSpec:
    return SynthSpec.from_dict(
        load_spec(name).to_dict() | {"plugin": [str(plugin)], "engine": engine}
    )


def saved(spec: SynthSpec, native: dict[str, float], path: Path) -> Path:
    with RenderPool(spec, 1, "process") as pool:
        path.write_bytes(pool.ask(Saved(native)))
    return path


def check_laws(template: PatchTemplate, state: bytes) -> None:
    """The file's sound comes back bit for bit; what the model does not know never moves."""
    spec, note = template.spec, (48, template.spec.note.velocity)
    moved = spec.snap(np.where(template.unit < 0.5, template.unit + 0.3, template.unit - 0.3))
    with RenderPool(spec, 2) as pool:
        ours, file, other = pool.render(
            [
                RenderJob(0, *note, template.unit),
                RenderJob(0, *note, preset=state),
                RenderJob(0, *note, moved),
            ],
            whole,
        )
        start, away, back = pool.ask(Turned([template.unit, moved, template.unit]))
    assert ours.audio is not None and file.audio is not None and other.audio is not None
    assert np.array_equal(ours.audio, file.audio) and np.abs(ours.audio).max() > 0.001
    assert not np.array_equal(other.audio, file.audio)
    assert back == start
    outside = set(start) - set(spec.names)
    assert {name: away[name] for name in outside} == {name: start[name] for name in outside}


@pytest.mark.parametrize("engine", ["dawdreamer", "pedalboard"])
@pytest.mark.parametrize("waveform", [0.0, 1.0])
def test_nekobi_plays_the_file(tmp_path: Path, engine: str, waveform: float) -> None:
    spec = hosted("nekobi-8", nekobi(), engine)
    native = dict.fromkeys(spec.names, 0.4) | {"Waveform": waveform}
    path = saved(spec, native, tmp_path / "mine.vstpreset")
    template = read_template(path, spec)
    check_laws(template, path.read_bytes())
    assert spec.to_native(template.unit)["Waveform"] == waveform
    assert any("Waveform: the plugin reports 0" in note for note in template.notes) == waveform


def test_amsynth_plays_the_file(tmp_path: Path) -> None:
    spec = hosted("amsynth-16", amsynth())  # amsynth has 41 parameters, so 25 are outside
    random = np.random.default_rng(6)
    native = spec.to_native(spec.snap(random.random(len(spec)))) | {"reverb_wet": 0.4}
    path = saved(spec, native, tmp_path / "mine.fxp")
    check_laws(read_template(path, spec), path.read_bytes())


@pytest.mark.parametrize("suffix", [".bank", ".amSynthPreset"])
def test_amsynth_plays_a_preset_of_a_bank(tmp_path: Path, suffix: str) -> None:
    spec, folder = hosted("amsynth-16", amsynth()), Path("/usr/share/amsynth/banks")
    if not folder.is_dir():
        lacking(f"no {folder}: install amsynth")
    preset = read_bank(sorted(folder.glob("*.bank"))[0])[3]
    write = write_single if suffix == ".amSynthPreset" else lambda one: write_bank([one])
    path = tmp_path / f"mine{suffix}"
    path.write_bytes(write(preset))
    check_laws(read_template(path, spec), write_state(preset))


@pytest.mark.parametrize("value", [0.25, 0.123456789])
def test_a_locked_value_that_amsynth_cannot_hold_is_named(tmp_path: Path, value: float) -> None:
    """Amsynth writes six digits."""
    spec = hosted("amsynth-16", amsynth())
    name = "amp_sustain"
    path = saved(spec, dict.fromkeys(spec.names, 0.4) | {name: value}, tmp_path / "mine.fxp")
    notes = lock_notes(path.read_bytes(), ".fxp", spec, {name: value})
    assert [note.split(" holds")[0] for note in notes] == [f"--lock {name}: amsynth-16"] * (
        value != 0.25
    )
    assert not notes or notes[0].endswith("not 0.123456789")


def test_nekobi_holds_a_locked_waveform_that_it_does_not_report(tmp_path: Path) -> None:
    spec = hosted("nekobi-8", nekobi())
    path = saved(spec, dict.fromkeys(spec.names, 0.5) | {"Waveform": 1.0}, tmp_path / "a.vstpreset")
    wanted = {"Waveform": 1.0, "Cutoff": 0.5}
    assert lock_notes(path.read_bytes(), ".vstpreset", spec, wanted) == []
