"""Test training on a tiny dataset: resumed equals uninterrupted, and errors name damaged files."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

import models.checkpoint
import models.training.state
from datasets.atomic_write import replace_file
from datasets.errors import CheckpointError, StoreError
from datasets.storage.store import Store, open_store
from models.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from models.training.run import Epoch, Run, TrainConfig
from models.training.train import train
from renderer.dataset.render import render_dataset
from tests.fakes.fake_synth import fake_synth
from tests.fakes.tiny_network import NETWORK

SPEC = fake_synth()
CLIPS = 60
CONFIG = TrainConfig(epochs=3, batch=16, warm_up=2)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    folder = tmp_path_factory.mktemp("data")
    render_dataset(SPEC, CLIPS, 1, folder)  # with this seed, 8 clips are for validation
    return open_store(folder)


@pytest.fixture(scope="module")
def trained(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train a model without interruption, and return its folder."""
    folder = tmp_path_factory.mktemp("model") / "tiny"
    train(store, folder, CONFIG, NETWORK)
    return folder


@pytest.fixture
def copy(trained: Path, tmp_path: Path) -> Path:
    """Copy a finished model that a test may damage, without the training state."""
    for path in trained.iterdir():
        if path.is_file():
            (tmp_path / path.name).write_bytes(path.read_bytes())
    return tmp_path


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_checkpoint(folder).model.state_dict()


def stop_after(epochs: int) -> Callable[[int, Epoch], None]:
    """Make a progress function that interrupts the training after some epochs."""

    def show(number: int, _: Epoch) -> None:
        if number + 1 == epochs:
            raise KeyboardInterrupt

    return show


def test_training_leaves_a_whole_model(trained: Path, store: Store) -> None:
    checkpoint = load_checkpoint(trained)
    assert checkpoint.name == "tiny" and checkpoint.spec == SPEC
    assert not checkpoint.model.training
    assert checkpoint.training["epochs_run"] == 3
    assert checkpoint.metrics["validation_loss"] > -100
    assert checkpoint.macros and all(macro.low < macro.high for macro in checkpoint.macros)
    assert (trained / "learning.png").stat().st_size > 1000
    columns = store.columns("split", "index")
    kept = columns["index"][columns["split"] != "test"].tolist()
    assert checkpoint.library is not None
    assert checkpoint.library.index.tolist() == kept, "the library must not hold the test split"


def test_loaded_model_maps_presets_both_ways(trained: Path, store: Store) -> None:
    checkpoint = load_checkpoint(trained)
    unit = torch.from_numpy(store.columns("unit")["unit"].copy())
    with torch.no_grad():
        z = checkpoint.model.unit_to_z(unit)
        assert z.shape == (CLIPS, len(SPEC.continuous))
        assert (checkpoint.model.z_to_unit(z, like=unit) - unit).abs().max() <= 1e-4
    SPEC.to_native(checkpoint.start)


@pytest.mark.parametrize("epochs", [1, 2])
def test_interrupted_and_resumed_equals_uninterrupted(
    trained: Path, store: Store, tmp_path: Path, epochs: int
) -> None:
    folder = tmp_path / "tiny"
    with pytest.raises(KeyboardInterrupt):
        train(store, folder, CONFIG, NETWORK, stop_after(epochs))
    with pytest.raises(CheckpointError, match=r"config\.json"):
        load_checkpoint(folder)
    train(store, folder, CONFIG, NETWORK)
    resumed, straight = weights(folder), weights(trained)
    assert resumed.keys() == straight.keys()
    for name, value in straight.items():
        assert torch.equal(resumed[name], value), name


def test_other_settings_or_data_are_refused(trained: Path, store: Store) -> None:
    with pytest.raises(CheckpointError, match=r"other settings.*--out"):
        train(store, trained, replace(CONFIG, learning_rate=0.1), NETWORK)
    with pytest.raises(CheckpointError, match="other settings"):
        train(store, trained, CONFIG, NETWORK | {"hidden": 32})
    for change in ({"canary": "another"}, {"split": "train"}):
        other = Store(store.folder, {**store.manifest, **change})
        with pytest.raises(CheckpointError, match="other settings or data"):
            train(other, trained, CONFIG, NETWORK)


def test_incomplete_dataset_is_refused(store: Store, tmp_path: Path) -> None:
    longer = Store(store.folder, {**store.manifest, "count": 250})
    with pytest.raises(StoreError, match="lacks 3 of 3 parts"):
        train(longer, tmp_path / "model", CONFIG, NETWORK)


def test_a_folder_that_cannot_be_written_is_refused_before_an_epoch(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Run, "epoch", pytest.fail)
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="cannot make this folder"):
        train(store, tmp_path / "file" / "model", CONFIG, NETWORK)


@pytest.mark.parametrize(
    ("losses", "stalled", "best"),
    [([3.0, 2.0, 1.0], 0, 2), ([1.0, 2.0, 3.0], 2, 0), ([2.0, 1.0, 1.0, 1.5], 2, 1), ([], 0, -1)],
)
def test_stall_counts_epochs_since_the_best(
    trained: Path, tmp_path: Path, losses: list[float], stalled: int, best: int
) -> None:
    run = Run(tmp_path, load_checkpoint(trained).model, CONFIG, {})
    run.history = [{"loss": loss} for loss in losses]
    assert run.stalled() == stalled
    assert not losses or run.best() == best


def test_early_stopping_honours_patience(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    losses = iter([5.0, 4.0, 4.5, 4.6, 1.0])
    row = dict.fromkeys(("reconstruction", "kl", "regression", "steps"), 0.0)
    monkeypatch.setattr(Run, "validate", lambda *_: row | {"loss": next(losses)})
    done: list[int] = []
    config = replace(CONFIG, epochs=9, patience=2)
    result = train(store, tmp_path, config, NETWORK, lambda n, _: done.append(n))
    assert done == [0, 1, 2, 3]
    assert result.training["best_epoch"] == 2  # counted from 1
    assert result.metrics["validation_loss"] == 4.0


def edit(folder: Path, **changes: object) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_round_trip_of_a_checkpoint(copy: Path, tmp_path: Path) -> None:
    first = load_checkpoint(copy)
    save_checkpoint(first, tmp_path / "again")
    second = load_checkpoint(tmp_path / "again")
    assert second.macros == first.macros and second.features == first.features
    assert all(
        torch.equal(v, second.model.state_dict()[k]) for k, v in first.model.state_dict().items()
    )


def test_missing_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"'absent': no such model.*folder"):
        load_checkpoint("absent")
    with pytest.raises(CheckpointError, match=r"config\.json.*not finished"):
        load_checkpoint(tmp_path)


def test_incomplete_weights_are_named(copy: Path) -> None:
    path = copy / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(CheckpointError, match=r"model\.safetensors is incomplete"):
        load_checkpoint(copy)
    path.unlink()
    with pytest.raises(CheckpointError, match=r"model\.safetensors is missing"):
        load_checkpoint(copy)


def test_weights_of_another_network_are_named(copy: Path) -> None:
    config = json.loads((copy / "config.json").read_text())
    edit(copy, network=config["network"] | {"hidden": 24})
    with pytest.raises(CheckpointError, match=r"model\.safetensors does not fit config\.json"):
        load_checkpoint(copy)


def test_damaged_library_is_named(copy: Path) -> None:
    path = copy / "library.safetensors"
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(CheckpointError, match=r"library\.safetensors is damaged.*again"):
        load_checkpoint(copy)


def test_other_format_is_refused(copy: Path) -> None:
    edit(copy, format=99)
    with pytest.raises(CheckpointError, match=r"format 99.*reads 1.*again"):
        load_checkpoint(copy)


@pytest.mark.parametrize("text", ['{"format": 1, ', "[]", "null", '{"format": 1}', "{}"])
def test_damaged_config_is_named(copy: Path, text: str) -> None:
    (copy / "config.json").write_text(text)
    with pytest.raises(CheckpointError, match=r"config\.json is damaged"):
        load_checkpoint(copy)


@pytest.mark.parametrize("key", ["spec", "network", "features", "macros", "start"])
def test_damaged_value_is_named(copy: Path, key: str) -> None:
    edit(copy, **{key: {"unknown": 1}})
    with pytest.raises(CheckpointError, match=r"config\.json is damaged.*again"):
        load_checkpoint(copy)


def test_changed_spec_is_refused(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    changed = replace(SPEC, sample_rate=44100)
    monkeypatch.setattr(models.checkpoint, "load_spec", lambda _: changed)
    with pytest.raises(CheckpointError, match=r"fake-4 version 1.*train it again"):
        load_checkpoint(copy)
    monkeypatch.setattr(models.checkpoint, "load_spec", lambda _: SPEC)
    assert isinstance(load_checkpoint(copy), Checkpoint)


@pytest.mark.parametrize(
    "name",
    ["history.json", "epoch-0000.safetensors", "optimiser-0000.safetensors"],
)
def test_damaged_training_state_is_named(store: Store, tmp_path: Path, name: str) -> None:
    with pytest.raises(KeyboardInterrupt):
        train(store, tmp_path, CONFIG, NETWORK, stop_after(1))
    path = tmp_path / "training" / name
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(CheckpointError, match=name):
        train(store, tmp_path, CONFIG, NETWORK)


def test_killed_while_saving_and_resumed_equals_uninterrupted(
    trained: Path, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "tiny"
    with pytest.raises(KeyboardInterrupt):
        train(store, folder, CONFIG, NETWORK, stop_after(1))

    def killed_before_history(path: Path, content: bytes) -> None:
        if path.name == "history.json":
            raise KeyboardInterrupt
        replace_file(path, content)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(models.training.state, "replace_file", killed_before_history)
        train(store, folder, CONFIG, NETWORK)
    train(store, folder, CONFIG, NETWORK)
    resumed = weights(folder)
    for name, value in weights(trained).items():
        assert torch.equal(resumed[name], value), name
