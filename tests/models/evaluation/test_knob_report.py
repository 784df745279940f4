"""Check knobs: they follow their names, move smoothly and return exactly."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from datasets.errors import CheckpointError, StoreError
from datasets.spec import FloatArray
from datasets.storage.store import open_store
from datasets.tags import PAIRS
from models.audio.descriptors import DESCRIPTORS
from models.checkpoint import Checkpoint, load_checkpoint
from models.data.tagging import tag_dataset
from models.evaluation.knob_report import STOPS, KnobTrial, _semantic_row, _smooth_row, knob_report
from models.training.run import TrainConfig
from models.training.train import train
from renderer.dataset.render import render_dataset
from tests.fakes.fake_synth import fake_synth
from tests.fakes.tiny_network import NETWORK

SPEC = fake_synth()
TRIAL = KnobTrial(presets=3, smooth_presets=2, steps=6, workers=1)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    render_dataset(SPEC, 60, 1, folder)
    tag_dataset(open_store(folder))
    return folder


@pytest.fixture(scope="module")
def model(dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    folder = tmp_path_factory.mktemp("model")
    train(open_store(dataset), folder, TrainConfig(epochs=1, batch=16, warm_up=1), NETWORK)
    return load_checkpoint(folder)


def test_tagged_data_gives_knobs_by_the_names_of_the_pairs(model: Checkpoint) -> None:
    expected = [pair.name for pair in PAIRS][: len(SPEC.continuous)]
    assert [macro.name for macro in model.macros][: len(expected)] == expected
    assert [macro.axis for macro in model.macros][: len(expected)] == list(range(len(expected)))


def test_front_door(model: Checkpoint, dataset: Path, tmp_path: Path) -> None:
    text = knob_report(model, dataset, tmp_path, TRIAL)
    document = json.loads((tmp_path / "knobs.json").read_text())
    names = [macro.name for macro in model.macros]
    semantic = [name for name in names if name in {pair.name for pair in PAIRS}]
    assert [row["knob"] for row in document["semantic"]] == semantic
    assert [row["knob"] for row in document["smooth"]] == names
    assert all(row["comes_back"] for row in document["smooth"])
    assert all(-1 <= row["spearman_median"] <= 1 for row in document["semantic"])
    assert text == (tmp_path / "knobs.md").read_text() and "Dark/Bright (brightness)" in text
    assert "NO" not in text


def test_bad_input_is_named(model: Checkpoint, dataset: Path, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="sounding test clips, but the report needs 900"):
        knob_report(model, dataset, tmp_path, replace(TRIAL, presets=900))
    with pytest.raises(StoreError, match="give --dataset"):
        knob_report(model, None, tmp_path, TRIAL)
    with pytest.raises(CheckpointError, match="has no knobs"):
        knob_report(replace(model, macros=()), dataset, tmp_path, TRIAL)
    with pytest.raises(CheckpointError, match="not vital-32"):
        knob_report(load_checkpoint("vital-32"), dataset, tmp_path, TRIAL)


def test_a_knob_that_follows_its_name_and_one_that_does_not() -> None:
    random = np.random.default_rng(0)
    rising: FloatArray = np.linspace(0, 2, STOPS, dtype=np.float32) + np.zeros((10, 1), np.float32)
    values: dict[str, FloatArray] = {
        n: (random.normal(size=(10, STOPS)) / 100).astype(np.float32) for n in DESCRIPTORS
    }
    spreads = dict.fromkeys(DESCRIPTORS, 1.0)
    good = _semantic_row("Dark/Bright", "brightness", values | {"brightness": rising}, spreads)
    assert good["spearman_median"] == pytest.approx(1) and good["ratio"] > 2
    assert good["moves"]["brightness"] == pytest.approx(2)
    falling = _semantic_row("Dark/Bright", "brightness", values | {"brightness": -rising}, spreads)
    assert falling["spearman_median"] == pytest.approx(-1)
    still = _semantic_row("Dark/Bright", "brightness", values | {"brightness": 0 * rising}, spreads)
    assert still["spearman_median"] == 0 and still["ratio"] == 0


@pytest.mark.parametrize(
    ("steps", "passes"),
    [
        (np.full((4, 10), 0.2), 1.0),
        (np.full((4, 10), 0.01), 0.0),  # does almost nothing
        (np.full((4, 10), 0.2) + np.eye(4, 10) * 2, 0.0),  # jumps once in each sweep
        (np.concatenate([np.full((2, 10), 0.2), np.zeros((2, 10))]), 0.5),
    ],
)
def test_a_smooth_knob_moves_without_jumps(steps: np.ndarray, passes: float) -> None:
    row = _smooth_row("Dark/Bright", steps, [True, True])
    assert row["sweeps_that_pass"] == passes
    assert not _smooth_row("Dark/Bright", steps, [True, False])["comes_back"]
