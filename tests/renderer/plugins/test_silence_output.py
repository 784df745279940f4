"""What plugins print while they load is kept from the user; what the program prints is not."""

import subprocess
import sys
from pathlib import Path

import pytest

from renderer.plugins.silence_output import SHOW_OUTPUT
from tests import ROOT
from tests.programs.real_plugins import amsynth

LOAD_AMSYNTH = """
import sys
from datasets.spec import load_spec
from renderer.engines.base import open_engine
print("before", end="", flush=False)
print("a warning", end="", file=sys.stderr)
open_engine(load_spec("amsynth-16"))
print(" and after")
"""
AROUND_ERROR = """
import os
from renderer.plugins.silence_output import silenced
try:
    with silenced():
        os.write(1, b"noise")
        os.write(2, b"noise")
        raise ValueError
except ValueError:
    print("printed again")
"""


def run(code: str, **environment: str) -> tuple[str, str]:
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "HOME": str(Path.home()), **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return done.stdout, done.stderr


def test_a_plugin_that_loads_here_says_nothing() -> None:
    amsynth()
    assert run(LOAD_AMSYNTH) == ("before and after\n", "a warning")


def test_whoever_asks_sees_what_plugins_print() -> None:
    amsynth()
    assert "amsynth" in "".join(run(LOAD_AMSYNTH, **{SHOW_OUTPUT: "1"}))


@pytest.mark.skipif(sys.platform == "win32", reason="writes to the process's streams")
def test_streams_come_back_after_an_error() -> None:
    assert run(AROUND_ERROR) == ("printed again\n", "")
