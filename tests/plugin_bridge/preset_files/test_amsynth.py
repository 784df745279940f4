"""amsynth's files with lines that are no parameters: read, and kept where they are written."""

from pathlib import Path

import numpy as np
import pytest

from datasets.errors import StoreError
from datasets.preset_files import NamedPreset, read_bank
from datasets.spec import load_spec
from plugin_bridge.preset_files import amsynth, vst2
from plugin_bridge.preset_files.state import PluginState
from renderer.workers.state_reader import StateReader
from tests.plugin_bridge.preset_files.test_formats import apart, drawn
from tests.programs.real_plugins import amsynth as plugin

PROPERTIES = [
    "<property> max_polyphony 10",
    "<property> midi_channel 0",
    "<property> pitch_bend_range 2",
    "<property> tuning_scl_file /home/someone/my scales/19 edo.scl",
]


@pytest.fixture
def preset() -> NamedPreset:
    return drawn(load_spec("amsynth-34"), 1, fixed=True)[0]


def saved(preset: NamedPreset) -> bytes:
    """A state as amsynth 1.13.2 saves it after a tuning was set: the last line has no end."""
    text = amsynth.write_single(preset) + "\n".join([*PROPERTIES, " "]).encode()
    return vst2.write_fxp(PluginState("", "vst2", amsynth.PLUGIN, text))


def test_a_state_with_properties_is_read(preset: NamedPreset, tmp_path: Path) -> None:
    path = tmp_path / "tuned.fxp"
    path.write_bytes(saved(preset))
    (found,) = amsynth.read_state(path)
    assert found[0] == preset[0]
    assert apart(load_spec("amsynth-34"), preset, found) < 1e-6


def test_the_plugin_reads_a_state_with_properties_alike(
    preset: NamedPreset, tmp_path: Path
) -> None:
    plugin()
    path = tmp_path / "tuned.fxp"
    path.write_bytes(saved(preset))
    read = StateReader(load_spec("amsynth-34"))
    try:
        values = read(path)
    finally:
        read.close()
    assert max(abs(values[name] - value) for name, value in preset[1].items()) < 1e-5


@pytest.mark.parametrize("kind", ["single", "state", "bank"])
def test_other_lines_are_kept_on_writing(preset: NamedPreset, tmp_path: Path, kind: str) -> None:
    changed = (preset[0], preset[1] | {"filter_cutoff": 0.25})
    base = saved(preset)
    if kind == "bank":
        content = amsynth.write_bank([("another", preset[1]), changed], base)
        assert content.count(b"<property>") == len(PROPERTIES)
    else:
        write = amsynth.write_single if kind == "single" else amsynth.write_state
        content = write(changed, base)
        assert write(changed, content) == content  # over itself
    assert "\n".join(PROPERTIES).encode() in content
    path = tmp_path / "written"
    path.write_bytes(content)
    found = (amsynth.read_state if kind == "state" else read_bank)(path)[-1]
    assert np.isclose(found[1]["filter_cutoff"], 0.25)


def test_a_line_that_no_amsynth_writes_is_named(preset: NamedPreset, tmp_path: Path) -> None:
    path = tmp_path / "x.amSynthPreset"
    path.write_bytes(amsynth.write_single(preset) + b"tuning_scl_file /home\n")
    with pytest.raises(StoreError, match=r"x\.amSynthPreset, line 44: 'tuning_scl_file"):
        read_bank(path)
