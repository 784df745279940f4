"""OSC beyond knobs: neighbours, morphs, random steps, the collection, numbers, and a slow pace."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from models.checkpoint import load_checkpoint
from server.lifecycle import Running
from server.session.service import Service
from tests.fakes.fake_model import FakeMatcher
from tests.programs.live_server import (
    OscClient,
    errors,
    knobs,
    live_server,
    parameters,
    whole_state,
)

CHECKPOINT = load_checkpoint("vital-32")
NAMES = CHECKPOINT.spec.names
Units = dict[str, float]


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with live_server(lambda: Service(CHECKPOINT, FakeMatcher())) as server:
        yield server


def controller(running: Running) -> OscClient:
    return OscClient(running, whole_state(CHECKPOINT))


@pytest.fixture
def client(running: Running) -> Iterator[OscClient]:
    with controller(running) as client:
        client.subscribe()
        yield client
        client.unsubscribe()


def units(client: OscClient) -> Units:
    """The present preset."""
    client.hear()
    return {name: said[0] for name, said in parameters(client.state).items()}


def result(client: OscClient, number: int) -> dict[str, Any]:
    """What a request ended in."""
    said, text = client.hear_until("/patchwright/result")[-1][1]
    assert said == number
    answer: dict[str, Any] = json.loads(text)
    return answer


def test_a_parameter_is_set_by_its_number(client: OscClient) -> None:
    client.send("/patchwright/param/3", 0.125)
    assert units(client)[NAMES[2]] == 0.125
    for number in (0, len(NAMES) + 1):
        client.send(f"/patchwright/param/{number}", 0.5)
        assert "there are 1 to" in errors(client.hear())[0][2]


def test_neighbours_are_asked_for_and_then_visited(client: OscClient) -> None:
    here = units(client)
    client.send("/patchwright/neighbours", 7, 5)
    distances = result(client, 7)["distances"]
    assert len(distances) == 5
    assert distances == sorted(distances)
    received = []
    for place in range(1, 6):
        client.send("/patchwright/neighbour", place)
        received.append(units(client))
    assert all(one != here for one in received)
    assert len({tuple(one.values()) for one in received}) == 5
    client.send("/patchwright/neighbour", 0)
    assert units(client) == here
    client.send("/patchwright/neighbour", 6)
    assert "there are 0 to 5" in errors(client.hear())[0][2]


def test_a_place_belongs_to_the_client_that_asked(running: Running, client: OscClient) -> None:
    """Another client's list must not change the meaning of a place in ours."""
    client.send("/patchwright/neighbours", 17, 3)
    result(client, 17)
    client.send("/patchwright/neighbour", 2)
    second = units(client)
    with controller(running) as other:
        other.subscribe()
        other.send("/patchwright/neighbours", 18, 5)
        result(other, 18)
        client.send("/patchwright/neighbour", 1)
        client.send("/patchwright/neighbour", 2)
        assert units(client) == second
        other.send("/patchwright/neighbour", 0)
        assert units(client) == second  # the other client asked from here
        other.unsubscribe()
    with controller(running) as third:  # a client without a list uses the newest one
        third.send("/patchwright/neighbour", 5)
        assert units(client) != second


def test_fresh_neighbours_lie_at_the_distance_asked_for(client: OscClient) -> None:
    client.send("/patchwright/neighbours", 8, 4, 1.5)
    distances = result(client, 8)["distances"]
    assert len(distances) == 4
    assert all(0 < distance < 2 for distance in distances)
    for arguments, words in (((9, 0), "1 to 64"), ((9, 4, 99.0), "99")):
        client.send("/patchwright/neighbours", *arguments)
        ((number, _, text),) = errors(client.hear_until("/patchwright/error"))
        assert number == 9
        assert words in text


def test_a_square_of_presets_is_moved_in(client: OscClient) -> None:
    client.send("/patchwright/morph", 0.5, 0.5)
    assert "0 corners hold" in errors(client.hear())[0][2]
    corners: list[Units] = []
    for corner, place in enumerate((0.1, 0.4, 0.6, 0.9), start=1):
        client.send("/patchwright/macro/1", place)
        client.send("/patchwright/param/set", NAMES[4], place)
        client.send("/patchwright/corner", corner)
        corners.append(units(client))
    for (x, y), corner_units in zip(((0, 0), (1, 0), (0, 1), (1, 1)), corners, strict=True):
        client.send("/patchwright/morph", x, y)
        assert units(client) == corner_units
    client.send("/patchwright/morph", 0.5, 0.5)
    middle = units(client)
    assert middle not in corners
    assert 0.1 < middle[NAMES[4]] < 0.9
    for path, arguments in (("corner", [5]), ("morph", [1.5, 0])):
        client.send(f"/patchwright/{path}", *arguments)
        assert errors(client.hear())[0][1] == "serve"


def test_a_random_step_is_one_gesture(client: OscClient) -> None:
    before = units(client)
    client.send("/patchwright/wander", 0.5)
    assert units(client) != before
    client.send("/patchwright/undo")
    assert units(client) == before


def test_presets_are_kept_found_and_loaded(client: OscClient) -> None:
    client.send("/patchwright/param/set", NAMES[0], 0.25)
    client.send("/patchwright/keep", "glass harp")
    before = units(client)
    client.send("/patchwright/param/set", NAMES[0], 0.75)
    client.hear()
    client.send("/patchwright/presets", 11, "harp")
    (kept,) = result(client, 11)["presets"]
    assert kept["name"] == "glass harp"
    client.send("/patchwright/load", kept["id"])
    assert units(client) == before
    client.send("/patchwright/load", "../../etc/passwd")
    assert errors(client.hear())[0][1] == "missing"


def test_a_paced_subscriber_gets_the_newest_values_only(running: Running) -> None:
    """100 turns at 10 updates a second: at most so many as fit in the time, and the last one."""
    with controller(running) as slow, controller(running) as hand:
        slow.send("/patchwright/subscribe", slow.port, 60.0, 10.0)
        slow.hear()
        hand.subscribe()
        started = time.monotonic()
        for turn in range(100):
            hand.send("/patchwright/macro/2", turn / 99)
            hand.hear()
        received = slow.listen_until(lambda received: knobs(received).get(2, [0])[0] == 1.0)
        reported = sum(path == "/patchwright/macro/2" for path, _ in received)
        assert 1 <= reported <= 10 * (time.monotonic() - started) + 2
        assert reported < 100
        slow.send("/patchwright/subscribe", slow.port, 60.0, -1.0)
        assert "pace_hz" in errors(slow.hear_until("/patchwright/error"))[0][2]
        slow.unsubscribe()
        hand.unsubscribe()
