"""Laws of the store: what was written is read, parts are whole or absent, datasets never mix."""

import errno
import hashlib
import io
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import soundfile

from datasets.atomic_write import replace_file
from datasets.clip import audio_columns, decode
from datasets.errors import StoreError
from datasets.sampler import sample
from datasets.split import split_of
from datasets.storage.manifest import FORMAT, IDENTITY
from datasets.storage.parts import Row, columns, table_of
from datasets.storage.store import Store, create_store, open_store, part_size_for
from tests.fakes.fake_synth import fake_synth

SPEC = fake_synth()
COUNT, SIZE = 25, 10
# Splits of vital-32:0:0 to vital-32:0:11. A clip that changed its split would leak into a test set.
PINNED = "validation train train train train test train validation validation train train train"


def manifest(**changes: object) -> dict[str, Any]:
    """The manifest of a small dataset in parts of ten."""
    values = {"format": FORMAT, "spec": SPEC.to_dict(), "spec_digest": SPEC.digest(), "seed": 1}
    values |= {"count": COUNT, "part_size": SIZE, "isolation": "fork", "canary": "c"}
    values |= {"engine_version": "1"} | changes
    return dict(json.loads(json.dumps(values)))


def clip(index: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    """(1, 1000) float32, louder and louder."""
    noise = np.random.default_rng(index).uniform(-1, 1, (1, 1000))
    return (noise * 10 ** (index / 10 - 2)).astype(np.float32)


def row(index: int, status: str = "ok") -> Row:
    draw = sample(SPEC, 1, index)
    values: Row = {
        "index": index,
        "parents": list(draw.parents),
        "split": split_of(draw.parents),
        "note": draw.note,
        "velocity": draw.velocity,
        "unit": draw.unit.tolist(),
        "audio": None,
        "audio_sha256": None,
        "gain_db": None,
        "rms_db": None,
        "f0_hz": 440.0,
        "tags": [],
        "status": status,
    }
    return values | (audio_columns(clip(index), 22050, str(index)) if status == "ok" else {})


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A dataset with parts 0 and 2 of 3."""
    made = create_store(tmp_path / "data", manifest())
    for number in (0, 2):
        made.write(number, [row(index) for index in reversed(made.indices(number))])
    return made


def test_rows_are_read_as_written_in_the_order_of_their_index(store: Store) -> None:
    reread = open_store(store.folder)
    assert reread.spec == SPEC and reread.manifest == store.manifest
    columns = reread.columns("index", "unit", "note", "split", "status")
    wanted = [*range(10), *range(20, 25)]
    assert columns["index"].tolist() == wanted
    for i, index in enumerate(wanted):
        draw = sample(SPEC, 1, index)
        assert np.array_equal(columns["unit"][i], draw.unit)
        assert columns["note"][i] == draw.note
        assert columns["split"][i] == split_of(draw.parents)


def test_audio_comes_back_within_its_sixteen_bits(store: Store) -> None:
    gains = store.columns("gain_db")["gain_db"]
    for i, decoded in enumerate(store.audio(0)):
        undone = decoded / 10 ** (gains[i] / 20)
        step = np.abs(clip(i)).max() / 32767
        assert decoded.shape == (1, 1000) and decoded.dtype == np.float32
        assert np.abs(decoded).max() == pytest.approx(0.999, abs=1e-4)
        assert np.abs(undone - clip(i)).max() <= 1.01 * step
        assert np.array_equal(store.clip(0, i), decoded)


def test_audio_column_is_a_playable_flac_with_the_hash_of_its_source(store: Store) -> None:
    values = store.read(2, ["audio", "audio_sha256"]).to_pylist()[3]
    audio, rate = soundfile.read(io.BytesIO(values["audio"]["bytes"]))
    assert rate == 22050 and len(audio) == 1000
    assert values["audio"]["path"].endswith(".flac")
    assert values["audio_sha256"] == hashlib.sha256(clip(23).tobytes()).hexdigest()


def test_clips_that_never_sounded_are_kept_without_audio(store: Store) -> None:
    store.write(1, [row(index, "crashed" if index == 14 else "ok") for index in range(10, 20)])
    assert store.clip(1, 4).shape == (1, 0)
    assert decode(None).size == 0
    assert store.columns("status")["status"].tolist().count("crashed") == 1
    assert store.missing() == []


def test_equal_rows_make_equal_bytes(store: Store, tmp_path: Path) -> None:
    again = create_store(tmp_path / "again", manifest())
    again.write(0, [row(index) for index in again.indices(0)])
    assert again.part(0).read_bytes() == store.part(0).read_bytes()


def test_shares_of_the_splits_and_their_stability() -> None:
    splits = [split_of((f"vital-32:0:{index}",)) for index in range(10_000)]
    shares = {name: splits.count(name) / 10_000 for name in set(splits)}
    assert shares == pytest.approx({"train": 0.8, "validation": 0.1, "test": 0.1}, abs=0.015)
    assert splits[:12] == PINNED.split()
    assert split_of(("vital-32:0:3", "other")) == splits[3]


def test_missing_parts_are_absent_or_damaged_ones(store: Store) -> None:
    assert list(store.numbers) == [0, 1, 2] and store.missing() == [1]
    whole = store.part(0).read_bytes()
    for damaged in (whole[: len(whole) // 2], whole[:-1], b""):
        store.part(0).write_bytes(damaged)
        assert store.missing() == [0, 1] and store.present() == [2]
    store.part(0).write_bytes(store.part(2).read_bytes())  # whole, but five rows for ten
    assert store.missing() == [0, 1]
    store.part(0).write_bytes(whole)
    assert store.missing() == [1]


def test_half_written_part_is_ignored(store: Store) -> None:
    whole = store.part(0).read_bytes()
    store.part(1).with_name(".part-00001.parquet.99.tmp").write_bytes(whole[:500])
    assert store.missing() == [1]
    assert len(open_store(store.folder).columns("index")["index"]) == 15


@pytest.mark.parametrize("key", [key for key in IDENTITY if key != "format"])
def test_another_identity_is_refused_and_named(store: Store, key: str) -> None:
    with pytest.raises(StoreError, match=rf"{key}.*--out"):
        create_store(store.folder, manifest(**{key: "other"}))
    assert open_store(store.folder).manifest == store.manifest


def test_count_may_grow(store: Store) -> None:
    grown = create_store(store.folder, manifest(count=60))
    assert grown.present() == [0] and grown.missing() == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("length_s", "rate", "channels", "clips"),
    [(4.0, 44100, 2, 100), (60.0, 44100, 2, 100), (70.0, 96000, 2, 39), (2900.0, 44100, 2, 2)],
)
def test_parts_of_long_clips_have_fewer_clips(
    tmp_path: Path, length_s: float, rate: int, channels: int, clips: int
) -> None:
    """Give a part at most 1 GiB: Parquet, Arrow and the memory of a machine have limits."""
    note = replace(SPEC.note, length_s=length_s)
    spec = replace(SPEC, note=note, sample_rate=rate, channels=channels)
    assert part_size_for(tmp_path, spec) == clips
    assert clips * spec.clip_bytes <= 2**30


def test_a_dataset_of_long_clips_keeps_its_size_and_groups_fit(tmp_path: Path) -> None:
    spec = replace(SPEC, note=replace(SPEC.note, length_s=2000.0))  # 88 MB a clip
    made = create_store(tmp_path / "data", manifest(spec=spec.to_dict(), part_size=100, count=40))
    assert part_size_for(made.folder, spec) == 100
    made.write(0, [row(index) for index in range(40)])
    groups = pq.ParquetFile(made.part(0)).metadata
    rows = [groups.row_group(i).num_rows for i in range(groups.num_row_groups)]
    assert rows == [12, 12, 12, 4] and 12 * spec.clip_bytes <= 2**30
    audio = made.read(0, ["index", "audio"]).to_pylist()
    assert [one["audio"]["path"] for one in audio] == [f"{index}.flac" for index in range(40)]
    assert all(decode(one["audio"]["bytes"]).shape == (1, 1000) for one in audio)


def test_a_chunk_of_clips_is_a_row_group_so_offsets_never_overflow() -> None:
    rows = [row(index) for index in range(25)]
    table = table_of(rows, columns(len(SPEC)), 10)
    assert [len(chunk) for chunk in table["audio"].chunks] == [10, 10, 5]
    assert table.to_pylist() == table_of(rows, columns(len(SPEC)), 25).to_pylist()


def fail_with(code: int) -> Any:  # noqa: ANN401  stands in for os.fsync
    def fail(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    return fail


def test_full_disk_is_told_and_leaves_nothing(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = sorted(path.name for path in store.folder.iterdir())
    monkeypatch.setattr(os, "fsync", fail_with(errno.ENOSPC))
    with pytest.raises(StoreError, match=r"part-00001.*No space left on device.*another folder"):
        store.write(1, [row(index) for index in range(10, 20)])
    assert sorted(path.name for path in store.folder.iterdir()) == before
    assert store.missing() == [1]


def test_read_only_disk_is_told(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    # A permission bit does not bind root, so the refusal is played.
    monkeypatch.setattr("builtins.open", fail_with(errno.EROFS))
    with pytest.raises(StoreError, match=r"part-00000.*Read-only file system"):
        replace_file(store.part(0), b"new")
    monkeypatch.undo()
    assert store.missing() == [1]


def test_out_that_cannot_be_a_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="file is a file"):
        create_store(tmp_path / "file", manifest())
    with pytest.raises(StoreError, match="cannot be written"):
        create_store(tmp_path / "file" / "below", manifest())


def test_open_store_says_what_is_wrong(store: Store, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"has no dataset: make one with patchwright render"):
        open_store(tmp_path / "absent")
    path = store.record_file("dataset.json")
    path.write_text(json.dumps(manifest(format=99)))
    with pytest.raises(StoreError, match="format 99"):
        open_store(store.folder)
    for damaged in ('{"format": 1, "sp', "[1, 2]", "null"):
        path.write_text(damaged)
        with pytest.raises(StoreError, match=r"dataset\.json"):
            open_store(store.folder)
