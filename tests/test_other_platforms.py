"""Do the main job as on macOS and Windows: no fork, and child processes by ``spawn``.

The commands are the real ones, on the real synth. ``tests/programs/no_fork`` takes ``os.fork`` away
in every process that they start.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.demo import running_server, turn_a_knob
from server.sketches import sketch_paths
from tests import ROOT

NO_FORK = ROOT / "tests" / "programs" / "no_fork"


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Take fork away from child processes; each of them adds a line to this file."""
    path = tmp_path / "processes"
    old = os.environ.get("PYTHONPATH", "")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (str(NO_FORK), old))))
    monkeypatch.setenv("PATCHWRIGHT_TEST_LOG", str(path))
    yield path
    lines = path.read_text().splitlines()
    assert lines and all(line.startswith("False spawn ") for line in lines)


def patchwright(*arguments: str | Path) -> str:
    command = [sys.executable, str(ROOT / "patchwright.py"), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_main_job_needs_no_fork(log: Path, tmp_path: Path) -> None:
    data, model, answer = tmp_path / "data", tmp_path / "model", tmp_path / "answer"
    render = ("render", "vital-16", "--count", "12", "--seed", "3", "--out", data)
    patchwright(*render, "--isolation", "process")
    processes = len(log.read_text().splitlines())
    assert processes > 12  # a process for each render
    patchwright("train", data, "--out", model, "--epochs", "1", "--batch", "2")
    target = sketch_paths()["filtered_sweep"]
    asked = ("--budget", "instant", "--method", "parameters", "--json", "--out", answer)
    found = json.loads(patchwright("match", target, "--model", model, *asked))
    assert found["spec"] == "vital-16" and found["distance"] > 0
    assert (answer / "preset.vital").is_file()
    with running_server(str(model)) as server:
        turn_a_knob(server.osc)  # raises unless the start comes back bit for bit


def test_without_fork_the_default_is_a_process_for_each_render(log: Path, tmp_path: Path) -> None:
    patchwright("render", "vital-16", "--count", "2", "--out", tmp_path / "data")
    assert len(log.read_text().splitlines()) > 2
