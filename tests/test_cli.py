"""The front door with bad input: one clear line, a non-zero exit, nothing half-written."""

from __future__ import annotations

import errno
import json
import shutil
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

import patchwright
from datasets.errors import SpecError
from models.checkpoint import SHIPPED
from server.sketches import sketch_paths

Run = Callable[..., str]
SKETCH = str(sketch_paths()["plucked_string"])


@pytest.fixture
def fails(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command that must fail; returns its one line on stderr."""

    def run(*arguments: str | Path) -> str:
        monkeypatch.setattr(sys, "argv", ["patchwright", *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            patchwright.main()
        assert stopped.value.code == 2
        lines = capsys.readouterr().err.strip().splitlines()
        assert len(lines) == 1, lines
        assert lines[0].startswith("error: ")
        return lines[0]

    return run


@pytest.fixture
def model_copy(tmp_path: Path) -> Path:
    """A model folder of our own to damage."""
    return Path(shutil.copytree(SHIPPED / "vital-32", tmp_path / "model"))


def sound(path: Path, samples: np.ndarray, rate: int = 44100) -> Path:
    soundfile.write(path, samples, rate, subtype="FLOAT")
    return path


@pytest.mark.parametrize(
    ("samples", "word"),
    [
        (np.zeros(0), "no audio"),
        (np.zeros(44100), "silent"),
        (np.full(44100, np.nan), "NaN"),
        (np.ones(1), "at least 50 ms"),
    ],
)
def test_unusable_audio(fails: Run, tmp_path: Path, samples: np.ndarray, word: str) -> None:
    path = sound(tmp_path / "bad.wav", samples.astype(np.float32))
    message = fails("match", path, "--out", tmp_path / "out")
    assert "bad.wav" in message
    assert word.lower() in message.lower()
    assert not (tmp_path / "out").exists()


def test_not_audio_at_all(fails: Run, tmp_path: Path) -> None:
    (tmp_path / "notes.wav").write_text("remember the milk")
    assert "notes.wav" in fails("match", tmp_path / "notes.wav", "--out", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_sound_that_does_not_exist(fails: Run, tmp_path: Path) -> None:
    assert "nowhere.wav" in fails("match", tmp_path / "nowhere.wav", "--out", tmp_path / "out")


@pytest.mark.parametrize(
    "command",
    [
        "match",
        "train",
        "estimator",
        "evaluate",
        "compare",
        "figures",
        "curve",
        "name-knobs",
    ],
)
def test_a_seed_that_is_too_large_is_refused_before_any_work(command: str) -> None:
    """PyTorch and JSON readers take 63 bits."""
    asked = [command, "a", "--seed", str(2**63)]
    ended = CliRunner().invoke(patchwright.app, asked)
    assert isinstance(ended.exception, SpecError)
    assert str(ended.exception).startswith("--seed 9223372036854775808: must be at most")


def test_unknown_budget_lists_the_budgets(fails: Run, tmp_path: Path) -> None:
    message = fails("match", SKETCH, "--budget", "huge", "--out", tmp_path / "out")
    assert "huge" in message
    assert "instant" in message


def test_methods_that_do_not_fit_are_refused_before_any_work(fails: Run, tmp_path: Path) -> None:
    out = ("--out", tmp_path / "out")
    assert "'magic'" in fails("match", SKETCH, "--method", "magic", *out)
    assert "quick or more" in fails(
        "match", SKETCH, "--method", "resynthesis", "--budget", "instant", *out
    )
    assert "--exports: it needs" in fails("match", SKETCH, "--exports", "--budget", "instant", *out)
    second = sound(tmp_path / "noise.wav", np.random.default_rng(0).normal(0, 0.1, 44100))
    assert "no clear pitch" in fails("match", SKETCH, "--second", second, *out)
    assert not (tmp_path / "out").exists()


def test_locks_need_a_preset_that_holds_them(fails: Run, tmp_path: Path) -> None:
    out = ("--out", tmp_path / "out")
    assert "--from" in fails("match", SKETCH, "--lock", "osc_1_level", *out)
    assert "osc_1_lvl" in fails("match", SKETCH, "--lock", "osc_1_lvl", *out)
    assert "nowhere.vital" in fails("match", SKETCH, "--from", tmp_path / "nowhere.vital", *out)
    assert not (tmp_path / "out").exists()


def test_unknown_model_lists_what_ships(fails: Run, tmp_path: Path) -> None:
    message = fails("match", SKETCH, "--model", "vital-33", "--out", tmp_path / "out")
    assert "vital-33" in message
    assert "vital-32" in message


def test_folder_that_is_no_model(fails: Run, tmp_path: Path) -> None:
    assert "config.json" in fails("match", SKETCH, "--model", tmp_path, "--out", tmp_path / "out")


def test_half_written_weights(fails: Run, model_copy: Path, tmp_path: Path) -> None:
    weights = (model_copy / "model.safetensors").read_bytes()
    (model_copy / "model.safetensors").write_bytes(weights[: len(weights) // 2])
    message = fails("match", SKETCH, "--model", model_copy, "--out", tmp_path / "out")
    assert "model.safetensors" in message
    assert not (tmp_path / "out").exists()


def test_model_of_another_format(fails: Run, model_copy: Path, tmp_path: Path) -> None:
    config = json.loads((model_copy / "config.json").read_text())
    (model_copy / "config.json").write_text(json.dumps(config | {"format": 99}))
    message = fails("match", SKETCH, "--model", model_copy, "--out", tmp_path / "out")
    assert "99" in message


def test_model_of_a_synth_that_has_changed(fails: Run, model_copy: Path, tmp_path: Path) -> None:
    config = json.loads((model_copy / "config.json").read_text())
    config["spec"]["template"]["controls"]["filter_1_keytrack"] = 0
    (model_copy / "config.json").write_text(json.dumps(config))
    message = fails("match", SKETCH, "--model", model_copy, "--out", tmp_path / "out")
    assert "vital-32" in message


def test_unknown_spec_lists_the_specs(fails: Run, tmp_path: Path) -> None:
    message = fails("render", "vital-23", "--count", "2", "--out", tmp_path / "data")
    assert "vital-23" in message
    assert "vital-16" in message
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("shard", ["2/2", "x", "-1/2"])
def test_shard_that_is_none(fails: Run, tmp_path: Path, shard: str) -> None:
    arguments = ("--count", "2", "--out", tmp_path / "data", f"--shard={shard}")
    assert shard in fails("render", "vital-16", *arguments)


def test_split_that_is_none(fails: Run, tmp_path: Path) -> None:
    arguments = ("--count", "2", "--out", tmp_path / "data", "--split", "tests")
    assert "'tests': must be one of train, validation, test" in fails(
        "render", "vital-16", *arguments
    )


def test_dataset_folder_that_is_a_file(fails: Run, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("mine")
    message = fails("render", "vital-16", "--count", "1", "--out", tmp_path / "data")
    assert "--out" in message
    assert (tmp_path / "data").read_text() == "mine"


def test_training_without_a_dataset(fails: Run, tmp_path: Path) -> None:
    assert "patchwright render" in fails("train", tmp_path / "none", "--out", tmp_path / "model")


def test_full_disk_leaves_no_file_of_a_match(
    fails: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = []

    def full_after_two(descriptor: int) -> None:
        written.append(descriptor)
        if len(written) > 2:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full_after_two)
    message = fails("match", SKETCH, "--budget", "instant", "--out", tmp_path / "out")
    assert "No space left" in message
    assert list((tmp_path / "out").iterdir()) == []


def test_port_in_use_names_the_option(fails: Run) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        message = fails("serve", "--http-port", str(taken.getsockname()[1]), "--osc-port", "0")
    assert "--http-port" in message


def test_serving_the_network_needs_a_token(fails: Run) -> None:
    assert "--token" in fails("serve", "--host", "0.0.0.0")


def test_serve_is_configured_by_the_environment_too(
    fails: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATCHWRIGHT_HTTP_PORT", "70000")
    assert "--http-port 70000: must be 0 to 65535" in fails("serve")
