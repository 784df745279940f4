"""The simulated Live does what AbletonOSC's documentation and issues say of the real one."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from plugin_bridge.ableton.abletonosc_client import AbletonOsc
from plugin_bridge.ableton.simulated_live import SimulatedDevice, SimulatedLive, SimulatedParameter
from plugin_bridge.osc_client import Message
from tests.fakes.live_set import live_set

VALUE, TEXT = "/live/device/get/parameter/value", "/live/device/get/parameter/value_string"
LISTEN, SET = "/live/device/start_listen/parameter/value", "/live/device/set/parameter/value"


@pytest.fixture
def cutoff() -> SimulatedParameter:
    return SimulatedParameter("Cutoff", 0.25)


@pytest.fixture
def live(cutoff: SimulatedParameter) -> Iterator[SimulatedLive]:
    """Yield a set that ticks only on request."""
    with live_set(SimulatedDevice("Synth", [cutoff])) as live:
        live.stop()
        yield live


@pytest.fixture
def client(live: SimulatedLive) -> Iterator[AbletonOsc]:
    with closing(AbletonOsc(live.at)) as client:
        yield client


def said(live: SimulatedLive, client: AbletonOsc) -> list[Message]:
    """What is said by one tick."""
    live.tick()
    return client.hear()


def test_nothing_happens_between_ticks(
    live: SimulatedLive, client: AbletonOsc, cutoff: SimulatedParameter
) -> None:
    for value in (0.1, 0.2, 0.75):
        client.send(SET, 1, 0, 1, value)
    time.sleep(0.02)
    assert (client.hear(), cutoff.value) == ([], 0.25)
    live.tick()
    assert (cutoff.value, cutoff.sets) == (0.75, 3)  # all of them, none left out


def test_a_listener_is_greeted_and_then_told_twice_for_each_change(
    live: SimulatedLive, client: AbletonOsc, cutoff: SimulatedParameter
) -> None:
    client.send(LISTEN, 1, 0, 1)
    assert said(live, client) == [(VALUE, [1, 0, 1, 0.25]), (TEXT, [1, 0, 1, "0.25"])]
    client.send(SET, 1, 0, 1, 0.5)
    client.send(SET, 1, 0, 1, 0.5)
    assert said(live, client) == [(VALUE, [1, 0, 1, 0.5]), (TEXT, [1, 0, 1, "0.50"])]
    live.turn(cutoff, 0.75)
    assert [path for path, _ in said(live, client)] == [VALUE, TEXT]


def test_an_index_has_to_be_an_int_to_be_listened_to(
    live: SimulatedLive, client: AbletonOsc
) -> None:
    client.send(LISTEN, 1, 0, 1.0)
    client.send("/live/test")
    ((path, (why,)),) = said(live, client)
    assert path == "/live/error" and "TypeError" in str(why)
    assert said(live, client) == [("/live/test", ["ok"])]  # what failed had ended the tick


def test_values_are_stored_as_they_come(
    live: SimulatedLive, client: AbletonOsc, cutoff: SimulatedParameter
) -> None:
    client.send(SET, 1, 0, 1, 7.0)
    live.tick()
    assert (cutoff.value, cutoff.strays) == (7.0, [7.0])


def test_a_bulk_write_begins_at_device_on(
    live: SimulatedLive, client: AbletonOsc, cutoff: SimulatedParameter
) -> None:
    client.send("/live/device/set/parameters/value", 1, 0, 0.0, 0.5)
    live.tick()
    assert [one.value for one in live.tracks["Lead"][0].parameters] == [0.0, 0.5]


def test_packets_over_the_limit_are_lost_both_ways(
    live: SimulatedLive, client: AbletonOsc, cutoff: SimulatedParameter
) -> None:
    cutoff.name = "long " * 2000
    client.send("/live/device/get/parameters/name", 1, 0)
    client.send("/live/device/set/parameters/value", 1, 0, *[0.5] * 2000)
    assert said(live, client) == []
    assert (live.lost, cutoff.value) == (2, 0.25)
