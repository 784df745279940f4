"""Test library, surrogate and posterior: fits, files, and predictions for unseen sounds."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import safetensors
import torch

from datasets.errors import CheckpointError
from datasets.storage.store import Store, open_store
from models.checkpoint import Checkpoint, load_checkpoint
from models.data.feature_cache import load_clips
from models.estimator.fit import FitConfig, fit
from models.networks.torchscript import traced_inverse
from models.training.run import TrainConfig
from models.training.train import train
from models.training.train_estimator import EstimatorConfig, fit_estimator
from renderer.dataset.render import render_dataset
from tests.fakes.fake_synth import fake_synth
from tests.fakes.tiny_network import NETWORK

SPEC = fake_synth()
CLIPS = 500
CONFIG = EstimatorConfig(FitConfig(30, 32), FitConfig(8, 32, 1e-3), library=300)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    folder = tmp_path_factory.mktemp("data")
    render_dataset(SPEC, CLIPS, 1, folder)
    return open_store(folder)


@pytest.fixture(scope="module")
def folder(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Path:
    model = tmp_path_factory.mktemp("model")
    train(store, model, TrainConfig(epochs=1, batch=64, warm_up=1), NETWORK)
    fit_estimator(store, model, CONFIG)
    return model


@pytest.fixture(scope="module")
def model(folder: Path) -> Checkpoint:
    return load_checkpoint(folder)


def test_the_library_holds_so_many_presets_and_no_test_clip(
    model: Checkpoint, store: Store
) -> None:
    assert model.library is not None and len(model.library) == 300
    rows = store.columns("index", "split")
    split = dict(zip(rows["index"].tolist(), rows["split"], strict=True))
    assert "test" not in {split[index] for index in model.library.index.tolist()}


def test_the_surrogate_predicts_unseen_sounds(model: Checkpoint, store: Store) -> None:
    library, surrogate = model.library, model.surrogate
    assert library is not None and surrogate is not None
    clips = load_clips(store, model.features, ("test",))
    true = library.project(clips.mel.astype(np.float32))
    note = torch.from_numpy(clips.note.astype(np.float32))
    with torch.no_grad():
        features, level = surrogate(torch.from_numpy(clips.unit), note)
    missed = np.square(features.numpy() - true).sum()
    assert missed < 0.3 * np.square(true - true.mean(0)).sum()
    rows = store.columns("index", "rms_db")
    wanted = rows["rms_db"][np.searchsorted(rows["index"], clips.index)]
    assert np.corrcoef(level.numpy(), wanted)[0, 1] > 0.8


def test_posterior_samples_are_presets_and_repeat(model: Checkpoint) -> None:
    posterior, library = model.posterior, model.library
    assert posterior is not None and library is not None
    features, note = torch.from_numpy(library.features(np.array([3]))), torch.tensor([60.0])
    generators = [torch.Generator().manual_seed(seed) for seed in (1, 1, 2)]
    drawn = [posterior.sample(features, note, 9, generator) for generator in generators]
    assert torch.equal(drawn[0], drawn[1]) and not torch.equal(drawn[0], drawn[2])
    assert torch.equal(drawn[0][0, SPEC.continuous], drawn[2][0, SPEC.continuous])  # the centre
    units = drawn[0].numpy()
    assert units.shape == (9, len(SPEC)) and np.allclose(SPEC.snap(units), units, atol=1e-6)


def test_graphs_and_half_precision_change_next_to_nothing(model: Checkpoint, store: Store) -> None:
    posterior, surrogate = model.posterior, model.surrogate
    assert posterior is not None and surrogate is not None
    generator = torch.Generator().manual_seed(1)
    sizes = posterior.config
    context = torch.randn(5, sizes.context + sum(sizes.steps), generator=generator)
    noise = torch.randn(5, len(sizes.continuous), generator=generator)
    graph = traced_inverse(posterior.flow, context, noise)
    other = torch.randn(noise.shape, generator=generator)
    with torch.no_grad():
        assert torch.allclose(
            graph(context, other), posterior.flow(context).transform.inv(other), atol=1e-5
        )
        unit, note = torch.rand(64, len(store.spec), generator=generator), torch.full((64,), 60.0)
        exact = surrogate(unit, note)[0]
    off = (surrogate.tell(unit, note) - exact).square().sum()
    assert off < 1e-3 * (exact - exact.mean(0)).square().sum()


def test_posterior_depends_on_the_sound(model: Checkpoint, store: Store) -> None:
    """Check that the likelihood of the presets falls when their sounds are shuffled."""
    posterior, library = model.posterior, model.library
    assert posterior is not None and library is not None
    clips = load_clips(store, model.features, ("test",))
    features = torch.from_numpy(library.project(clips.mel.astype(np.float32)))
    note, unit = torch.from_numpy(clips.note.astype(np.float32)), torch.from_numpy(clips.unit)
    with torch.no_grad():
        own, others = (posterior.loss(mel, note, unit) for mel in (features, features.flip(0)))
    assert own < others - 0.1


def test_fitting_repeats(store: Store, folder: Path, tmp_path: Path) -> None:
    short = EstimatorConfig(FitConfig(3, 32), FitConfig(1, 32, 1e-3), library=300)
    for copy in ("first", "again"):
        shutil.copytree(folder, tmp_path / copy)
        fit_estimator(store, tmp_path / copy, short)
    for name in ("library", "surrogate", "posterior"):
        file = f"{name}.safetensors"
        assert (tmp_path / "again" / file).read_bytes() == (tmp_path / "first" / file).read_bytes()
    assert (tmp_path / "first" / "surrogate.safetensors").read_bytes() != (
        folder / "surrogate.safetensors"
    ).read_bytes()


def test_another_synths_dataset_is_refused(folder: Path, tmp_path: Path) -> None:
    render_dataset(fake_synth(channels=2), 20, 1, tmp_path / "other")
    with pytest.raises(CheckpointError, match=r"has spec fake-4.*use a dataset of that spec"):
        fit_estimator(open_store(tmp_path / "other"), folder, CONFIG)


@pytest.mark.parametrize("name", ["surrogate", "posterior"])
def test_damaged_networks_are_refused(folder: Path, tmp_path: Path, name: str) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(folder, broken)
    path = broken / f"{name}.safetensors"
    whole = path.read_bytes()
    for damaged in (b"", whole[:100], whole[: len(whole) // 2]):
        path.write_bytes(damaged)
        with pytest.raises(CheckpointError, match=rf"{name}\.safetensors is damaged.*estimator"):
            load_checkpoint(broken)


def test_networks_of_another_library_are_refused(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(folder, other)
    checkpoint = load_checkpoint(other)
    assert checkpoint.library is not None
    library = checkpoint.library
    smaller = replace(
        library, code=library.code[:, :9], scale=library.scale[:9], basis=library.basis[:9]
    )
    (other / "library.safetensors").write_bytes(smaller.to_bytes())
    with pytest.raises(CheckpointError, match="has 9 components"):
        load_checkpoint(other)


def test_figures_are_kept_beside_the_weights(folder: Path) -> None:
    with safetensors.safe_open(folder / "surrogate.safetensors", "pt") as file:
        metrics = json.loads(file.metadata()["patchwright"])["metrics"]
    assert 0 < metrics["unexplained"] < 1 and metrics["epochs"] == 30


def test_fit_keeps_the_best_epoch() -> None:
    """Use a loss that gets worse after every step: the weights of the first epoch stay."""
    network = torch.nn.Linear(1, 1)
    seen: list[float] = []

    def loss(x: torch.Tensor) -> torch.Tensor:
        if not network.training:
            seen.append(network.weight.item())
            return torch.tensor(float(len(seen)))
        return network(x).sum()  # type: ignore[no-any-return]

    fitted = fit(network, loss, [torch.ones(8, 1)], [torch.ones(2, 1)], FitConfig(4, 4))
    assert fitted.best == 0 and len(fitted.history) == 4
    assert network.weight.item() == seen[0] and not network.training
