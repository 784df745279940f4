"""Test training of every kind of network: the paper's schedule, skipped steps, processes."""

import json
import math
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from datasets.errors import CheckpointError, StoreError
from datasets.storage.store import Store, open_store
from models.audio.features import FeatureSettings
from models.checkpoint import load_any, load_checkpoint
from models.data.batches import Batch, batches, resident
from models.data.feature_cache import load_clips
from models.evaluation.compare_models import compare
from models.networks.esling2019 import MODELS
from models.networks.registry import kind_of, new_network
from models.training.console import settings_of
from models.training.run import PAPER, Machine, Run, TrainConfig, learning_rate
from models.training.train import train
from renderer.dataset.render import render_dataset
from tests import ROOT
from tests.fakes.fake_synth import fake_synth

SPEC = fake_synth()
CONFIG = TrainConfig(epochs=2, batch=16, warm_up=1)
SIZES = {"channels": 4, "kernel": 3, "layers": 3, "hidden": 16, "transforms": 2, "flow_hidden": 8}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    folder = tmp_path_factory.mktemp("data")
    render_dataset(SPEC, 60, 1, folder)
    return open_store(folder)


@pytest.fixture(scope="module")
def trained(store: Store, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Train each kind that needs no tags, and return the folders."""
    folder = tmp_path_factory.mktemp("models")
    kinds = [kind for kind in MODELS if kind != "flow_dis"]
    for kind in kinds:
        train(store, folder / kind, CONFIG, SIZES, kind=kind)
    return {kind: folder / kind for kind in kinds}


@pytest.mark.parametrize("kind", [kind for kind in MODELS if kind != "flow_dis"])
def test_every_kind_trains_and_is_read_back(trained: dict[str, Path], kind: str) -> None:
    checkpoint = load_any(trained[kind])
    assert kind_of(checkpoint.model) == kind and not checkpoint.model.training
    assert math.isfinite(checkpoint.metrics["validation_loss"])
    assert checkpoint.training["epochs_run"] == 2
    with pytest.raises(CheckpointError, match=f"is a {kind}, for `patchwright compare` only"):
        load_checkpoint(trained[kind])


def test_disentangling_needs_tags(store: Store, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no tags for flow_dis: run patchwright tag"):
        train(store, tmp_path, CONFIG, SIZES, kind="flow_dis")


def test_trained_models_are_compared_on_the_same_targets(
    trained: dict[str, Path], store: Store, tmp_path: Path
) -> None:
    models = [str(trained["cnn"]), str(trained["flow_post"])]
    count = int((store.columns("split")["split"] == "test").sum())
    text = compare(models, store.folder, None, tmp_path, count, 0, 1)
    lines = text.splitlines()
    names = [line.split("|")[1].strip() for line in lines[2:]]
    assert names == ["mean", "random", "library", "floor", "CNN", "Flow_reg (post)"]
    floor = lines[5].split("|")
    assert float(floor[2]) == 0 and float(floor[5].split()[0]) < 0.05, "the target's own patch"
    assert {path.name for path in tmp_path.iterdir()} == {"models.json", "models.md", "models.png"}


def test_two_models_of_one_kind_and_seed_are_not_two_seeds(
    trained: dict[str, Path], store: Store, tmp_path: Path
) -> None:
    models = [str(trained["cnn"]), str(trained["cnn"])]
    with pytest.raises(CheckpointError, match="two models are cnn:0"):
        compare(models, store.folder, None, tmp_path, 2, 0, 1)


def test_models_of_other_features_are_not_compared(
    trained: dict[str, Path], store: Store, tmp_path: Path
) -> None:
    with pytest.raises(CheckpointError, match="not of one synth"):
        compare([str(trained["cnn"]), "vital-32"], store.folder, None, tmp_path, 2, 0, 1)


# -- schedules -----------------------------------------------------------------------------------


def test_the_papers_rate_halves_whenever_validation_stalls() -> None:
    config = replace(PAPER, halve_after=2)
    falling = [5.0, 4.0, 3.0]
    assert learning_rate(config, 3, falling) == config.learning_rate
    assert learning_rate(config, 5, [*falling, 3.5, 3.1]) == config.learning_rate / 2
    assert learning_rate(config, 6, [*falling, 3.5, 3.1, 3.2]) == config.learning_rate / 2
    assert learning_rate(config, 7, [*falling, 3.5, 3.1, 3.2, 3.3]) == config.learning_rate / 4
    assert learning_rate(config, 4, [*falling, math.nan]) == config.learning_rate


def test_the_cosine_falls_to_a_fiftieth() -> None:
    rates = [learning_rate(CONFIG, epoch, []) for epoch in range(3)]
    assert rates[0] == CONFIG.learning_rate and rates == sorted(rates, reverse=True)
    assert rates[-1] == pytest.approx(CONFIG.learning_rate / 50)


def test_settings_are_the_papers_or_ours_and_what_was_given() -> None:
    assert settings_of(True, 3, [None] * 5) == replace(PAPER, seed=3)
    assert settings_of(False, 0, [7, None, None, None, None]) == TrainConfig(epochs=7)


# -- steps ---------------------------------------------------------------------------------------


def some(store: Store) -> Batch:
    features = FeatureSettings(SPEC.sample_rate, duration_s=SPEC.note.length_s, reference_note=60)
    return resident(load_clips(store, features, ("train",)))


def test_a_step_without_a_finite_gradient_is_left_out_and_counted(
    store: Store, tmp_path: Path
) -> None:
    features = FeatureSettings(SPEC.sample_rate, duration_s=SPEC.note.length_s, reference_note=60)
    model = new_network("mlp", SPEC, features, 0, SIZES)
    run = Run(tmp_path, model, CONFIG, {})
    batch = next(batches(some(store), 16))
    before = [weight.detach().clone() for weight in model.parameters()]
    run.step(batch._replace(unit=torch.full_like(batch.unit, math.nan)), 0)
    assert run.skipped == 1
    assert all(torch.equal(a, b) for a, b in zip(before, model.parameters(), strict=True))
    run.step(batch, 0)
    assert run.skipped == 1
    assert not all(torch.equal(a, b) for a, b in zip(before, model.parameters(), strict=True))


def test_processes_share_the_batches_that_one_would_see(store: Store) -> None:
    everything = some(store)

    def rows(rank: int, world: int) -> list[list[float]]:
        order = torch.Generator().manual_seed(5)
        steps = batches(everything, 16, order, rank, world)
        return [batch.unit[:, 0].tolist() for batch in steps]

    alone, first, second = rows(0, 1), rows(0, 2), rows(1, 2)
    for whole, a, b in zip(alone, first, second, strict=True):
        assert sorted(whole) == sorted(a + b) and len(a) == len(b) == 8


def test_two_processes_train_one_model(store: Store, tmp_path: Path) -> None:
    """Use a rate that halves at once: ranks with separate decisions would get different models."""
    script = (
        "import json, os, sys, torch; from pathlib import Path\n"
        "from datasets.storage.store import open_store; import models.training.train as t\n"
        "class Run(t.Run):\n"
        "    def use_best(self):\n"
        "        rank = self._fabric.global_rank\n"
        "        total = sum(float(w.detach().double().sum()) for w in self.model.parameters())\n"
        "        record = [[row['loss'] for row in self.history], total]\n"
        "        Path(sys.argv[2], f'{rank}.json').write_text(json.dumps(record))\n"
        "        super().use_best()\n"
        "t.Run = Run\n"
        "config = t.TrainConfig(4, 15, 1e-2, 1, schedule='halve', halve_after=1)\n"
        "if __name__ == '__main__':\n"
        f"    t.train(open_store(sys.argv[1]), Path(sys.argv[2], 'model'), config, {SIZES!r},\n"
        "        kind='cnn', machine=t.Machine('cpu', 2))\n"
    )
    path = tmp_path / "two.py"
    path.write_text(script)
    done = subprocess.run(
        [sys.executable, str(path), str(store.folder), str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    first, second = (json.loads((tmp_path / f"{rank}.json").read_text()) for rank in (0, 1))
    assert first == second and len(first[0]) == 4
    assert load_any(tmp_path / "model").training["epochs_run"] == 4


def test_one_process_reports(store: Store, tmp_path: Path) -> None:
    sizes = [f"--set={name}={value}" for name, value in SIZES.items()]
    command = [sys.executable, "-m", "patchwright", "train", str(store.folder)]
    command += ["--out", str(tmp_path / "model"), "--kind", "mlp", "--epochs", "1"]
    command += ["--batch", "16", "--devices", "2", "--accelerator", "cpu", *sizes]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stderr.count("epoch 1/1") == 1


def test_the_same_validation_noise_in_every_epoch(store: Store, tmp_path: Path) -> None:
    features = FeatureSettings(SPEC.sample_rate, duration_s=SPEC.note.length_s, reference_note=60)
    run = Run(tmp_path, new_network("flow_cond", SPEC, features, 0, SIZES), CONFIG, {})
    clips = {split: load_clips(store, features, (split,)) for split in ("train", "validation")}
    run.place(clips)
    assert run.validate() == run.validate()


def test_a_loss_that_is_never_finite_is_reported(store: Store, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="not finite after 1 epochs: lower --learning-rate"):
        train(store, tmp_path, replace(CONFIG, learning_rate=1e30), SIZES, kind="ae")


def test_an_absent_device_is_named(store: Store, tmp_path: Path) -> None:
    if torch.cuda.is_available():
        pytest.skip("this machine has what the test is to miss")
    with pytest.raises(CheckpointError, match="cannot train on 1 x cuda"):
        train(store, tmp_path, CONFIG, SIZES, kind="mlp", machine=Machine("cuda"))


def test_a_precision_that_does_not_exist_is_named(store: Store, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="bf17"):
        train(store, tmp_path, CONFIG, SIZES, kind="mlp", machine=Machine("cpu", precision="bf17"))


def test_half_precision_steps_train(store: Store, tmp_path: Path) -> None:
    """Run in a new process, because the CPU instructions are fixed when a process starts."""
    sizes = [part for name, size in SIZES.items() for part in ("--set", f"{name}={size}")]
    command = [sys.executable, "-m", "patchwright", "train", str(store.folder), "--kind", "cnn"]
    command += ["--out", str(tmp_path), "--epochs", "2", "--batch", "16", "--warm-up", "1"]
    half = ["--accelerator", "cpu", "--precision", "bf16-mixed"]
    subprocess.run([*command, *half, *sizes], check=True, capture_output=True)
    model = load_any(tmp_path).model
    assert all(weight.dtype == torch.float32 for weight in model.parameters())
    history = json.loads((tmp_path / "training" / "history.json").read_text())["history"]
    assert history[-1]["train_loss"] < history[0]["train_loss"]
