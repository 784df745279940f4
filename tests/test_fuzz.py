"""Broken packets and sound files: refused, and the server lives on. ``tests.fuzz`` has more."""

import pytest

from tests.fuzz import attacked, fuzz_osc, fuzz_sounds


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
