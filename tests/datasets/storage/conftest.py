"""Small datasets in every state that a folder can be in."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import renderer.dataset.render
from datasets.storage.layout import record_folder
from datasets.storage.store import open_store
from models.audio.features import FeatureSettings
from models.data.feature_cache import load_clips
from models.data.tagging import tag_dataset
from renderer.dataset.render import render_dataset
from tests.fakes.fake_synth import fake_synth

SPEC = fake_synth()
CLIPS, SIZE, SEED = 30, 20, 3  # two parts
FEATURES = FeatureSettings(sample_rate=SPEC.sample_rate, duration_s=SPEC.note.length_s)


@contextmanager
def parts_of_twenty() -> Iterator[None]:
    """Make parts of twenty clips, only inside the block: other tests share the process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(renderer.dataset.render, "PART_SIZE", SIZE)
        yield


@pytest.fixture(scope="module", autouse=True)
def small_parts() -> Iterator[None]:
    with parts_of_twenty():
        yield


@pytest.fixture(scope="session")
def states(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Make a dataset in each state, by the state's name."""
    with parts_of_twenty():
        return made_states(tmp_path_factory)


def made_states(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("states")
    made = {name: folder / name for name in ("fresh", "old", "tagged", "cached", "resumed")}
    render_dataset(SPEC, CLIPS, SEED, made["fresh"])
    tag_dataset(open_store(copied(made["fresh"], made["tagged"])))
    copied(made["tagged"], made["cached"])
    open_store(made["cached"]).write_card()  # of the folder's own name
    load_clips(open_store(made["cached"]), FEATURES, ("train",))
    as_old(copied(made["cached"], made["old"]))
    as_old(copied(made["cached"], made["resumed"]))
    open_store(made["resumed"]).part(1).unlink()
    render_dataset(SPEC, CLIPS, SEED, made["resumed"])
    return made


def copied(dataset: Path, folder: Path) -> Path:
    """Copy a dataset with its record."""
    shutil.copytree(record_folder(dataset), record_folder(folder))
    return Path(shutil.copytree(dataset, folder))


def as_old(folder: Path) -> Path:
    """Give a dataset the layout of version 0.7: parts without metadata, files next to them."""
    for part in folder.glob("part-*.parquet"):
        pq.write_table(pq.read_table(part).replace_schema_metadata(None), part)
    record = record_folder(folder)
    (record / "_README.md").unlink()
    for path in record.iterdir():
        path.rename(folder / path.name)
    record.rmdir()
    return folder
