"""Check the outputs that are rendered, and effects, with real plugins in every host."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from datasets.errors import SpecError
from datasets.recipe import UNIFORM
from datasets.spec import NotePolicy, Parameter, SynthSpec
from datasets.storage.store import open_store
from renderer.dataset.console import plan, report
from renderer.dataset.render import render_dataset
from renderer.engines.audio_ports import check_outputs
from renderer.engines.base import Audio, Engine, is_effect
from renderer.workers.isolation import Limits
from renderer.workers.pool import RenderPool
from tests.programs.real_plugins import amsynth, kars, many, zyn_echo

TEN = """import("stdfaust.lib");
freq = hslider("freq", 440, 20, 20000, 0.01);
gain = hslider("gain", 0.5, 0, 1, 0.01);
gate = button("gate");
cutoff = hslider("cutoff", 2000, 100, 8000, 1);
voice = os.sawtooth(freq) * en.adsr(0.01, 0.1, 0.8, 0.2, gate) * gain : fi.lowpass(2, cutoff);
process = voice <: par(i, OUTPUTS, *(1.0 / (i + 1)));
"""
ECHO = """import("stdfaust.lib");
mix = hslider("mix", 0.5, 0, 1, 0.01);
process = par(i, 2, _ <: _ + mix * @(4410));
"""


def spec_of(plugin: Path, engine: str, channels: int, *learned: Parameter) -> SynthSpec:
    note = NotePolicy(hold_s=0.2, length_s=0.3)
    fixed: dict[str, Any] = {"controls": {}}
    where = (str(plugin),)
    return SynthSpec(plugin.stem, 1, engine, "", 44100, channels, note, fixed, learned, where)


def faust(folder: Path, text: str, channels: int, name: str = "cutoff") -> SynthSpec:
    program = folder / "program.dsp"
    program.write_text(text, encoding="utf-8")
    return spec_of(program, "faust", channels, Parameter(name, "continuous", "", "", 0.1, 0.9))


def ten_outputs(engine: str, folder: Path, channels: int) -> SynthSpec:
    if engine == "faust":
        return faust(folder, TEN.replace("OUTPUTS", "10"), channels)
    return spec_of(many(), engine, channels, Parameter("Octave", "continuous", "", ""))


def played(engine: Engine) -> tuple[int, Audio, dict[str, str]]:
    return engine.outputs, np.array(engine.render(60, 100, 0.2, 0.3)), engine.identity()


def ask(spec: SynthSpec) -> tuple[int, Audio, dict[str, str]]:
    with RenderPool(spec, 1, "process", Limits(wall_s=60)) as pool:
        return pool.ask(played)


@pytest.mark.parametrize("engine", ["dawdreamer", "pedalboard", "faust"])
def test_the_main_pair_of_ten_outputs_is_rendered_and_named(engine: str, tmp_path: Path) -> None:
    outputs, audio, identity = ask(ten_outputs(engine, tmp_path, 2))
    assert outputs == 10 and audio.shape == (2, 13230)
    assert np.abs(audio[0]).max() > 0.05
    assert np.allclose(audio[0], 2 * audio[1], atol=1e-6), "output n plays at 1/n of the level"
    assert identity["outputs"] == "main stereo pair (1 and 2 of 10)"


@pytest.mark.parametrize("engine", ["dawdreamer", "pedalboard", "faust"])
def test_other_channels_of_ten_outputs_are_refused_with_the_fix(
    engine: str, tmp_path: Path
) -> None:
    with pytest.raises(SpecError, match=r"1 channels, but .* has 10: set `channels` to 2 for"):
        ask(ten_outputs(engine, tmp_path, 1))


def test_a_dataset_of_ten_outputs_says_which_ones_it_has(tmp_path: Path) -> None:
    spec = ten_outputs("dawdreamer", tmp_path, 2)
    summary = render_dataset(spec, 3, 0, tmp_path / "data")
    assert summary.rendered == 3 and summary.failed == 0
    assert "rendered: main stereo pair (1 and 2 of 10)" in report(spec, summary, "data")
    store = open_store(tmp_path / "data")
    assert store.clip(0, 0).shape[0] == 2 and "main stereo pair (1 and 2 of 10)" in store.card()


@pytest.mark.parametrize("outputs", [3, 6, 8])
def test_all_outputs_are_rendered_where_flac_holds_them(outputs: int, tmp_path: Path) -> None:
    spec = faust(tmp_path, TEN.replace("OUTPUTS", str(outputs)), outputs)
    found, audio, identity = ask(spec)
    assert found == outputs == len(audio) and "outputs" not in identity
    assert render_dataset(spec, 1, 0, tmp_path / "data").failed == 0
    assert open_store(tmp_path / "data").clip(0, 0).shape[0] == outputs


@pytest.mark.parametrize(
    ("channels", "outputs", "said"),
    [
        (2, 1, "has 1: correct `channels`"),
        (1, 2, "has 2: correct `channels`"),
        (4, 8, "set `channels` to 2 for its main stereo pair, or to 8 for all"),
        (4, 50, "set `channels` to 2 for its main stereo pair$"),
        (2, 0, "no audio outputs"),
    ],
)
def test_channels_that_fit_nothing_are_refused(channels: int, outputs: int, said: str) -> None:
    with pytest.raises(SpecError, match=said):
        check_outputs(spec_of(Path("x.vst3"), "faust", channels), outputs, "x.vst3")


@pytest.mark.parametrize(("find", "wanted"), [(zyn_echo, True), (amsynth, False)])
def test_an_effect_is_recognised(find: Callable[[], Path], wanted: bool) -> None:
    with RenderPool(spec_of(find(), "dawdreamer", 2), 1, "process") as pool:
        assert pool.ask(is_effect) is wanted


def test_an_instrument_without_inputs_is_no_effect(tmp_path: Path) -> None:
    for spec in (spec_of(kars(), "dawdreamer", 1), faust(tmp_path, TEN.replace("OUTPUTS", "2"), 2)):
        with RenderPool(spec, 1, "process") as pool:
            assert pool.ask(is_effect) is False


@pytest.mark.parametrize("engine", ["dawdreamer", "faust"])
def test_a_dataset_of_an_effect_is_refused_before_any_work(engine: str, tmp_path: Path) -> None:
    spec = spec_of(zyn_echo(), engine, 2) if engine != "faust" else faust(tmp_path, ECHO, 2, "mix")
    said = r"is an effect: it has audio inputs and takes no notes\. Give an instrument"
    with pytest.raises(SpecError, match=said):
        render_dataset(spec, 3, 0, tmp_path / "data")
    assert not (tmp_path / "data").exists()
    with pytest.raises(SpecError, match=said):
        plan(spec, 3, 1, "fork", UNIFORM)
