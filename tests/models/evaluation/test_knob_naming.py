"""Check knob names: the strongest measured descriptor, and its direction."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import patchwright
from datasets.storage.store import open_store
from datasets.tags import PAIRS
from models.checkpoint import load_checkpoint
from models.evaluation.knob_naming import LEAST, name_of, parameters_of
from models.training.run import TrainConfig
from models.training.train import train
from renderer.dataset.render import render_dataset
from tests.fakes.fake_synth import fake_synth
from tests.fakes.tiny_network import NETWORK


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train a model without tags: all its knobs are named after parameters."""
    data, folder = tmp_path_factory.mktemp("data"), tmp_path_factory.mktemp("model")
    render_dataset(fake_synth(), 60, 1, data)
    train(open_store(data), folder, TrainConfig(epochs=1, batch=16, warm_up=1), NETWORK)
    return folder


def name_knobs(model: Path) -> list[str]:
    command = ["name-knobs", str(model), "--presets", "8", "--workers", "1"]
    ended = CliRunner().invoke(patchwright.app, command)
    assert ended.exit_code == 0, ended.output
    return [macro.name for macro in load_checkpoint(model).macros]


def test_front_door_changes_names_and_nothing_else(model: Path) -> None:
    before = json.loads((model / "config.json").read_text())
    names = name_knobs(model)
    after = json.loads((model / "config.json").read_text())
    pairs = {way for pair in PAIRS for way in (pair.name, "/".join(pair.name.split("/")[::-1]))}
    found = [name.partition(": ")[0] for name in names if ": " in name]
    assert found and set(found) <= pairs
    assert [parameters_of(name) for name in names] == [one["name"] for one in before["macros"]]
    for macros in (before["macros"], after["macros"]):
        for macro in macros:
            del macro["name"]
    assert after == before
    assert name_knobs(model) == names  # and again


@pytest.mark.parametrize(
    ("middle", "expected"),
    [
        ([1, 0, 0, -0.5, 0, 0], "Dark/Bright: cutoff"),
        ([0.3, 0, 0, -0.5, 0, 0], "Sustained/Percussive: cutoff"),
        ([LEAST / 2] * 6, "cutoff"),
    ],
)
def test_the_strongest_names_it_by_its_direction(middle: list[float], expected: str) -> None:
    spread = np.linspace(-0.1, 0.1, 5)[:, None]
    assert name_of("cutoff", np.array(middle) + spread) == expected


def test_a_knob_that_moves_presets_either_way_has_no_direction() -> None:
    moves = np.zeros((10, len(PAIRS)))
    moves[:5, 0], moves[5:, 0] = 3, -3
    assert name_of("cutoff", moves) == "cutoff"
