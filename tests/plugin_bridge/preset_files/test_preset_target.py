"""A preset file that follows the knobs."""

import json
import threading
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from datasets.preset_files import read_bank, read_h2p, read_vital
from datasets.spec import load_spec
from plugin_bridge.preset_files.preset_target import (
    PresetTarget,
    open_preset,
    preset_file,
    user_folder,
)
from plugin_bridge.preset_files.registry import UNVERIFIED
from plugin_bridge.sync.target import ParameterChange, Target, TargetError


def writer(values: Mapping[str, float]) -> bytes:
    return json.dumps(dict(values)).encode()


def test_the_file_has_every_parameter_from_the_beginning(tmp_path: Path) -> None:
    path = tmp_path / "User" / "Presets" / "live.vital"
    target: Target = open_preset(writer, {"a": 0.25, "b": 0.5}, path)
    assert json.loads(path.read_bytes()) == {"a": 0.25, "b": 0.5}
    target.apply([ParameterChange("a", 0.0, 1.0, "")])
    target.apply([ParameterChange("c", 0.0, 0.125, "")])
    assert json.loads(path.read_bytes()) == {"a": 1.0, "b": 0.5, "c": 0.125}
    assert target.read() == {} and target.moved() == {}
    target.close()
    assert path.exists()
    with pytest.raises(TargetError, match="closed"):
        target.apply([ParameterChange("a", 0.0, 0.0, "")])


def test_a_preset_of_the_players_own_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "mine.vital"
    path.write_text("mine")
    with pytest.raises(TargetError, match=r"mine\.vital already exists"):
        open_preset(writer, {}, path)
    assert path.read_text() == "mine"
    open_preset(writer, {"a": 1.0}, path, overwrite=True)
    assert json.loads(path.read_bytes()) == {"a": 1.0}


def test_a_writer_that_fails_leaves_the_old_file_and_the_old_values(tmp_path: Path) -> None:
    path = tmp_path / "live.vital"

    def choosy(values: Mapping[str, float]) -> bytes:
        if values["a"] > 1.0:
            raise ValueError("a is out of range")
        return writer(values)

    target = open_preset(choosy, {"a": 0.0, "b": 0.0}, path)
    with pytest.raises(ValueError, match="out of range"):
        target.apply([ParameterChange("a", 2.0, 2.0, ""), ParameterChange("b", 1.0, 1.0, "")])
    assert json.loads(path.read_bytes()) == {"a": 0.0, "b": 0.0}
    target.apply([ParameterChange("b", 0.5, 0.5, "")])
    assert json.loads(path.read_bytes()) == {"a": 0.0, "b": 0.5}


def test_a_folder_that_goes_away_is_an_error(tmp_path: Path) -> None:
    folder = tmp_path / "stick"
    target = open_preset(writer, {"a": 0.0}, folder / "live.vital")
    (folder / "live.vital").unlink()
    folder.rmdir()
    with pytest.raises(TargetError, match=r"live\.vital cannot be written"):
        target.apply([ParameterChange("a", 1.0, 1.0, "")])


def test_a_reader_always_gets_one_whole_preset(tmp_path: Path) -> None:
    path = tmp_path / "live.vital"
    target = open_preset(lambda v: writer(v) * 2000, {"a": 0.0}, path)
    seen, stop = set[bytes](), threading.Event()

    def read() -> None:
        while not stop.is_set():
            seen.add(path.read_bytes())

    reader = threading.Thread(target=read)
    reader.start()
    for step in range(40):
        target.apply([ParameterChange("a", step / 40, step / 40, "")])
        while reader.is_alive() and len(seen) <= min(step, 2):
            time.sleep(0.001)
    stop.set()
    reader.join()
    whole = {writer({"a": step / 40}) * 2000 for step in range(40)}
    assert 2 < len(seen) and seen <= whole
    assert [one.name for one in tmp_path.iterdir()] == ["live.vital"]


def test_user_folders_by_synth_and_platform() -> None:
    home = Path.home()
    assert user_folder("vital", "darwin") == home / "Music/Vital/User/Presets"
    assert user_folder("vital", "win32") == home / "Documents/Vital/User/Presets"
    assert user_folder("surge-xt", "linux", {}) == home / "Documents/Surge XT/Patches"
    assert user_folder("amsynth", "linux", {}) == home / ".local/share/amsynth/banks"
    moved = user_folder("vital", "linux", {"XDG_DATA_HOME": "/data"})
    assert moved == Path("/data/vital/User/Presets")
    with pytest.raises(TargetError, match=r"'amsynth' on win32 is not known \(known: .*vital\)"):
        user_folder("amsynth", "win32")


def test_a_file_is_for_a_knob_that_rests(tmp_path: Path) -> None:
    target = PresetTarget(tmp_path / "x", writer, {})
    assert target.capabilities.pace_hz == 1.0
    assert "load x again" in target.capabilities.advice


def test_vitals_file_is_in_its_folder_and_has_the_learned_patch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "plugin_bridge.preset_files.preset_target.user_folder", lambda synth: tmp_path / synth
    )
    spec, path = load_spec("vital-32"), tmp_path / "vital" / "patchwright.vital"
    target = preset_file(spec).open()
    ((name, before),) = read_vital(path)
    target.apply([ParameterChange("filter_1_cutoff", 0.5, 72.0, "")])
    ((_, after),) = read_vital(path)
    assert name == "patchwright" and after == before | {"filter_1_cutoff": 72.0}
    assert spec.template["controls"].items() <= after.items()
    assert "unverified" not in target.capabilities.advice
    preset_file(spec).open()  # ours may be replaced when the bridge is started again


def test_amsynths_file_is_a_bank_of_one_whole_preset(tmp_path: Path) -> None:
    spec, path = load_spec("amsynth-34"), tmp_path / "mine.bank"
    preset_file(spec, path).open().apply([ParameterChange("amp_attack", 0.5, 0.5, "")])
    ((name, native),) = read_bank(path)
    assert name == "patchwright" and native["amp_attack"] == 0.5
    with pytest.raises(TargetError, match=r"mine\.bank already exists: .*--replace"):
        preset_file(spec, path)
    assert preset_file(spec, path, replace=True).open().path == path


def test_a_format_that_nobody_could_try_says_so(tmp_path: Path) -> None:
    target = preset_file(load_spec("diva-32"), tmp_path / "mine.h2p").open()
    assert f"(diva-h2p: {UNVERIFIED})" in target.capabilities.advice
    assert len(read_h2p(tmp_path / "mine.h2p")) == 1


def test_a_synth_whose_files_hold_states_is_sent_to_the_host(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="nekobi-8: no format holds the values of Nekobi"):
        preset_file(load_spec("nekobi-8"))
    with pytest.raises(TargetError, match=r"\.vstpreset holds no values"):
        preset_file(load_spec("nekobi-8"), tmp_path / "x.vstpreset")
