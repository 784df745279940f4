"""Test the layout: the record is next to the folder; old folders are read and moved."""

import json
import os
import shutil
from pathlib import Path

import pytest

from datasets.errors import StoreError
from datasets.storage.layout import (
    move_old_files,
    record_file,
    record_folder,
    record_of_uri,
)
from datasets.storage.parts import has_metadata
from datasets.storage.store import Store, create_store, open_store
from models.data.feature_cache import load_clips
from models.data.tagging import tag_dataset
from renderer.dataset.render import render_dataset
from tests.datasets.storage.conftest import CLIPS, FEATURES, SEED, SPEC, copied

RECORD = ["_README.md", "audit.json", "dataset.json", "descriptors.parquet", "features"]
RECORD += ["tags.json"]
NAMES = ("index", "unit", "audio_sha256", "tags", "note", "status")


@pytest.fixture
def old(states: dict[str, Path], tmp_path: Path) -> Path:
    """Copy the dataset of version 0.7."""
    folder = tmp_path / "old"
    folder.mkdir()
    for path in states["old"].rglob("*"):
        target = folder / path.relative_to(states["old"])
        target.mkdir() if path.is_dir() else target.write_bytes(path.read_bytes())
    return folder


def values(folder: Path) -> list[str]:
    return [str(column.tolist()) for column in open_store(folder).columns(*NAMES).values()]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_record_lies_beside_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "data").mkdir()
    outside = tmp_path.resolve() / "data.patchwright"
    assert record_folder(tmp_path / "data") == outside
    (tmp_path / "link").symlink_to(tmp_path / "data")
    assert record_folder(tmp_path / "link") == outside
    monkeypatch.chdir(tmp_path / "data")
    assert record_folder(Path(".")) == outside


def test_the_record_of_a_mount_point_lies_inside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = tmp_path.resolve() / ".patchwright"
    with monkeypatch.context() as patch:
        patch.setattr(os.path, "ismount", lambda _: True)
        assert record_folder(tmp_path) == inside
    with monkeypatch.context() as patch:
        patch.setattr(os, "access", lambda *_: False)
        assert record_folder(tmp_path) == inside
    inside.mkdir()
    assert record_folder(tmp_path) == inside, "it stays where it is"


def test_the_record_of_a_bucket_lies_inside() -> None:
    assert record_of_uri("bucket/set/") == "bucket/set.patchwright"
    assert record_of_uri("bucket") == "bucket/.patchwright"


def test_an_old_folder_is_read_where_it_lies(states: dict[str, Path], old: Path) -> None:
    assert values(old) == values(states["cached"])
    before = names(old)
    assert len(load_clips(open_store(old), FEATURES, ("train",))) > 0
    assert names(old) == before and not record_folder(old).exists()


def test_resuming_an_old_folder_moves_its_files(states: dict[str, Path], old: Path) -> None:
    features = {path.name: path.read_bytes() for path in old.rglob("*.npy")}
    summary = render_dataset(SPEC, CLIPS, SEED, old)
    assert (summary.rendered, summary.resumed, summary.audited) == (0, CLIPS, 0)
    assert names(old) == names(states["fresh"]) and names(record_folder(old)) == RECORD
    assert {path.name: path.read_bytes() for path in record_folder(old).rglob("*.npy")} == features
    assert all(has_metadata(open_store(old).part(n)) for n in (0, 1))
    assert values(old) == values(states["cached"])


def test_tagging_an_old_folder_moves_its_files(states: dict[str, Path], old: Path) -> None:
    tag_dataset(open_store(old))
    assert names(old) == names(states["fresh"]) and names(record_folder(old)) == RECORD
    assert open_store(old).part(0).read_bytes() == open_store(states["tagged"]).part(0).read_bytes()


def test_killed_while_files_move_nothing_is_lost(
    states: dict[str, Path], old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Path.replace
    moved: list[str] = []

    def killed_after(allowed: int) -> None:
        def replace(self: Path, target: Path) -> Path:
            if len(moved) >= allowed:
                raise KeyboardInterrupt
            moved.append(self.name)
            return real(self, target)

        monkeypatch.setattr(Path, "replace", replace)

    wanted = values(states["cached"])
    for allowed in range(5):
        killed_after(allowed)
        with pytest.raises(KeyboardInterrupt):
            move_old_files(old)
        monkeypatch.undo()
        assert values(old) == wanted
        assert record_file(old, "descriptors.parquet").exists()
    move_old_files(old)
    assert names(old) == names(states["fresh"])
    assert names(record_folder(old)) == RECORD[1:]


def test_what_the_record_has_stays(old: Path) -> None:
    record = record_folder(old)
    (record / "features").mkdir(parents=True)
    (record / "features" / "mine").write_text("new")
    (record / "tags.json").write_text("new")
    move_old_files(old)
    assert (record / "tags.json").read_text() == "new" and not (old / "tags.json").exists()
    assert len(list((record / "features").iterdir())) == 2


@pytest.mark.parametrize("left", [("dataset.json",), ("dataset.json", "features"), ("record",)])
def test_what_another_dataset_left_behind_is_removed(
    states: dict[str, Path], tmp_path: Path, left: tuple[str, ...]
) -> None:
    """The parts say which dataset this is; files of an older version may be of another one."""
    folder = copied(states["fresh"], tmp_path / "set")
    record = record_folder(folder)
    stale = json.dumps(json.loads((record / "dataset.json").read_text()) | {"seed": SEED + 1})
    shutil.rmtree(record)
    place = record if "record" in left else folder
    place.mkdir(exist_ok=True)
    (place / "dataset.json").write_text(stale)
    if "features" in left:
        (folder / "features").mkdir()
        (folder / "features" / "stale.npy").touch()
    summary = render_dataset(SPEC, CLIPS, SEED, folder)
    assert (summary.rendered, summary.resumed) == (0, CLIPS)
    assert names(folder) == names(states["fresh"])
    assert json.loads((record / "dataset.json").read_text())["seed"] == SEED
    assert not list(record.rglob("stale.npy"))


def test_a_folder_without_its_record_is_a_dataset(states: dict[str, Path], tmp_path: Path) -> None:
    folder = copied(states["fresh"], tmp_path / "set")
    record_folder(folder).rename(tmp_path / "lost")
    store = open_store(folder)
    assert (store.spec, store.count, store.missing()) == (SPEC, CLIPS, [])
    assert values(folder) == values(states["fresh"])
    with pytest.raises(StoreError, match="seed 3, but this run has 4"):
        render_dataset(SPEC, CLIPS, 4, folder)
    summary = render_dataset(SPEC, CLIPS, SEED, folder)
    assert (summary.rendered, summary.resumed) == (0, CLIPS)
    assert names(record_folder(folder)) == ["_README.md", "audit.json", "dataset.json"]


def test_a_record_whose_dataset_is_gone_does_not_bind(
    states: dict[str, Path], tmp_path: Path
) -> None:
    folder = copied(states["tagged"], tmp_path / "set")
    other = dict(open_store(folder).manifest) | {"seed": 99}
    folder.rename(tmp_path / "elsewhere")
    assert create_store(folder, other).missing() == [0, 1]
    assert names(record_folder(folder)) == ["dataset.json"]
    (tmp_path / "elsewhere" / "part-00001.parquet").rename(folder / "part-00001.parquet")
    assert open_store(folder).manifest["seed"] == SEED, "parts know best what they are"


def test_a_damaged_record_names_the_way_out(states: dict[str, Path], tmp_path: Path) -> None:
    folder = copied(states["fresh"], tmp_path / "set")
    path = record_file(folder, "dataset.json")
    path.write_text("{")
    with pytest.raises(StoreError, match=r"dataset\.json cannot be read.*Remove it"):
        open_store(folder)
    path.unlink()
    assert isinstance(open_store(folder), Store)
