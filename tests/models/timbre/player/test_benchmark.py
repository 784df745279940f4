"""Test the benchmark of the player: both sides play, and the figures agree with each other."""

from __future__ import annotations

import pytest

from models.timbre.player import benchmark
from models.timbre.player.benchmark import bench_timbre


def test_the_figures_follow_from_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benchmark, "BLOCKS", 100)
    found = bench_timbre()
    ratio = found["x_real_time"] / found["table_x_real_time"]
    assert found["vs_table"] == pytest.approx(ratio, rel=0.05)
    assert 0 < found["block_p50_ms"] <= found["block_p99_ms"]
