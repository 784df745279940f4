"""Knobs over a WebSocket of the HTTP server: JSON both ways."""

import contextlib
import json
from collections.abc import Iterator
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from server.lifecycle import Running
from tests.fakes.fake_model import FakeCheckpoint
from tests.programs.live_server import OscClient, live_server, parameters

NAMES = FakeCheckpoint().spec.names
News = dict[str, Any]


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with live_server() as server:
        yield server


def address(running: Running) -> str:
    return running.http_url.replace("http", "ws") + "/v1/live"


def received_all(socket: ClientConnection) -> list[News]:
    """The whole state: a client that leaves it unread takes ten seconds to close."""
    return [json.loads(socket.recv(10)) for _ in range(3 + len(NAMES))]


@pytest.fixture
def socket(running: Running) -> Iterator[ClientConnection]:
    """Connect a client that has received the whole state."""
    with connect(address(running)) as socket:
        news = received_all(socket)
        assert [one["knobs"][0]["index"] for one in news[:3]] == [1, 2, 3]
        assert tuple(one["parameters"][0]["name"] for one in news[3:]) == NAMES
        yield socket


def received_until(socket: ClientConnection, kind: str) -> list[News]:
    """All news up to one of a kind."""
    news: list[News] = []
    while not news or kind not in news[-1]:
        news.append(json.loads(socket.recv(10)))
    return news


def test_a_parameter_set_is_sent_with_the_knobs(socket: ClientConnection) -> None:
    socket.send(json.dumps({"parameter": NAMES[2], "unit": 0.125}))
    news = received_until(socket, "parameters")
    assert {"index", "name", "position", "idle"} == set(news[0]["knobs"][0])
    assert news[-1]["parameters"][0]["unit"] == 0.125
    assert news[-1]["parameters"][0]["text"]


def test_a_knob_is_sent_to_others_and_not_to_its_own_client(
    running: Running, socket: ClientConnection
) -> None:
    with OscClient(running) as client, connect(address(running)) as other:
        client.subscribe()
        socket.send(json.dumps({"knob": 2, "position": 0.875}))
        reported = parameters(client.listen_until(lambda received: bool(parameters(received))))
        client.send("/patchwright/param/1", 0.5)  # a mark that ends what is waited for
        own, others = (received_at(one, NAMES[0], 0.5) for one in (socket, other))
        client.unsubscribe()
    changed = {news["parameters"][0]["name"] for news in own if "parameters" in news}
    assert set(reported) <= changed
    first = [news for news in others if news.get("knobs", [{}])[0].get("position") == 0.875]
    assert first
    assert not [news for news in own if news.get("knobs", [{}])[0].get("position") == 0.875]


def received_at(socket: ClientConnection, name: str, unit: float) -> list[News]:
    """All news up to a parameter at a value."""
    news: list[News] = []
    while not news or (name, unit) not in parameters_received(news[-1:]):
        news.append(json.loads(socket.recv(10)))
    return news


def parameters_received(news: list[News]) -> list[tuple[str, float]]:
    """Return the name and the unit value of each parameter in the updates."""
    return [
        (parameter["name"], parameter["unit"])
        for one in news
        for parameter in one.get("parameters", [])
    ]


def test_steps_go_back_and_on(socket: ClientConnection) -> None:
    for unit in (0.75, 0.25):
        socket.send(json.dumps({"parameter": NAMES[2], "unit": unit}))
        received_at(socket, NAMES[2], unit)
        socket.send(json.dumps({"parameter": NAMES[0], "unit": unit}))  # which ends the gesture
        received_at(socket, NAMES[0], unit)
    socket.send(json.dumps({"step": "undo"}))
    assert NAMES[2] not in dict(parameters_received(received_at(socket, NAMES[0], 0.75)))
    socket.send(json.dumps({"step": "undo"}))
    assert NAMES[0] not in dict(parameters_received(received_at(socket, NAMES[2], 0.75)))
    socket.send(json.dumps({"step": "redo"}))
    received_at(socket, NAMES[2], 0.25)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("no JSON", "serve"),
        ("[]", "serve"),
        ('{"knob": 1}', "serve"),
        ('{"knob": 1, "position": 2}', "serve"),
        ('{"knob": 1, "position": NaN}', "serve"),
        ('{"knob": 99, "position": 0.5}', "serve"),
        ('{"step": "nonsense"}', "serve"),
        ('{"parameter": "nonsense", "unit": 0.5}', "spec"),
        ('{"knob": 1, "position": 0.5, "more": 1}', "serve"),
        ('{"x": 0.5, "y": 0.5}', "serve"),
        ("[" * 50_000, "serve"),
    ],
)
def test_what_is_wrong_is_answered(socket: ClientConnection, said: str, code: str) -> None:
    socket.send(said)
    assert received_until(socket, "error")[-1]["error"]["code"] == code


def test_binary_frames_end_the_connection(socket: ClientConnection) -> None:
    socket.send(b"\0\0")
    with pytest.raises(ConnectionClosed):
        while True:
            socket.recv(10)


def test_strangers_are_turned_away(running: Running) -> None:
    for origin in ("http://evil.example", "null"):
        with pytest.raises(InvalidStatus) as refused:
            connect(address(running), origin=Origin(origin))
        assert refused.value.response.status_code == 403
    with live_server(token="s3cret") as closed:
        with pytest.raises(InvalidStatus) as refused:
            connect(address(closed))
        assert refused.value.response.status_code == 401
        right = {"Authorization": "Bearer s3cret"}
        with connect(address(closed), additional_headers=right) as socket:
            assert "knobs" in received_all(socket)[0]


def test_a_crowd_is_turned_away_and_its_places_are_free_again(running: Running) -> None:
    with contextlib.ExitStack() as crowd:
        for _ in range(32):
            received_all(crowd.enter_context(connect(address(running))))
        with pytest.raises(InvalidStatus) as refused, connect(address(running)):
            pass
        assert refused.value.response.status_code == 503
    with connect(address(running)) as socket:
        assert "knobs" in received_all(socket)[0]
