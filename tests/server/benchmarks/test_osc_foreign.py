"""Knob latency beside another program's messages, in short."""

from functools import partial

from server.benchmarks.osc_foreign import beside_foreign
from server.benchmarks.osc_latency import knob_alone
from tests.programs.live_server import live_server


def test_a_knob_is_measured_alone_and_beside_foreign_messages() -> None:
    with live_server() as running:
        figures = beside_foreign(running.osc, partial(knob_alone, running.osc, 0.5), runs=1)
    (run,) = figures["runs"]
    assert run["foreign_hz"] > 0
    assert run["alone"]["unanswered"] == run["beside"]["unanswered"] == 0
    assert figures["p50_ratio"] == run["p50_ratio"] > 0
    assert figures["p99_ratio"] == run["p99_ratio"] > 0
