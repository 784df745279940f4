"""Preset files and the plugins they are for: each reads what the other wrote."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from datasets.errors import RenderError, StoreError
from datasets.preset_files import NamedPreset, read_bank
from datasets.sampler import sample
from datasets.spec import SynthSpec, load_spec
from plugin_bridge.preset_files import amsynth as amsynth_files
from plugin_bridge.preset_files import vst2, vst3
from plugin_bridge.preset_files.ableton import read_adg, write_adg
from plugin_bridge.preset_files.state import PluginState
from renderer.engines.base import Engine
from renderer.workers.pool import RenderPool
from tests.plugin_bridge.preset_files.test_formats import apart, drawn
from tests.programs.amsynth_session import saved_by_amsynth
from tests.programs.real_plugins import amsynth, kars, nekobi, zynaddsubfx
from tests.renderer.workers.test_state_reader import Save, hosted

BANKS = Path("/usr/share/amsynth/banks")
SIX_DIGITS = 4.1e-6  # half of the sixth, at 1.00000 of freq_mod_amount's range of 1.26


class Load:
    """A question: load each file and tell every control."""

    def __init__(self, files: Sequence[bytes]) -> None:
        self.files = files

    def __call__(self, engine: Engine) -> list[dict[str, float]]:
        read = []
        for file in self.files:
            engine.load_preset(file)
            read.append(engine.read())
        return read


def plain_spec(plugin: Path, channels: int, engine: str) -> SynthSpec:
    """A spec of a plugin none of whose parameters is learned."""
    base = load_spec("nekobi-8").to_dict()
    fields = {"plugin": [str(plugin)], "engine": engine, "parameters": [], "channels": channels}
    return SynthSpec.from_dict(base | fields)


@pytest.fixture(scope="module")
def saved() -> list[tuple[np.ndarray, bytes]]:
    """Patches of Nekobi and the states that pedalboard saved of them."""
    spec = hosted("nekobi-8", nekobi(), "pedalboard")
    units = [sample(spec, seed=2, index=i).unit for i in range(20)]
    with RenderPool(spec, 1, "process") as pool:
        return [(unit, pool.ask(Save(unit))) for unit in units]


def test_our_vstpreset_is_pedalboards_to_the_byte(saved: list[tuple[np.ndarray, bytes]]) -> None:
    for _, content in saved:
        state = vst3.parse_vstpreset(content, "saved")
        assert vst3.write_vstpreset(state) == content
        assert b"cutoff" in state.component


def test_the_state_of_a_plugin_without_a_spec_is_written_the_same() -> None:
    spec = plain_spec(kars(), 1, "pedalboard")
    with RenderPool(spec, 1, "process") as pool:
        content = pool.ask(Save(np.zeros(0, np.float32)))
    assert vst3.write_vstpreset(vst3.parse_vstpreset(content, "Kars")) == content


def test_a_state_that_went_through_a_live_rack_plays_the_same_patch(
    saved: list[tuple[np.ndarray, bytes]], tmp_path: Path
) -> None:
    spec = hosted("nekobi-8", nekobi(), "pedalboard")
    path = tmp_path / "rack.adg"
    files = []
    for _, content in saved:
        path.write_bytes(write_adg(vst3.parse_vstpreset(content, "saved")))
        files.append(vst3.write_vstpreset(read_adg(path)))
    with RenderPool(spec, 1, "process") as pool:
        held = pool.ask(Load(files))
    for (unit, _), native in zip(saved, held, strict=True):
        # DPF reports the first parameter, the waveform, as 0 whenever a state was loaded.
        assert np.abs(spec.from_native(native) - unit)[1:].max() < 1e-4


def test_amsynth_takes_our_states_and_we_read_its_own(tmp_path: Path) -> None:
    spec = hosted("amsynth-34", amsynth())
    presets = drawn(spec, 60, fixed=True)
    path = tmp_path / "saved.fxp"
    with RenderPool(spec, 1, "process") as pool:
        held = pool.ask(Load([amsynth_files.write_state(preset) for preset in presets]))
        for preset, native in zip(presets[:20], held, strict=False):
            path.write_bytes(pool.ask(Save(spec.from_native(preset[1]))))
            ((_, read),) = amsynth_files.read_state(path)
            assert apart(spec, preset, ("read", read)) < SIX_DIGITS
            assert read.keys() == native.keys()
    for preset, native in zip(presets, held, strict=True):
        assert max(abs(native[key] - value) for key, value in preset[1].items()) < SIX_DIGITS


@pytest.mark.parametrize("kind", ["amsynth", "zynaddsubfx"])
def test_our_fxp_is_taken_by_a_vst2(kind: str) -> None:
    """Both hosts' containers: the bank's, as DawDreamer saves, and the preset's, as we do."""
    plugin, channels = (amsynth(), 2) if kind == "amsynth" else (zynaddsubfx(), 2)
    spec = plain_spec(plugin, channels, "dawdreamer")
    with RenderPool(spec, 1, "process") as pool:
        content = pool.ask(Save(np.zeros(0, np.float32)))
        state = vst2.parse_fxp(content, "saved")
        ours = vst2.write_fxp(state)
        assert ours[8:12] == b"FPCh" and len(state.component) > 500
        assert ours.endswith(b"\0") or kind != "amsynth"  # see renderer/plugins/fxp.py
        pool.ask(Load([ours]))
        again = pool.ask(Save(np.zeros(0, np.float32)))
    assert vst2.parse_fxp(again, "again").component == state.component


def test_a_state_of_another_plugin_is_not_amsynths(tmp_path: Path) -> None:
    path = tmp_path / "foreign.fxp"
    path.write_bytes(vst2.write_fxp(PluginState("x", "vst2", "ZASF", b"<xml/>")))
    with pytest.raises(StoreError, match="plugin 'ZASF', not of amsynth"):
        amsynth_files.read_state(path)
    spec = hosted("nekobi-8", nekobi(), "pedalboard")
    foreign = vst3.write_vstpreset(PluginState("x", "vst3", "0" * 32, b"x"))
    with RenderPool(spec, 1, "process") as pool, pytest.raises(RenderError, match="refused"):
        pool.ask(Load([foreign]))


def largest(one: NamedPreset, other: NamedPreset) -> float:
    """The largest difference of two presets that hold all 41 parameters."""
    assert one[1].keys() == other[1].keys()
    return max(abs(one[1][key] - other[1][key]) for key in one[1])


def test_amsynth_loads_our_banks_and_saves_them_equal(tmp_path: Path) -> None:
    presets = drawn(load_spec("amsynth-34"), 128, fixed=True)
    path = tmp_path / "ours.bank"
    path.write_bytes(amsynth_files.write_bank(presets))
    saved = read_bank(saved_by_amsynth(path, tmp_path / "home"))
    assert [name for name, _ in saved] == [name for name, _ in presets]
    assert max(largest(*pair) for pair in zip(saved, presets, strict=True)) < SIX_DIGITS


def test_a_bank_of_three_stays_one(tmp_path: Path) -> None:
    presets = drawn(load_spec("amsynth-34"), 3, fixed=True)
    path = tmp_path / "ours.bank"
    path.write_bytes(amsynth_files.write_bank(presets))
    saved = read_bank(saved_by_amsynth(path, tmp_path / "home"))
    assert [name for name, _ in saved if name in {"drawn 0", "drawn 1", "drawn 2"}] == [
        name for name, _ in presets
    ]


@pytest.mark.parametrize("name", ["amsynth_factory.bank", "PatriksBank03.bank"])
def test_we_read_amsynths_own_banks_as_it_does(tmp_path: Path, name: str) -> None:
    amsynth()
    ours = read_bank(BANKS / name)
    theirs = read_bank(saved_by_amsynth(BANKS / name, tmp_path / "home"))
    assert [title for title, _ in theirs][: len(ours)] == [title for title, _ in ours]
    assert max(largest(*pair) for pair in zip(ours, theirs, strict=False)) < SIX_DIGITS


def test_every_bank_of_amsynth_survives_being_written_again(tmp_path: Path) -> None:
    amsynth()
    paths = sorted(BANKS.glob("*.bank"))
    assert len(paths) == 28
    for path in paths:
        presets = read_bank(path)
        again = tmp_path / path.name
        again.write_bytes(amsynth_files.write_bank(presets))
        for one, other in zip(presets, read_bank(again), strict=True):
            assert largest(one, other) < 1e-6
