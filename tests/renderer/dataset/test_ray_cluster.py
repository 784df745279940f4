"""Ray and object stores: the same bytes as one worker in one folder, whatever is killed."""

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from datasets.errors import StoreError
from datasets.storage.layout import record_folder
from renderer.dataset.object_store import is_uri, render_to
from renderer.dataset.render import RenderSummary, render_dataset
from renderer.dataset.render_command import Order
from tests import ROOT
from tests.fakes.fake_synth import fake_synth
from tests.renderer.dataset.test_render import spec_file

QUIET: Any = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
COUNT, SEED = 350, 3  # four parts, the last one short


def parts(folder: Path) -> dict[str, bytes]:
    """Every part and the manifest, byte for byte."""
    files = [*folder.glob("part-*.parquet"), record_folder(folder) / "dataset.json"]
    return {file.name: file.read_bytes() for file in files}


def command(spec: Path, out: str, *more: str) -> list[str]:
    arguments = [str(spec), "--count", str(COUNT), "--seed", str(SEED), "--out", out]
    return [sys.executable, "-m", "patchwright", "render", *arguments, *more]


@pytest.fixture(scope="module")
def straight(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, bytes]]:
    """The spec's file, and the dataset as one worker makes it."""
    folder = tmp_path_factory.mktemp("straight")
    spec = spec_file(folder)
    subprocess.run(
        command(spec, str(folder / "out"), "--workers", "1"), check=True, cwd=ROOT, **QUIET
    )
    made = parts(folder / "out")
    assert len(made) == 5
    return spec, made


def kill_one(run: subprocess.Popen[bytes], marks: tuple[str, ...]) -> None:
    """Kill the first process below ``run`` whose command line holds all of ``marks``."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        assert run.poll() is None, "it ended before anything could be killed"
        for process in psutil.Process(run.pid).children(recursive=True):
            try:
                line = " ".join(process.cmdline())
            except psutil.Error:
                continue
            if all(mark in line for mark in marks):
                process.send_signal(signal.SIGKILL)
                return
        time.sleep(0.02)
    raise AssertionError(f"no process with {marks}")


@pytest.mark.parametrize("victim", [("patchwright render", "--shard 1/"), ("ray::render_share",)])
def test_ray_makes_the_same_bytes_when_something_is_killed(
    straight: tuple[Path, dict[str, bytes]], tmp_path: Path, victim: tuple[str, ...]
) -> None:
    spec, made = straight
    out = tmp_path / "out"
    with subprocess.Popen(command(spec, str(out), "--ray"), cwd=ROOT, **QUIET) as run:
        kill_one(run, victim)
        assert run.wait(240) == 0
    assert parts(out) == made
    record = sorted(path.name for path in record_folder(out).iterdir())
    assert record == ["_README.md", "audit.json", "dataset.json"]


def test_a_renderer_that_refuses_is_heard_through_ray(
    straight: tuple[Path, dict[str, bytes]], tmp_path: Path
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    done = subprocess.run(
        command(straight[0], str(blocked), "--ray"), cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "is a file: choose a folder for --out" in done.stderr


def test_an_object_store_is_continued_share_by_share(
    straight: tuple[Path, dict[str, bytes]], tmp_path: Path
) -> None:
    """Through ``pyarrow.fs``, as buckets are; the store here is a folder behind a URI."""
    spec, made = straight
    uri = (tmp_path / "bucket" / "set").as_uri()
    for shard in ("0/2", "1/2"):
        subprocess.run(command(spec, uri, "--shard", shard), check=True, cwd=ROOT, **QUIET)
    there = tmp_path / "bucket" / "set"
    assert parts(there) == made
    (there / "part-00002.parquet").unlink()
    again = subprocess.run(
        command(spec, uri), check=True, cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert "rendered   100 clips" in again.stdout and "resumed    250 clips" in again.stdout
    assert parts(there) == made
    assert {path.name for path in there.iterdir()} == set(made) - {"dataset.json"}
    record = sorted(path.name for path in record_folder(there).iterdir())
    assert record[:2] == ["_README.md", "audit-0-of-2.json"] and record[-1] == "dataset.json"


def test_another_dataset_in_the_store_is_refused(tmp_path: Path) -> None:
    def into(seed: int) -> RenderSummary:
        return render_to(
            (tmp_path / "set").as_uri(),
            (0, 1),
            lambda folder: render_dataset(fake_synth(), 3, seed, folder),
        )

    assert into(1).rendered == 3
    with pytest.raises(StoreError, match="seed 1, but this run has 2"):
        into(2)


def test_only_uris_are_uris() -> None:
    assert is_uri("s3://bucket/folder") and not is_uri("data/vital") and not is_uri("C:\\data")
    with pytest.raises(StoreError, match="nowhere://"):
        render_to("nowhere://x/y", (0, 1), lambda _: RenderSummary())


def test_a_task_is_asked_for_the_same_split() -> None:
    order = Order("vital-16", 300, "data", 1, "", "fork", "test")
    assert order.arguments[-4:] == ["--isolation", "fork", "--split", "test"]
