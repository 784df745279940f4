"""What ``patchwright bench osc`` measures with, in short, on a server of the tests."""

import os

import numpy as np

from models.instrument.instrument import Instrument
from server.benchmarks.osc_burst import burst
from server.benchmarks.osc_latency import Idle, KnobTraffic, echo_server, turn_ms
from server.session.service import Service
from tests.fakes.fake_model import FakeCheckpoint, FakeMacro, FakeMatcher
from tests.programs.live_server import live_server


def four_knobs() -> Service:
    macros = tuple(FakeMacro(f"knob {axis}", axis) for axis in range(4))
    return Service(FakeCheckpoint(macros=macros), FakeMatcher())


def test_every_position_is_answered_by_a_server_and_by_an_echo() -> None:
    with live_server() as running, echo_server() as echo:
        for server in (running.osc, echo):
            stream = KnobTraffic(server, Idle(), 0.5)
            stream.run()
            figures = stream.figures()
            assert figures["unanswered"] == 0
            assert figures["last_is_exact"]
            assert 0 < figures["p50_ms"] <= figures["p99_ms"] <= figures["most_ms"] < 5000


def test_a_position_that_was_overtaken_was_answered_when_the_newer_one_was() -> None:
    stream = KnobTraffic(("127.0.0.1", 9), Idle(), 0.02)
    stream.close()
    stream._sent = np.array([0.0, 0.005, 0.010, 0.015])
    stream._answered = np.array([0.001, np.nan, 0.013, np.nan])
    figures = stream.figures()
    assert (figures["p50_ms"], figures["most_ms"]) == (3.0, 8.0)
    assert (figures["by_themselves"], figures["unanswered"]) == (0.5, 1)


def test_a_burst_ends_at_the_newest_values() -> None:
    with live_server(four_knobs) as running:
        figures = burst(running.osc, os.getpid(), 0.2)
    assert figures["newest_wins"]
    assert figures["kernel_drops"] in (0, None)


def test_a_turn_is_measured() -> None:
    assert 0 < turn_ms(Instrument(FakeCheckpoint())) < 1000
