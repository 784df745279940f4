"""Broken packets and sound files are refused, and the server lives on; see ``tests.long.fuzz``."""

import json
import subprocess
import sys

import pytest

from tests import ROOT
from tests.long.fuzz import attacked, fuzz_osc, fuzz_sounds


@pytest.mark.filterwarnings("ignore")
def test_broken_packets_are_survived() -> None:
    with attacked() as server:
        report = fuzz_osc(server, 1500)
    assert report["slowest_answer_s"] < 20
    assert max(server.rss) - server.rss[0] < 100 * 1024**2


def test_broken_sounds_are_refused_and_whole_ones_are_not() -> None:
    with attacked() as server:
        report = fuzz_sounds(server, 150)
        refused = report["sounds"].get("422", 0)
        assert 15 < refused < 150  # the rest are still sounds
    assert max(server.rss) - server.rss[0] < 300 * 1024**2


def test_no_request_is_an_error_of_the_server() -> None:
    command = [sys.executable, "-m", "tests.long.http_fuzz", "--examples", "8"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert ended.returncode == 0, ended.stdout[-3000:] + ended.stderr[-6000:]
    report = json.loads(ended.stdout.splitlines()[-1])
    assert report["operations"] >= 25
    assert report["asked"] >= 2 * report["operations"]
