"""A collection of an older version opens, and keeps all it had."""

import sqlite3
from pathlib import Path

import numpy as np
import pytest

from datasets.errors import ServeError
from datasets.sampler import sample
from renderer.plugins.patch_template import PatchFile
from server.presets.saved_preset import SavedPreset
from server.presets.schema import FORMAT, SCHEMA
from server.presets.store import PresetStore
from tests.fakes.fake_synth import fake_synth

SPEC = fake_synth()


def old_collection(path: Path) -> SavedPreset:
    """A file of format 1, as version 0.7 wrote it, with one preset."""
    kept = SavedPreset.new(SPEC, sample(SPEC, seed=1, index=0).unit, "old", note="n", starred=True)
    db = sqlite3.connect(path)
    db.executescript(SCHEMA)
    unit = np.asarray(kept.unit, "<f4").tobytes()
    row = kept.id, kept.spec, kept.digest, unit, kept.name, kept.note, 1, "{}", kept.made
    db.execute("INSERT INTO preset VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
    db.execute("INSERT INTO history (preset, at) VALUES (?, ?)", (kept.id, kept.made))
    db.execute("PRAGMA user_version = 1")
    db.commit()
    db.close()
    return kept


def test_an_older_collection_opens_and_takes_whole_files(tmp_path: Path) -> None:
    kept = old_collection(tmp_path / "old.sqlite3")
    file = PatchFile("mine.vital", b'{"settings": {}}')
    for _ in range(2):  # the second time it is today's
        with PresetStore(tmp_path / "old.sqlite3") as store:
            assert store.get(kept.id) == kept and store.history()[-1] == kept
            new = SavedPreset.new(SPEC, np.array(kept.unit), "new", template=file.digest)
            store.add(new, file)
            assert store.file(store.get(new.id).template) == file


def test_a_newer_collection_is_refused(tmp_path: Path) -> None:
    PresetStore(tmp_path / "new.sqlite3").close()
    db = sqlite3.connect(tmp_path / "new.sqlite3")
    db.execute(f"PRAGMA user_version = {FORMAT + 1}")
    db.close()
    with pytest.raises(ServeError, match=f"its format is {FORMAT + 1}"):
        PresetStore(tmp_path / "new.sqlite3")
