"""What a player keeps: found by words, tags and stars; never lost, whatever kills the process."""

import json
import signal
import sqlite3
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from datasets.errors import MissingError, ServeError, SpecError
from datasets.sampler import sample
from datasets.spec import FloatArray
from renderer.plugins.patch_template import PatchFile
from server.presets.saved_preset import MOST_TAGS, SavedPreset
from server.presets.store import PresetStore
from tests.fakes.fake_synth import fake_synth

SPEC = fake_synth()
KILLS = 50
FILE = PatchFile("", '{"preset_name": "café", "settings": {}}'.encode())


def unit(index: int = 0) -> FloatArray:
    return sample(SPEC, seed=1, index=index).unit


@pytest.fixture
def collection(tmp_path: Path) -> PresetStore:
    return PresetStore(tmp_path / "mine" / "collection.sqlite3")


def test_a_preset_comes_back_to_the_bit_and_after_a_restart(collection: PresetStore) -> None:
    kept = collection.add(SavedPreset.new(SPEC, unit(), "  Bass 1 ", {"match": "sketch.wav"}))
    assert kept.name == "Bass 1" and kept.spec == SPEC.name and kept.digest == SPEC.digest()
    collection.change(kept.id, note="for the bridge", starred=True, tags=["dark", "bass", "dark"])
    collection.close()
    with PresetStore(collection.path) as again:
        found = again.get(kept.id)
        assert np.array_equal(np.array(found.unit, np.float32), unit())
        assert (found.note, found.starred) == ("for the bridge", True)
        assert found.tags == ("bass", "dark") and found.origin == {"match": "sketch.wav"}
        assert again.history() == [found]


def test_a_change_leaves_the_rest_alone(collection: PresetStore) -> None:
    kept = collection.add(SavedPreset.new(SPEC, unit(), "one"))
    collection.change(kept.id, tags=["x"], note="n")
    assert collection.change(kept.id, name="two").tags == ("x",)
    assert collection.change(kept.id, tags=[]).note == "n"
    assert collection.change(kept.id, note="").name == "two"


def test_history_is_newest_first_and_a_visit_counts(collection: PresetStore) -> None:
    first, second = (collection.add(SavedPreset.new(SPEC, unit(i), str(i))) for i in range(2))
    collection.visit(first.id)
    assert [kept.id for kept in collection.history()] == [first.id, second.id, first.id]
    assert [kept.id for kept in collection.history(1)] == [first.id]
    collection.remove(first.id)
    assert [kept.id for kept in collection.history()] == [second.id]


def test_search_by_words_tags_stars_and_synth(collection: PresetStore) -> None:
    names = ("Deep bass", "100% noise", "under_score", "Bright lead")
    ids = [collection.add(SavedPreset.new(SPEC, unit(i), name)).id for i, name in enumerate(names)]
    collection.change(ids[3], tags=["bass", "lead"], starred=True, note="deep in the mix")

    def found(presets: list[SavedPreset]) -> list[int]:
        return [ids.index(kept.id) for kept in presets]

    search = collection.search
    assert found(search()) == [3, 2, 1, 0]
    assert found(search("BASS")) == [3, 0]  # in a tag too
    assert found(search("deep mix")) == [3]
    assert found(search("%")) == [1] and found(search("_")) == [2]  # no wildcards
    assert found(search(tags=["bass"])) == [3] and found(search(tags=["bass", "dark"])) == []
    assert found(search(starred=True)) == [3] and found(search(count=2)) == [3, 2]
    assert found(search(digest=SPEC.digest())) == [3, 2, 1, 0]
    assert found(search(digest="another")) == []
    assert found(search("' OR 1=1 --")) == []


def test_a_search_of_very_many_words_is_answered_in_one_line(collection: PresetStore) -> None:
    kept = collection.add(SavedPreset.new(SPEC, unit(), "Deep bass"))
    assert collection.search("deep " * 1000) == [kept]
    assert collection.search(" ".join(["deep", *map(str, range(49))])) == []
    with pytest.raises(ServeError, match="a search of 1000 words: use 50 at most"):
        collection.search(" ".join(map(str, range(1000))))


def test_an_export_carries_everything_to_another_collection(
    collection: PresetStore, tmp_path: Path
) -> None:
    for i in range(3):
        kept = collection.add(SavedPreset.new(SPEC, unit(i), f"preset {i}"))
    collection.change(kept.id, tags=["a"], note="b", starred=True)
    data = collection.export()
    with PresetStore(tmp_path / "other.sqlite3") as other:
        assert other.import_(data) == 3
        assert other.export() == data
        assert other.import_(data) == 0  # nothing comes twice
    collection.change(kept.id, name="changed since")
    assert collection.import_(data) == 0 and collection.get(kept.id).name == "changed since"


def test_a_whole_file_is_kept_once_exported_and_forgotten_with_its_last_preset(
    collection: PresetStore, tmp_path: Path
) -> None:
    file, digest = FILE, FILE.digest
    plain = collection.add(SavedPreset.new(SPEC, unit(), "plain"))
    assert json.loads(collection.export())["patchwright_collection"] == 1  # as older ones read it
    one, two = (
        collection.add(SavedPreset.new(SPEC, unit(i), str(i), patch=digest), file) for i in (1, 2)
    )
    assert collection.get(one.id).patch == digest and collection.get(plain.id).patch == ""
    data = collection.export()
    assert data.count(b"caf\\u00e9") == 1
    with PresetStore(tmp_path / "other.sqlite3") as other:
        assert other.import_(data) == 3 and other.export() == data
        assert other.file(digest) == file
    collection.remove(one.id)
    assert collection.file(digest) == file
    collection.remove(two.id)
    with pytest.raises(MissingError, match=r"preset file .*: not in the collection"):
        collection.file(digest)


def test_a_players_own_patch_is_kept_once_with_its_name(
    collection: PresetStore, tmp_path: Path
) -> None:
    own = PatchFile("mine.fxp", b"CcnK\xff\x00")
    whole = collection.add(
        SavedPreset.new(SPEC, unit(), "w", patch=own.digest), PatchFile("", own.content)
    )
    one, two = (
        collection.add(SavedPreset.new(SPEC, unit(i), str(i), template=own.digest), own)
        for i in (1, 2)
    )
    assert collection.file(own.digest) == own and collection.get(one.id) == one
    data = collection.export()
    with PresetStore(tmp_path / "other.sqlite3") as other:
        assert other.import_(data) == 3 and other.export() == data
        assert other.file(own.digest) == own
    for kept in (whole, one):
        collection.remove(kept.id)
        assert collection.file(own.digest) == own
    collection.remove(two.id)
    with pytest.raises(MissingError, match=r"preset file .*: not in the collection"):
        collection.file(own.digest)


def test_an_export_with_a_missing_or_changed_file_changes_nothing(
    collection: PresetStore, tmp_path: Path
) -> None:
    collection.add(SavedPreset.new(SPEC, unit(), "whole", patch=FILE.digest), FILE)
    for spoil in ({}, {FILE.digest: "other"}, {FILE.digest: None}):
        document = json.loads(collection.export()) | {"files": spoil}
        with PresetStore(tmp_path / "other.sqlite3") as other:
            with pytest.raises(ServeError, match="the file is not an exported collection"):
                other.import_(json.dumps(document).encode())
            assert other.search() == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda rows: rows[1].update(unit=[2.0]),
        lambda rows: rows[1].update(unit=[]),
        lambda rows: rows[1].update(unit=[float("nan")]),
        lambda rows: rows[1].update(id="../../etc/passwd"),
        lambda rows: rows[1].update(name=3),
        lambda rows: rows[1].update(tags=[""]),
        lambda rows: rows[1].pop("digest"),
        lambda rows: rows[1]["unit"].append(0.5),
        lambda rows: rows.append(None),
    ],
)
def test_a_damaged_export_changes_nothing(
    collection: PresetStore, spoil: Callable[[list[Any]], object], tmp_path: Path
) -> None:
    for i in range(2):
        collection.add(SavedPreset.new(SPEC, unit(i), f"preset {i}"))
    document = json.loads(collection.export())
    spoil(document["presets"])
    with PresetStore(tmp_path / "other.sqlite3") as other:
        with pytest.raises(ServeError, match="the file is not an exported collection"):
            other.import_(json.dumps(document).encode())
        assert other.search() == []


def test_a_million_faults_take_no_memory(collection: PresetStore) -> None:
    data = b'{"patchwright_collection": 1, "presets": [' + b"{}," * 100_000 + b"{}]}"
    tracemalloc.start()
    try:
        with pytest.raises(ServeError, match=r"presets\.0\.id: Field required") as refused:
            collection.import_(data)
        cause = refused.value.__cause__
        assert isinstance(cause, ValidationError) and cause.error_count() < 100
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


def test_a_wrong_value_is_named_with_its_place(collection: PresetStore) -> None:
    collection.add(SavedPreset.new(SPEC, unit(), "one"))
    document = json.loads(collection.export())
    document["presets"][0]["starred"] = "false"
    with pytest.raises(ServeError, match=r"presets\.0\.starred 'false'"):
        collection.import_(json.dumps(document).encode())


def test_bad_input_is_named_and_changes_nothing(collection: PresetStore, tmp_path: Path) -> None:
    kept = collection.add(SavedPreset.new(SPEC, unit(), "one"))
    with pytest.raises(SpecError):
        collection.add(SavedPreset.new(SPEC, unit()[:2], "short"))
    with pytest.raises(ServeError, match="preset 'nothing': no preset with this id"):
        collection.change("nothing", name="x")
    with pytest.raises(ServeError, match="201 characters, but 200 at most"):
        collection.change(kept.id, note="new", name="x" * 201)
    with pytest.raises(ServeError, match="empty"):
        collection.add(SavedPreset.new(SPEC, unit(), "   "))
    with pytest.raises(ServeError, match=f"{MOST_TAGS} at most"):
        collection.change(kept.id, note="new", tags=[str(i) for i in range(MOST_TAGS + 1)])
    assert collection.search() == [kept]
    assert collection.change(kept.id, name="half \ud800").name == "half ?"
    for data in (b"", b"[]", b'{"patchwright_collection": 9, "presets": []}', b"\xff"):
        with pytest.raises(ServeError, match="not an exported collection"):
            collection.import_(data)
    (tmp_path / "text").write_text("not a database, but long enough to look like a page" * 100)
    with pytest.raises(ServeError, match="move it away"):
        PresetStore(tmp_path / "text")
    sqlite3.connect(tmp_path / "foreign").execute("CREATE TABLE theirs (x)")
    with pytest.raises(ServeError, match="its format is"):
        PresetStore(tmp_path / "foreign")


WRITER = """
import sys
from server.presets.store import PresetStore
from renderer.plugins.patch_template import PatchFile
from server.presets.saved_preset import SavedPreset
from tests.fakes.fake_synth import fake_synth
from datasets.sampler import sample
from datasets.spec import FloatArray
spec = fake_synth()
with PresetStore(sys.argv[1]) as collection:
    print("ready", flush=True)
    while True:
        kept = collection.add(SavedPreset.new(spec, sample(spec, seed=2, index=0).unit, "kept"))
        print("added", kept.id, flush=True)
        collection.change(kept.id, starred=True, tags=["a", "b"])
        print("starred", kept.id, flush=True)
        collection.visit(kept.id)
        print("visited", kept.id, flush=True)
"""


def test_what_was_acknowledged_survives_kills(tmp_path: Path) -> None:
    """Killed at fifty random moments of writing: each time the file opens, and nothing is lost."""
    path, random = tmp_path / "collection.sqlite3", np.random.default_rng(0)
    reported: list[list[str]] = []
    for _ in range(KILLS):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True
        ) as writer:
            assert writer.stdout is not None and writer.stdout.readline() == "ready\n"
            time.sleep(random.uniform(0, 0.2))
            writer.send_signal(signal.SIGKILL)
            lines = writer.stdout.read().split("\n")[:-1]  # a line cut short was not acknowledged
        reported += [line.split() for line in lines]
    assert len(reported) > KILLS
    with PresetStore(path) as collection:
        visited = [kept.id for kept in collection.history(10**6)]
        for what, id_ in reported:
            kept = collection.get(id_)
            if what in ("starred", "visited"):
                assert kept.starred and kept.tags == ("a", "b")
            assert visited.count(id_) >= (2 if what == "visited" else 1)
