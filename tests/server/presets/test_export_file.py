"""A foreign file is validated as a whole before anything of it is stored."""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from datasets.errors import ServeError
from datasets.spec import load_spec
from renderer.plugins.patch_template import PatchFile
from server.presets import export_file
from server.presets.export_file import exported, imported
from server.presets.saved_preset import SavedPreset
from server.presets.store import PresetStore

VITAL = load_spec("vital-16")
FILE = PatchFile("", b'{"settings": {}}')
OWN = PatchFile("mine.fxp", b"CcnK\xff\x00")


def preset(**changes: Any) -> SavedPreset:  # noqa: ANN401  any field
    unit = np.full(len(VITAL.names), 0.5, np.float32)
    return SavedPreset.new(VITAL, unit, "mine", {"match": "é.wav"}, **changes)


def document(change: Callable[[dict[str, Any]], object]) -> bytes:
    """An export whose first preset is changed."""
    data = json.loads(exported([preset(), preset()]))
    change(data["presets"][0])
    return json.dumps(data).encode()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda row: row.update(origin={"match": "\ud83d"}), "hex escape"),
        (lambda row: row.update(origin={"\ud83d": 1}), "hex escape"),
        (lambda row: row.update(origin={"distance": float("nan")}), "presets.0.origin"),
        (lambda row: row.update(origin={"distance": float("inf")}), "presets.0.origin"),
        (lambda row: row.update(origin={"match": "x" * 5_000_000}), "10000 at most"),
        (lambda row: row.update(origin=[]), "presets.0.origin"),
        (lambda row: row.update(unit=[0.5]), "1 unit values, but it has 16"),
        (lambda row: row.update(unit=[0.5] * 17), "17 unit values"),
        (lambda row: row.update(unit=["0.5"] * 16), "presets.0.unit.0"),
        (lambda row: row.update(unit=[True] * 16), "presets.0.unit.0"),
        (lambda row: row.update(unit=[float("nan")] * 16), "presets.0.unit.0"),
        (lambda row: row.update(starred="false"), "presets.0.starred"),
        (lambda row: row.update(starred=1), "presets.0.starred"),
        (lambda row: row.update(made="tomorrow"), "presets.0.made"),
        (lambda row: row.update(made="2026-01-01T00:00:00"), "offset"),
        (lambda row: row.update(made="0001-01-01T00:00:00+23:00"), "year"),
        (lambda row: row.update(made=1767225600), "presets.0.made"),
        (lambda row: row.update(digest=""), "presets.0.digest"),
        (lambda row: row.update(spec="x" * 1000), "presets.0.spec"),
        (lambda row: row.update(id=5), "presets.0.id"),
        (lambda row: row.update(patch="../file"), "presets.0.patch"),
        (lambda row: row.update(patch="0" * 64), "preset file of 'mine' is missing"),
        (lambda row: row.update(template="../file"), "presets.0.template"),
        (lambda row: row.update(template="0" * 64), "preset file of 'mine' is missing"),
        (lambda row: row.update(tags="dark"), "presets.0.tags"),
        (lambda row: row.update(note="x" * 10_001), "10000 at most"),
        (lambda row: row.update(name="x" * 201), "200 at most"),
    ],
)
def test_a_wrong_value_is_named_and_nothing_is_stored(
    change: Callable[[dict[str, Any]], object], words: str, tmp_path: Path
) -> None:
    with PresetStore(tmp_path / "presets.sqlite3") as store:
        with pytest.raises(ServeError, match="not an exported collection") as refused:
            store.import_(document(change))
        assert words in str(refused.value) and len(str(refused.value)) < 500
        assert store.search() == [] and store.history() == []


def test_an_export_is_read_back_as_it_was_written() -> None:
    whole = SavedPreset.new(load_spec("vital-16"), preset().unit, "a")  # type: ignore[arg-type]
    presets = [preset(tags=["dark"], starred=True, note="n"), whole]
    assert imported(exported(presets)) == (presets, {})
    for one in (FILE, OWN):
        files = {one.digest: one}
        assert imported(exported(presets, files)) == (presets, files)
    presets.append(preset(template=OWN.digest))
    assert imported(exported(presets, files)) == (presets, files)


def test_a_time_of_another_zone_is_stored_in_utc() -> None:
    data = document(lambda row: row.update(made="2026-01-01T01:30:00+02:00"))
    assert imported(data)[0][0].made == "2025-12-31T23:30:00.000+00:00"


def test_a_file_of_very_many_values_is_refused_before_it_is_parsed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(export_file, "MOST_VALUES", 1000)
    many = b'{"patchwright_collection": 1, "presets": [], "x": [' + b"[],".join([b""] * 2000)
    with pytest.raises(ServeError, match="values, but 1000 at most"):
        imported(many)
    text = '\\",[{' * 2000  # inside a text
    file = PatchFile("", text.encode())
    data = json.loads(exported([preset(note="")])) | {"files": {"x": text}}
    assert imported(json.dumps(data).encode())[1] == {file.digest: file}


@pytest.mark.parametrize(
    ("column", "stored"),
    [
        ("origin", '{"match": "\\ud83d"}'),
        ("origin", '{"distance": NaN}'),
        ("origin", "[" * 100_000),
        ("origin", '"text"'),
        ("origin", json.dumps({"match": "x" * 5_000_000})),
        ("unit", b"12345"),
        ("unit", np.array([np.nan, 7.0], "<f4").tobytes()),
        ("made", "tomorrow"),
        ("note", sqlite3.Binary(b"caf\xe9")),
    ],
)
def test_what_is_in_the_file_already_is_listed(column: str, stored: object, tmp_path: Path) -> None:
    path = tmp_path / "presets.sqlite3"
    with PresetStore(path) as store:
        kept = store.add(preset())
    with sqlite3.connect(path) as foreign:
        value = "CAST(? AS TEXT)" if column == "note" else "?"
        foreign.execute(f"UPDATE preset SET {column} = {value}", (stored,))
    foreign.close()
    with PresetStore(path) as store:
        (found,) = store.search()
        assert found.id == kept.id and store.history() == [found]
        text = json.dumps(found.__dict__, allow_nan=False, ensure_ascii=False)
        assert len(text.encode()) < 2000
        assert json.loads(store.export())["presets"][0]["id"] == kept.id
