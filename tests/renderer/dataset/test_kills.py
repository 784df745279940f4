"""Nothing is lost: killed at random moments, on a full disk or a read-only one, then resumed."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from datasets.storage.layout import record_folder
from tests import ROOT
from tests.programs.real_plugins import amsynth
from tests.renderer.dataset.test_ray_cluster import parts

KILLS = int(os.environ.get("PATCHWRIGHT_KILLS", "6"))
SPEC = """
extends = "{base}"
plugin = ["{plugin}"]
[note]
hold_s = 0.3
length_s = 0.5
low = 40
high = 80
"""


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """amsynth-34 with short notes."""
    folder = tmp_path_factory.mktemp("spec")
    for name in ("amsynth-16", "amsynth-34"):
        path = ROOT / "datasets" / "synths" / f"{name}.toml"
        (folder / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    short = SPEC.format(base="amsynth-34", plugin=amsynth())
    (folder / "short.toml").write_text(short, encoding="utf-8")
    return folder / "short.toml"


def start(spec: Path, out: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "patchwright", "render", str(spec), "--count", "450"]
    command += ["--seed", "5", "--out", str(out), "--workers", "2"]
    return subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )


def wait_for_workers(process: subprocess.Popen[str]) -> None:
    """Until it has some, or has ended."""
    while process.poll() is None and not psutil.Process(process.pid).children():
        time.sleep(0.01)


def kill(process: subprocess.Popen[str], victim: str, moments: random.Random) -> bool:
    """Kill it or one of its workers; whether there was one to kill."""
    if process.poll() is not None:
        return False
    if victim == "parent":
        process.kill()
        return process.wait(20) == -signal.SIGKILL
    with suppress(psutil.NoSuchProcess, IndexError):  # it is ending
        moments.choice(psutil.Process(process.pid).children()).kill()
        return True
    return False


def finish(spec: Path, out: Path) -> str:
    """Run to the end; what it says on stderr."""
    process = start(spec, out)
    words = process.communicate(timeout=200)[1]
    return words if process.returncode else ""


@pytest.fixture(scope="module")
def whole(spec: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The dataset of a run that nothing disturbed."""
    out = tmp_path_factory.mktemp("whole")
    assert finish(spec, out) == ""
    assert len(parts(out)) == 6
    return parts(out)


def test_killed_at_random_moments_and_resumed_it_is_the_same_bytes(
    spec: Path, whole: dict[str, bytes], tmp_path: Path
) -> None:
    moments = random.Random(KILLS)
    killed = {"parent": 0, "worker": 0}
    while min(killed.values()) < KILLS / 2:
        victim = min(killed, key=lambda who: killed[who])
        process = start(spec, tmp_path)
        if victim == "worker":
            wait_for_workers(process)
        time.sleep(moments.uniform(0.2, 1.5))
        killed[victim] += kill(process, victim, moments)
        process.communicate(timeout=200)  # after a worker's death it goes on, or says what it lost
        if process.returncode == 0:
            (tmp_path / "part-00002.parquet").unlink()  # something left to do
    assert finish(spec, tmp_path) == ""
    assert parts(tmp_path) == whole
    assert {path.name for path in tmp_path.iterdir()} == set(whole) - {"dataset.json"}
    assert not list(record_folder(tmp_path).glob("*.tmp")) + list(
        record_folder(tmp_path).glob(".*")
    )


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 12 MB: less than the dataset needs."""
    mount = ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(tmp_path)]
    if os.name != "posix" or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root can mount a small disk")
    yield tmp_path
    subprocess.run(["umount", str(tmp_path)], check=True)


def remount(disk: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", str(disk)], check=True)


def test_a_full_disk_loses_nothing(spec: Path, whole: dict[str, bytes], small_disk: Path) -> None:
    words = finish(spec, small_disk / "set")
    assert "cannot be written" in words and "Free space" in words
    out = small_disk / "set"
    kept = [path.name for place in (out, record_folder(out)) for path in place.iterdir()]
    assert not [name for name in kept if name.endswith(".tmp")]
    assert 0 < len([name for name in kept if name.startswith("part")]) < 5
    remount(small_disk, "size=64m")
    assert finish(spec, small_disk / "set") == ""
    assert parts(small_disk / "set") == whole


def test_a_read_only_disk_is_told_and_loses_nothing(
    spec: Path, whole: dict[str, bytes], small_disk: Path
) -> None:
    remount(small_disk, "size=64m")
    assert finish(spec, small_disk / "set") == ""
    (small_disk / "set" / "part-00003.parquet").unlink()
    remount(small_disk, "ro")
    words = finish(spec, small_disk / "set")
    assert "cannot be written" in words and "Read-only file system" in words
    remount(small_disk, "rw")
    assert finish(spec, small_disk / "set") == ""
    assert parts(small_disk / "set") == whole
