"""Laws of a part's metadata: Hugging Face's features, the manifest, and what keeps both."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from datasets.storage.parts import columns, has_metadata, manifest_of_parts, with_metadata
from datasets.storage.store import open_store
from tests.datasets.storage.conftest import CLIPS, SPEC, copied


@pytest.fixture
def folder(states: dict[str, Path], tmp_path: Path) -> Path:
    """Copy a fresh dataset."""
    return copied(states["fresh"], tmp_path / "set")


def features(part: Path) -> dict[str, Any]:
    held = pq.read_schema(part).metadata[b"huggingface"]
    return dict(json.loads(held)["info"]["features"])


def test_features_describe_every_column(folder: Path) -> None:
    part = open_store(folder).part(0)
    found = features(part)
    assert list(found) == pq.read_schema(part).names
    text = {"dtype": "string", "_type": "Value"}
    assert found["audio"] == {"sampling_rate": SPEC.sample_rate, "_type": "Audio"}
    number = {"dtype": "float32", "_type": "Value"}
    assert found["unit"] == {"feature": number, "length": len(SPEC), "_type": "Sequence"}
    assert found["tags"] == found["parents"] == {"feature": text, "_type": "Sequence"}
    assert found["note"] == {"dtype": "int16", "_type": "Value"}
    assert found["index"] == {"dtype": "int64", "_type": "Value"}
    assert found["rms_db"] == number and found["reason"] == text


def test_tags_keep_the_metadata(folder: Path) -> None:
    store = open_store(folder)
    before = pq.read_schema(store.part(1)).metadata
    store.set_tags(1, [["dark"]] * len(store.indices(1)))
    assert pq.read_schema(store.part(1)).metadata == before


def test_a_part_of_an_older_version_gets_the_metadata_and_no_other_value(folder: Path) -> None:
    store = open_store(folder)
    bare = pq.read_table(store.part(0)).replace_schema_metadata(None)
    pq.write_table(bare, store.part(0))
    assert not has_metadata(store.part(0)) and store.missing() == []
    whole = store.part(1).read_bytes()
    store.upgrade(store.numbers)
    assert has_metadata(store.part(0)) and pq.read_table(store.part(0)).equals(bare)
    assert store.part(1).read_bytes() == whole


def test_format_1_lacks_a_column_and_its_feature(folder: Path) -> None:
    table = pa.Table.from_pylist([], columns(len(SPEC)).remove(13))
    held = with_metadata(table, open_store(folder).manifest).schema.metadata[b"huggingface"]
    assert "reason" not in json.loads(held)["info"]["features"]


def test_parts_carry_the_manifest(folder: Path) -> None:
    recorded, carried = open_store(folder).manifest, manifest_of_parts(folder)
    assert carried is not None and carried["count"] == CLIPS
    of_a_run = ("machine", "python", "versions")
    assert {k: v for k, v in recorded.items() if k not in of_a_run} == carried
    (folder / "part-00001.parquet").write_bytes(b"PAR1 half-written")
    again = manifest_of_parts(folder)
    assert again is not None and again["count"] == 20
    assert manifest_of_parts(folder.parent) is None


def test_the_last_part_has_the_highest_number(folder: Path) -> None:
    """Read the count from part 100000, whose name sorts before that of part 99999."""
    store = open_store(folder)
    store.part(0).rename(store.part(99_999))
    store.part(1).rename(store.part(100_000))
    carried = manifest_of_parts(folder)
    assert carried is not None and carried["count"] == CLIPS
