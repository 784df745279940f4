"""The README is short, its links lead somewhere, and its examples run."""

import os
import re
import socket
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from models.checkpoint import load_checkpoint
from plugin_bridge.protocol import HTTP_PORT, OSC_PORT
from server.session.service import Service
from tests import ROOT
from tests.fakes.fake_model import FakeMatcher
from tests.programs.live_server import live_server

README = (ROOT / "README.md").read_text(encoding="utf-8")
SUBSCRIBER_PORT = "9001"  # of the OSC example


def example(word: str) -> str:
    """Return the one Python example that contains a word."""
    blocks = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    (found,) = [block for block in blocks if word in block]
    return str(found)


def run(code: str, folder: Path) -> str:
    """Run code in a new interpreter, in a folder, and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_is_short() -> None:
    assert len(README.splitlines()) <= 120


@pytest.mark.parametrize(
    "page",
    [
        "README.md",
        *sorted(p.relative_to(ROOT).as_posix() for p in (ROOT / "docs").rglob("*.md")),
    ],
)
def test_links_lead_to_files(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#\s]+)", text)
    local = [link for link in links if "://" not in link]
    missing = [link for link in local if not (ROOT / page).parent.joinpath(link).exists()]
    assert not missing


def test_the_python_example_runs_in_an_empty_folder(tmp_path: Path) -> None:
    shape, distance = run(example("import patchwright"), tmp_path).splitlines()
    assert shape == "(4, 32)"
    assert 0 < float(distance.removesuffix(" dB")) < 1.5
    names = {path.name for path in (tmp_path / "answer").iterdir()}
    other = {"parameters.vital", "parameters.wav"}
    assert names == {"match.json", "match.png", "match.wav", "preset.vital", *other}


def test_the_osc_example_turns_a_knob(tmp_path: Path) -> None:
    """Serve a real model: all its knobs arrive before the first parameter."""
    checkpoint = load_checkpoint("vital-32")
    service = partial(Service, checkpoint, FakeMatcher())
    with live_server(service) as server, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
        free.close()
        code = example("/patchwright/macro/1").replace(SUBSCRIBER_PORT, port)
        printed = run(code.replace(str(OSC_PORT), str(server.osc[1])), tmp_path)
    changes = dict(line.split() for line in printed.splitlines())
    assert set(changes) == set(checkpoint.spec.names)
    assert all(0 <= float(unit) <= 1 for unit in changes.values())


def test_the_ports_are_the_servers_defaults() -> None:
    assert f'("127.0.0.1", {OSC_PORT})' in README
    assert f"http://127.0.0.1:{HTTP_PORT}/" in README
