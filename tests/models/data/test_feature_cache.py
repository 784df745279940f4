"""Check the cache of log-mels: equal clips share it, and another dataset never uses it."""

import shutil
from pathlib import Path

import numpy as np

from datasets.storage.layout import FOLDER_OF_FEATURES, record_folder
from datasets.storage.store import open_store
from models.audio.features import FeatureSettings
from models.data.feature_cache import cache_features, load_clips
from models.data.tagging import load_descriptors
from renderer.dataset.render import render_dataset
from tests.fakes.fake_synth import fake_synth

SPEC = fake_synth()
FEATURES = FeatureSettings(sample_rate=SPEC.sample_rate, duration_s=SPEC.note.length_s)
CLIPS, SEED = 24, 3
SPLITS = ("train", "validation", "test")


def mels(folder: Path) -> np.ndarray[tuple[int, ...], np.dtype[np.float16]]:
    return load_clips(open_store(folder), FEATURES, SPLITS, scored=False).mel


def other_recipe(folder: Path, template: Path) -> None:
    """Make another dataset of the same spec, seed and canary, as another recipe does.

    The clips of ``template`` move by one place, so every clip of ``folder`` has other parameters.
    """
    store = open_store(template)
    rows = store.read(0).to_pylist()
    shifted = [
        {**rows[(i + 1) % CLIPS], "index": i, "split": rows[i]["split"]} for i in range(CLIPS)
    ]
    open_store(folder).write(0, shifted)


def test_a_new_dataset_in_a_folder_with_old_features_is_computed(tmp_path: Path) -> None:
    folder, template = tmp_path / "data", tmp_path / "template"
    render_dataset(SPEC, CLIPS, SEED, folder)
    before = mels(folder)
    shutil.copytree(folder, template)
    other_recipe(folder, template)
    after = mels(folder)
    assert np.array_equal(after[:-1], before[1:])
    assert float(np.abs(after.astype(np.float32) - before.astype(np.float32)).mean()) > 1


def test_equal_clips_are_computed_once(tmp_path: Path) -> None:
    folder, moved = tmp_path / "data", tmp_path / "moved"
    render_dataset(SPEC, CLIPS, SEED, folder)
    (path,) = cache_features(open_store(folder), FEATURES)
    shutil.copytree(record_folder(folder), record_folder(moved))
    shutil.copytree(folder, moved)
    (again,) = cache_features(open_store(moved), FEATURES)
    assert again.name == path.name and len(list(again.parent.iterdir())) == 1


def test_features_of_one_split_are_not_those_of_all(tmp_path: Path) -> None:
    """Compare with a dataset of one split, which stores no audio of the others."""
    whole, folder = tmp_path / "whole", tmp_path / "data"
    render_dataset(SPEC, CLIPS, SEED, whole)
    render_dataset(SPEC, CLIPS, SEED, folder, split="train")
    assert len(mels(folder)) < CLIPS
    load_descriptors(open_store(folder))
    for part in folder.iterdir():
        part.unlink()
    derived = tmp_path / "derived"
    shutil.copytree(record_folder(folder) / FOLDER_OF_FEATURES, derived / FOLDER_OF_FEATURES)
    shutil.copy(record_folder(folder) / "descriptors.parquet", derived)
    shutil.rmtree(record_folder(folder))
    render_dataset(SPEC, CLIPS, SEED, folder)
    shutil.copytree(derived, record_folder(folder), dirs_exist_ok=True)
    assert np.array_equal(mels(folder), mels(whole))
    found, true = (load_descriptors(open_store(place)) for place in (folder, whole))
    assert all(np.array_equal(found[name], true[name], equal_nan=True) for name in true)


def test_notes_are_part_of_the_key(tmp_path: Path) -> None:
    """Change the note only: a log-mel depends on the note of its clip."""
    folder = tmp_path / "data"
    render_dataset(SPEC, CLIPS, SEED, folder)
    followed = FeatureSettings(SPEC.sample_rate, duration_s=SPEC.note.length_s, reference_note=60)
    store = open_store(folder)
    (before,) = cache_features(store, followed)
    store.write(0, [row | {"note": 60} for row in store.read(0).to_pylist()])
    (after,) = cache_features(store, followed)
    assert before != after
