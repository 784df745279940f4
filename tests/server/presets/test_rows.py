"""What is in the collection can always be exported and imported again."""

import sqlite3
from pathlib import Path

import pytest

from datasets.sampler import sample
from server.presets.saved_preset import SavedPreset
from server.presets.store import PresetStore
from tests.fakes.fake_synth import fake_synth

SPEC = fake_synth()


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("made", "tomorrow"),
        ("made", "0001-01-01T00:00:00+14:00"),
        ("origin", '{"match": "\\ud83d"}'),
        ("origin", '{"distance": NaN}'),
        ("origin", "[" * 100_000),
        ("starred", "false"),
        ("unit", b"\0\0\xc0\x7f" * 3 + b"\0\0\x80\x3f\0"),
    ],
)
def test_a_row_of_any_content_is_exported_and_imported(
    tmp_path: Path, column: str, value: object
) -> None:
    path = tmp_path / "collection.sqlite3"
    with PresetStore(path) as store:
        store.add(SavedPreset.new(SPEC, sample(SPEC, seed=1, index=0).unit, "one"))
    db = sqlite3.connect(path)
    db.execute(f"UPDATE preset SET {column} = ?", (value,))
    db.commit()
    db.close()
    with PresetStore(path) as store, PresetStore(tmp_path / "other.sqlite3") as other:
        (found,) = store.search()
        assert other.import_(store.export()) == 1 and other.search() == [found]
