"""A preset file that follows the knobs."""

import json
import threading
from collections.abc import Mapping
from pathlib import Path

import pytest

from plugin_bridge.preset_target import PresetTarget, open_preset, user_folder
from plugin_bridge.targets import Change, Target, TargetError


def writer(values: Mapping[str, float]) -> bytes:
    return json.dumps(dict(values)).encode()


def test_the_file_has_every_parameter_from_the_beginning(tmp_path: Path) -> None:
    path = tmp_path / "User" / "Presets" / "live.vital"
    target: Target = open_preset(writer, {"a": 0.25, "b": 0.5}, path)
    assert json.loads(path.read_bytes()) == {"a": 0.25, "b": 0.5}
    target.apply([Change("a", 0.0, 1.0, "")])
    target.apply([Change("c", 0.0, 0.125, "")])
    assert json.loads(path.read_bytes()) == {"a": 1.0, "b": 0.5, "c": 0.125}
    assert target.read() == {} and target.moved() == {}
    target.close()
    assert path.exists()
    with pytest.raises(TargetError, match="closed"):
        target.apply([Change("a", 0.0, 0.0, "")])


def test_a_preset_of_the_players_own_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "mine.vital"
    path.write_text("mine")
    with pytest.raises(TargetError, match=r"mine\.vital is there already"):
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
        target.apply([Change("a", 2.0, 2.0, ""), Change("b", 1.0, 1.0, "")])
    assert json.loads(path.read_bytes()) == {"a": 0.0, "b": 0.0}
    target.apply([Change("b", 0.5, 0.5, "")])
    assert json.loads(path.read_bytes()) == {"a": 0.0, "b": 0.5}


def test_a_folder_that_goes_away_is_an_error(tmp_path: Path) -> None:
    folder = tmp_path / "stick"
    target = open_preset(writer, {"a": 0.0}, folder / "live.vital")
    (folder / "live.vital").unlink()
    folder.rmdir()
    with pytest.raises(TargetError, match=r"cannot write .*live\.vital"):
        target.apply([Change("a", 1.0, 1.0, "")])


def test_whoever_reads_meanwhile_has_one_whole_preset(tmp_path: Path) -> None:
    path = tmp_path / "live.vital"
    target = open_preset(lambda v: writer(v) * 2000, {"a": 0.0}, path)
    seen, stop = set[bytes](), threading.Event()

    def read() -> None:
        while not stop.is_set():
            seen.add(path.read_bytes())

    reader = threading.Thread(target=read)
    reader.start()
    for step in range(40):
        target.apply([Change("a", step / 40, step / 40, "")])
    stop.set()
    reader.join()
    whole = {writer({"a": step / 40}) * 2000 for step in range(40)}
    assert seen and seen <= whole
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
