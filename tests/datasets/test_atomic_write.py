"""Where a result cannot be written, a command says so before its work."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest
from typer.testing import CliRunner

import patchwright
from datasets.atomic_write import check_writable
from datasets.errors import PatchwrightError, StoreError


def test_a_place_that_can_be_written_is_left_as_it_was(tmp_path: Path) -> None:
    old = tmp_path / "old.toml"
    old.write_text("old")
    check_writable(old)
    check_writable(tmp_path / "new" / "folder" / "a.toml")
    assert [path.name for path in (tmp_path / "new").rglob("*")] == ["folder"]
    assert old.read_text() == "old" and len(list(tmp_path.iterdir())) == 2


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="file: cannot make this folder"):
        check_writable(tmp_path / "file" / "a.toml")
    with pytest.raises(StoreError, match="is a folder: give the name of a file"):
        check_writable(tmp_path)


@pytest.mark.parametrize(
    ("command", "work"),
    [
        ("scan vital --out {}", "renderer.scan.console.scan"),
        ("bridge learn {} --in Synth --model nekobi-8", "plugin_bridge.midi.ports.open_input"),
    ],
)
def test_commands_check_it_before_their_work(
    command: str, work: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("x")
    monkeypatch.setattr(work, pytest.fail)
    arguments = command.format(tmp_path / "file" / "out.toml").split()
    ended = CliRunner().invoke(patchwright.app, arguments)
    assert isinstance(ended.exception, PatchwrightError)
    assert "cannot make this folder" in str(ended.exception)


def check_often(path: Path) -> None:
    for _ in range(300):
        check_writable(path)


def test_two_processes_check_one_place_at_once(tmp_path: Path) -> None:
    """The processes of one training do so; the probe of one was removed by the other."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, spawn) as processes:
        checks = [processes.submit(check_often, tmp_path / "config.json") for _ in range(2)]
        assert [check.result() for check in checks] == [None, None]
    assert not list(tmp_path.iterdir())
