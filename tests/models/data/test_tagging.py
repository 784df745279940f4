"""Check tagging: thresholds of the training split only, whole parts, equal bytes."""

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

import models.data.tagging
import patchwright
import renderer.dataset.render
from datasets.errors import StoreError
from datasets.recipe import load_recipe
from datasets.spec import FloatArray, load_spec
from datasets.storage.layout import record_folder
from datasets.storage.store import Store, open_store
from datasets.tags import PAIRS, tag_signs
from models.audio.descriptors import DESCRIPTORS, describe
from models.data.tagging import Tagging, load_descriptors, pair_tags, tag_dataset, thresholds
from renderer.dataset.render import render_dataset
from tests.fakes.fake_synth import fake_synth
from tests.long.equality import hosted
from tests.programs.real_plugins import amsynth

SPEC = fake_synth(faults=True)
CLIPS, SIZE = 60, 20


@pytest.fixture(scope="module", autouse=True)
def small_parts() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(renderer.dataset.render, "PART_SIZE", SIZE)
        yield


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Render a dataset without tags. Some clips are silent, because one control mutes the synth."""
    folder = tmp_path_factory.mktemp("data") / "fake"
    data = SPEC.to_dict()
    fault = data["parameters"][-1] | {"values": [0.0, 0.0, 0.0, 4.0]}
    spec = SPEC.from_dict(data | {"parameters": [*data["parameters"][:-1], fault]})
    render_dataset(spec, CLIPS, 1, folder)
    return folder


def copied(dataset: Path, folder: Path) -> Path:
    """Copy a dataset with its record."""
    shutil.copytree(record_folder(dataset), record_folder(folder))
    return Path(shutil.copytree(dataset, folder))


@pytest.fixture(scope="module")
def tagged(rendered: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tagged") / "fake"
    copied(rendered, folder)
    tag_dataset(open_store(folder))
    return folder


@pytest.fixture
def store(tagged: Path, tmp_path: Path) -> Store:
    """Copy a tagged dataset that a test may change."""
    return open_store(copied(tagged, tmp_path / "fake"))


def contents(folder: Path) -> dict[str, bytes]:
    """Read every file of a dataset and of its record, by name."""
    places = (folder, record_folder(folder))
    return {path.name: path.read_bytes() for place in places for path in place.iterdir()}


def tags_of(store: Store) -> list[list[str]]:
    return [list(tags) for tags in store.columns("tags")["tags"]]


def test_only_the_tags_of_the_parts_change(rendered: Path, tagged: Path) -> None:
    before, after = open_store(rendered), open_store(tagged)
    assert after.missing() == [] and after.manifest == before.manifest
    for number in before.numbers:
        old, new = before.read(number), after.read(number)
        assert old.schema.equals(new.schema, check_metadata=True)
        assert old.drop(["tags"]).equals(new.drop(["tags"]))
        a, b = pq.ParquetFile(before.part(number)), pq.ParquetFile(after.part(number))
        groups = range(a.metadata.num_row_groups)
        assert [a.metadata.row_group(i).num_rows for i in groups] == [
            b.metadata.row_group(i).num_rows for i in groups
        ]
    assert set(contents(tagged)) == {*contents(rendered), "descriptors.parquet", "tags.json"}


def test_descriptors_are_those_of_the_clips(tagged: Path) -> None:
    store = open_store(tagged)
    measured = load_descriptors(store)
    rows = store.columns("note", "status")
    assert list(measured) == list(DESCRIPTORS)
    sounding = rows["status"] == "ok"
    assert 0 < sounding.sum() < CLIPS
    for values in measured.values():
        assert values.shape == (CLIPS,) and values.dtype == np.float32
        assert np.array_equal(np.isfinite(values), sounding)
    for index in np.flatnonzero(sounding)[:5].tolist():
        audio = store.clip(index // SIZE, index % SIZE)
        wanted = describe(audio, SPEC.sample_rate, rows["note"][index], SPEC.note.hold_s)
        found = [float(values[index]) for values in measured.values()]
        assert found == [float(np.float32(value)) for value in wanted.values()]


def test_tags_are_what_the_thresholds_say_and_the_middle_has_none(tagged: Path) -> None:
    store = open_store(tagged)
    said = json.loads((record_folder(tagged) / "tags.json").read_text())
    rows = store.columns("status", "split", "tags")
    sounding, signs = rows["status"] == "ok", tag_signs(rows["tags"])
    assert not signs[~sounding].any()
    for i, pair in enumerate(PAIRS):
        values = load_descriptors(store)[pair.descriptor]
        limits = said["thresholds"][pair.descriptor]
        low, high = limits["low"], limits["high"]
        training = values[sounding & (rows["split"] == "train")].astype(np.float64)
        assert [low, high] == np.quantile(training, [0.25, 0.75]).tolist()
        wanted = (values >= high).astype(int) - (values <= low)
        assert np.array_equal(signs[:, i], wanted * sounding)
        assert (signs[sounding, i] == 0).mean() > 0.3
        for word, sign in zip(pair.words, (-1, 1), strict=True):
            assert said["counts"][word] == (signs[:, i] == sign).sum()


def test_a_clip_outside_the_training_split_moves_no_threshold() -> None:
    random = np.random.default_rng(0)
    values: FloatArray = random.standard_normal(100).astype(np.float32)
    training = np.arange(100) < 80
    before = thresholds({"brightness": values}, training, 0.25, 0.75)
    values[90], values[95] = 1e6, np.nan
    assert thresholds({"brightness": values}, training, 0.25, 0.75) == before
    values[10] = 1e6
    assert thresholds({"brightness": values}, training, 0.25, 0.75) != before
    with pytest.raises(StoreError, match="no sounding clip in the training split"):
        thresholds({"brightness": values}, training & False, 0.25, 0.75)


def test_what_is_the_same_in_all_clips_gives_no_word() -> None:
    limits = {name: (1.0, 1.0) for name in DESCRIPTORS}
    assert pair_tags(dict.fromkeys(DESCRIPTORS, 1.0), limits) == []
    distinct = {name: (1.0, 2.0) for name in DESCRIPTORS}
    assert pair_tags(dict.fromkeys(DESCRIPTORS, 1.5), distinct) == []
    assert pair_tags(dict.fromkeys(DESCRIPTORS, float("nan")), distinct) == []
    assert pair_tags(dict.fromkeys(DESCRIPTORS, 1.0), distinct) == [p.negative for p in PAIRS]
    assert pair_tags(dict.fromkeys(DESCRIPTORS, 2.0), distinct) == [p.positive for p in PAIRS]


def test_again_gives_the_same_bytes(store: Store) -> None:
    before = contents(store.folder)
    tag_dataset(store)
    assert contents(store.folder) == before
    (store.record / "descriptors.parquet").unlink()
    for number in store.numbers:
        store.set_tags(number, [["other"]] * len(store.indices(number)))
    tag_dataset(store)
    assert contents(store.folder) == before


def test_killed_between_parts_and_run_again_equals_uninterrupted(
    rendered: Path, tagged: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(copied(rendered, tmp_path / "fake"))
    written: list[int] = []
    real = Store._save

    def killed_in_the_second(self: Store, number: int, table: object) -> None:
        if written:
            raise KeyboardInterrupt
        written.append(number)
        real(self, number, table)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Store, "_save", killed_in_the_second)
        tag_dataset(store)
    assert store.missing() == [] and written == [0]
    done, whole = contents(store.folder), contents(tagged)
    assert done["part-00000.parquet"] == whole["part-00000.parquet"]
    assert done["part-00001.parquet"] == (rendered / "part-00001.parquet").read_bytes()
    tag_dataset(store)
    assert contents(store.folder) == whole


def test_nothing_is_measured_twice(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("measured again")

    before = load_descriptors(store)
    monkeypatch.setattr(models.data.tagging, "_measure", never)
    assert all(np.array_equal(load_descriptors(store)[k], v, True) for k, v in before.items())


def test_what_was_measured_on_other_renders_is_not_taken(store: Store) -> None:
    path = store.record / "descriptors.parquet"
    before = path.read_bytes()
    for key in ("seed", "canary", "spec_digest", "recipe_digest"):
        other = Store(store.folder, dict(store.manifest) | {key: 99})
        assert len(models.data.tagging._kept(store)) == CLIPS and not models.data.tagging._kept(
            other
        )
    load_descriptors(other)
    assert path.read_bytes() != before
    load_descriptors(store)
    assert path.read_bytes() == before


@pytest.mark.parametrize("damage", [b"", b"PAR1 and no more", None])
def test_damaged_measurements_are_repeated(store: Store, damage: bytes | None) -> None:
    path = store.record / "descriptors.parquet"
    before = path.read_bytes()
    path.write_bytes(before[:-20] if damage is None else damage)
    load_descriptors(store)
    assert path.read_bytes() == before


def test_rendering_goes_on_from_a_tagged_dataset(store: Store) -> None:
    before = contents(store.folder)
    summary = render_dataset(store.spec, CLIPS, 1, store.folder)
    assert (summary.rendered, summary.resumed) == (0, CLIPS)
    assert contents(store.folder) == before
    render_dataset(store.spec, CLIPS + SIZE, 1, store.folder)
    grown = open_store(store.folder)
    assert contents(store.folder)["part-00000.parquet"] == before["part-00000.parquet"]
    reported: list[tuple[int, int]] = []
    tag_dataset(grown, None, lambda done, parts: reported.append((done, parts)))
    assert reported == [(1, 1)], "only the new part is measured"
    assert any(tags_of(grown)[CLIPS:])


def test_an_unfinished_dataset_is_refused_and_untouched(store: Store) -> None:
    store.part(1).unlink()
    before = contents(store.folder)
    with pytest.raises(StoreError, match=r"lacks 1 of 3 parts: run the same"):
        tag_dataset(store)
    assert contents(store.folder) == before


def test_a_full_disk_leaves_whole_parts(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    before = contents(store.folder)
    with monkeypatch.context() as patch, pytest.raises(StoreError, match="No space left"):
        patch.setattr(os, "fsync", full)
        tag_dataset(store, Tagging(low=0.1))
    assert contents(store.folder) == before


def users(store: Store, lines: str) -> Path:
    path = store.folder.parent / "mine.csv"
    path.write_text(f"index,tags\n{lines}")
    return path


def test_users_tags_are_added_and_they_are_right(store: Store) -> None:
    computed = tags_of(store)
    signs = tag_signs(computed)
    dark = int(np.flatnonzero(signs[:, 0] < 0)[0])
    plain = int(np.flatnonzero(signs[:, 0] == 0)[0])
    mine = users(store, f"{dark},Bright;warm\n{plain},dark\n")
    summary = tag_dataset(store, Tagging(csv=mine))
    found = tags_of(store)
    assert summary.listed == 2 and summary.counts["warm"] == 1
    assert found[dark] == [w for w in computed[dark] if w != "dark"] + ["bright", "warm"]
    assert found[plain] == [*computed[plain], "dark"]
    others = set(range(CLIPS)) - {dark, plain}
    assert all(found[i] == computed[i] for i in others)
    tag_dataset(store)
    assert tags_of(store) == computed, "without the file its tags are gone"


def test_users_tags_may_replace(store: Store) -> None:
    computed = tags_of(store)
    tag_dataset(store, Tagging(csv=users(store, "3,warm\n4,\n"), replace=True))
    found = tags_of(store)
    assert (found[3], found[4]) == (["warm"], [])
    assert found[:3] + found[5:] == computed[:3] + computed[5:]


def test_a_csv_of_another_dataset_is_refused_before_anything_is_written(store: Store) -> None:
    before = contents(store.folder)
    with pytest.raises(StoreError, match=r"mine.csv: .* no clip of index 60: .* 0 to 59"):
        tag_dataset(store, Tagging(csv=users(store, "0,pad\n60,pad\n")))
    assert contents(store.folder) == before


@pytest.mark.parametrize(("low", "high"), [(0, 0.75), (0.8, 0.2), (0.25, 1.0), (float("nan"), 1)])
def test_quantiles_that_are_none_are_refused(low: float, high: float) -> None:
    with pytest.raises(StoreError, match="--low"):
        Tagging(low, high)


Command = Callable[..., None]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run a command of the front door."""

    def run(*arguments: object) -> None:
        monkeypatch.setattr(sys, "argv", ["patchwright", *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            patchwright.main()
        if stopped.value.code:
            raise SystemExit(stopped.value.code)

    return run


def test_front_door(
    rendered: Path,
    tagged: Path,
    tmp_path: Path,
    command: Command,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = copied(rendered, tmp_path / "fake")
    command("tag", folder)
    assert contents(folder) == contents(tagged)
    lines = capsys.readouterr().out.splitlines()
    counts = json.loads((record_folder(folder) / "tags.json").read_text())["counts"]
    assert [tuple(line.split()) for line in lines[1:-1]] == [
        (tag, str(count)) for tag, count in counts.items()
    ]
    with pytest.raises(SystemExit):
        command("tag", folder, "--csv", record_folder(folder) / "tags.json")
    assert "line 1" in capsys.readouterr().err
    assert contents(folder) == contents(tagged)


def test_real_presets_get_the_instruments_of_their_names(tmp_path: Path) -> None:
    spec = hosted(load_spec("amsynth-16"), "dawdreamer", amsynth())
    render_dataset(spec, 48, 1, tmp_path / "am", 2, recipe=load_recipe("human", spec))
    store = open_store(tmp_path / "am")
    summary = tag_dataset(store)
    rows = store.columns("status", "split", "tags")
    sounding = rows["status"] == "ok"
    assert summary.clips == summary.named == sounding.sum() > 40
    signs = tag_signs(rows["tags"])
    shares = np.abs(signs[sounding & (rows["split"] == "train")]).mean(axis=0)
    assert np.all((shares > 0.4) & (shares < 0.65)), "half of the training clips have a word"
    pairs = {word for pair in PAIRS for word in pair.words}
    instruments: Any = set().union(*map(set, rows["tags"])) - pairs
    assert instruments, "none of the presets is called after an instrument"
    before = contents(store.folder)
    tag_dataset(store)
    assert contents(store.folder) == before
    absent = tag_dataset(store, Tagging(presets=tmp_path))
    assert absent.named == 0 and not set(absent.counts) - pairs
