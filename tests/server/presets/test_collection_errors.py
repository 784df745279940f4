"""A collection that is locked, full or not writable is named with its fix, also at the start."""

import sqlite3
from pathlib import Path

import pytest

from server.presets.collection_errors import CollectionError
from server.presets.store import PresetStore


@pytest.fixture(autouse=True)
def _short_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.presets.store.LOCKED_S", 0.1)


def test_a_folder_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(CollectionError, match=r"file/presets.*: (Not a directory|File exists).*"):
        PresetStore(tmp_path / "file" / "presets")


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="no folder that root cannot write")
def test_a_folder_that_is_not_writable_is_named() -> None:
    with pytest.raises(CollectionError, match="writable"):
        PresetStore("/proc/self/presets.sqlite3")
    with pytest.raises(CollectionError, match="writable"):
        PresetStore("/proc/self/none/presets.sqlite3")


def test_a_locked_file_is_named_at_the_start(tmp_path: Path) -> None:
    path = tmp_path / "presets.sqlite3"
    PresetStore(path).close()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(CollectionError, match=r"another program has locked it: close that"):
        PresetStore(path)
    other.close()
    PresetStore(path).close()


def test_a_folder_in_place_of_the_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CollectionError, match="cannot be opened: check"):
        PresetStore(tmp_path)
