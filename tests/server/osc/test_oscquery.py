"""OSCQuery against a real server: the tree, its attributes, and a WebSocket that listens."""

import json
import socket as stdlib_socket
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from pythonosc.osc_message_builder import OscMessageBuilder
from pythonosc.osc_packet import OscPacket
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin
from zeroconf import ServiceBrowser, ServiceStateChange, Zeroconf

from plugin_bridge import protocol
from server.lifecycle import Running
from server.osc.discovery import machine_names
from server.osc.namespace import EXTENSIONS, find
from server.session.service import Service
from tests.fakes.fake_model import FakeCheckpoint, FakeMatcher, write_sound
from tests.programs.live_server import (
    FREE_PORTS,
    OscClient,
    fake_service,
    knobs,
    live_server,
    parameters,
)
from tests.programs.midi_ports import wait_for

SPEC = FakeCheckpoint().spec
A, B = (f"/patchwright/param/{place + 1}" for place in SPEC.continuous[:2])
Node = dict[str, Any]


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with live_server() as server:
        yield server


@pytest.fixture(scope="module")
def http(running: Running) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=running.oscquery_url, timeout=20) as client:
        yield client


@pytest.fixture
def socket(running: Running) -> Iterator[ClientConnection]:
    with connect(running.oscquery_url.replace("http", "ws")) as socket:
        yield socket


def packet(path: str, *arguments: int | float | str) -> bytes:
    builder = OscMessageBuilder(path)
    for argument in arguments:
        builder.add_arg(argument)
    return builder.build().dgram


def received(socket: ClientConnection) -> tuple[str, list[Any]]:
    """The next OSC message."""
    data = socket.recv(10)
    assert isinstance(data, bytes)
    (timed,) = OscPacket(data).messages
    return timed.message.address, list(timed.message.params)


def leaves(node: Node) -> Iterator[Node]:
    if "TYPE" in node:
        yield node
    for child in node.get("CONTENTS", {}).values():
        yield from leaves(child)


def test_the_tree_holds_every_address_of_the_protocol(http: httpx.Client) -> None:
    root = http.get("/").json()
    assert (root["FULL_PATH"], root["ACCESS"]) == ("/", 0)
    found = {leaf["FULL_PATH"]: leaf for leaf in leaves(root)}
    plain = {a.path for a in protocol.INCOMING if not a.path.endswith("/N")}
    knobs = {protocol.MACRO.at(n) for n in (1, 2, 3)}
    numbers = {protocol.SET_NUMBER.at(n + 1) for n in range(len(SPEC))}
    assert set(found) == plain | knobs | numbers
    assert found["/patchwright/match"]["TYPE"] == "isss"
    assert all(leaf["DESCRIPTION"] for leaf in found.values())
    assert all(find(root, path) == leaf for path, leaf in found.items())


def test_a_parameter_is_described_with_its_value_and_its_steps(http: httpx.Client) -> None:
    for number, parameter in enumerate(SPEC.parameters, start=1):
        node = http.get(f"/patchwright/param/{number}").json()
        assert node["DESCRIPTION"].startswith(f"{parameter.name}: ")
        assert (node["TYPE"], node["ACCESS"]) == ("f", 3)
        ((value,), (among,)) = node["VALUE"], node["RANGE"]
        if parameter.steps:
            assert len(among["VALS"]) == parameter.steps
            assert min(abs(value - step) for step in among["VALS"]) < 1e-6
        else:
            assert among == {"MIN": 0, "MAX": 1}


def test_attributes_are_asked_for_one_by_one(running: Running, http: httpx.Client) -> None:
    answer = http.get("/patchwright/macro/1?VALUE")
    assert set(answer.json()) == {"VALUE"}
    info = http.get("/?HOST_INFO").json()
    assert info["OSC_PORT"] == running.osc[1]
    assert str(info["WS_PORT"]) == running.oscquery_url.rpartition(":")[2]
    assert info["EXTENSIONS"] == EXTENSIONS
    assert http.get("/patchwright/undo?VALUE").status_code == 204
    assert http.get("/patchwright/undo?COLOR").status_code == 400
    assert http.get("/patchwright/nonsense").status_code == 404
    assert http.get("/patchwright/macro/4").status_code == 404
    assert http.post("/").status_code == 405


def test_what_is_listened_to_is_sent_and_nothing_else(
    running: Running, socket: ClientConnection
) -> None:
    socket.send(json.dumps({"COMMAND": "LISTEN", "DATA": B}))
    assert received(socket)[0] == B
    with OscClient(running) as client:
        client.send(A, 0.5)
        client.send(B, 0.25)
        assert received(socket) == (B, [0.25])
        client.hear()
    socket.send(json.dumps({"COMMAND": "IGNORE", "DATA": B}))
    socket.send(json.dumps({"COMMAND": "LISTEN", "DATA": A}))
    assert received(socket) == (A, [0.5])
    socket.send(packet(B, 0.75))
    socket.send(packet(A, 0.125))
    assert received(socket) == (A, [0.125])


def test_knobs_are_turned_by_websocket(running: Running, socket: ClientConnection) -> None:
    with OscClient(running) as other:
        other.subscribe()
        socket.send(json.dumps({"COMMAND": "LISTEN", "DATA": "/patchwright/macro/1"}))
        received(socket)
        socket.send(packet("/patchwright/macro/1", 0.625))
        reported = other.listen_until(lambda all_: bool(parameters(all_)))
        assert knobs(reported)[1][0] == 0.625
        other.send("/patchwright/macro/1", 0.5)
        assert received(socket) == ("/patchwright/macro/1", [0.5])  # its own turn is not sent back
        other.unsubscribe()


def test_answers_come_back_on_the_connection(socket: ClientConnection) -> None:
    socket.send(packet("/patchwright/macro/99", 0.5))
    path, (_, code, text) = received(socket)
    assert (path, code) == ("/patchwright/error", "serve")
    assert "99" in text
    socket.send(packet("/patchwright/presets", 5))
    assert received(socket) == ("/patchwright/result", [5, '{"presets": []}'])
    socket.send(packet("/patchwright/refresh"))
    paths = [received(socket)[0] for _ in range(3 + len(SPEC))]
    assert paths.count("/patchwright/param") == len(SPEC)


OSSIA = {"COMMAND": "START_OSC_STREAMING", "DATA": {"LOCAL_SERVER_PORT": 1, "LOCAL_SENDER_PORT": 2}}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (json.dumps(OSSIA), "START_OSC_STREAMING"),
        ('{"COMMAND": "DIE", "DATA": "/"}', "DIE"),
        ('{"COMMAND": ["DIE"], "DATA": "/"}', "list"),
        ('{"COMMAND": "LISTEN"}', "LISTEN"),
        ("", "''"),
        ("no JSON", "no JSON"),
        (5000 * "[", "[[["),
    ],
)
def test_an_unknown_command_is_answered_and_the_connection_goes_on(
    socket: ClientConnection, text: str, words: str
) -> None:
    """libossia, of ossia score, opens every connection with a command of its own."""
    socket.send(text)
    path, (number, code, said) = received(socket)
    assert (path, number, code) == ("/patchwright/error", -1, "protocol")
    assert words in said and "LISTEN or IGNORE" in said
    socket.send(json.dumps({"COMMAND": "LISTEN", "DATA": A}))
    assert received(socket)[0] == A


def test_osc_streaming_is_not_claimed(http: httpx.Client) -> None:
    extensions = http.get("/?HOST_INFO").json()["EXTENSIONS"]
    assert extensions["LISTEN"] is True
    assert extensions["OSC_STREAMING"] is False


def test_a_flood_of_foreign_messages_does_not_stop_others(
    socket: ClientConnection, http: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    searches = list[str]()

    def search(path: str, *_: object, **__: object) -> list[str]:
        searches.append(path)
        return ["/nearest"]

    monkeypatch.setattr("plugin_bridge.protocol.difflib.get_close_matches", search)
    began = time.monotonic()
    for n in range(20_000):
        socket.send(packet(f"/renoise/trigger/{n % 500}/x", 1, 2))
        if n % 5000 == 0:
            assert http.get("/?HOST_INFO").status_code == 200
    socket.send(packet("/patchwright/presets", 77))
    answers = [received(socket)]
    while answers[-1][0] == "/patchwright/error":
        answers.append(received(socket))
    seconds = time.monotonic() - began
    assert answers[-1][1][0] == 77
    assert len(searches) <= seconds + 1
    assert len(answers) <= 20 * (seconds + 2)


@pytest.fixture(scope="module")
def open_server() -> Iterator[Running]:
    """A server that other machines reach, with a token."""
    ports = replace(FREE_PORTS, host="0.0.0.0", osc_host="0.0.0.0", token="s3cret")
    with live_server(token="s3cret", ports=ports) as server:
        yield server


@pytest.mark.parametrize("near", ["127.0.0.1", "127.0.1.1"])
def test_a_client_is_told_the_address_that_it_asked(open_server: Running, near: str) -> None:
    url = open_server.oscquery_url.replace("0.0.0.0", near)
    info = httpx.get(f"{url}/?HOST_INFO").json()
    assert (info["OSC_IP"], info["OSC_PORT"]) == (near, open_server.osc[1])


def test_a_page_that_points_its_name_here_is_refused(open_server: Running) -> None:
    """DNS rebinding: the page's own origin, and a connection from this machine."""
    port = open_server.oscquery_url.rpartition(":")[2]
    url = f"http://127.0.0.1:{port}"
    evil, token = f"evil.example:{port}", {"authorization": "Bearer s3cret"}
    page = {"host": evil, "origin": f"http://{evil}"}
    assert httpx.get(url).status_code == 200
    assert httpx.get(url, headers={"host": evil}).status_code == 400
    assert httpx.get(url, headers=page).status_code == 400
    own = {"origin": url}
    assert httpx.get(url, headers=own).status_code == 401
    assert httpx.get(url, headers=own | token).status_code == 200
    for headers, status in ((page, 400), (own, 401)):
        origin = Origin(headers["origin"])
        more = {"host": headers["host"]} if "host" in headers else {}
        with pytest.raises(InvalidStatus) as refused:
            connect_as(f"ws://127.0.0.1:{port}", origin, more)
        assert refused.value.response.status_code == status
    for name in ("localhost", "[::1]", "192.168.1.2", machine_names()[1]):
        assert httpx.get(url, headers={"host": f"{name}:{port}"}).status_code == 200


def connect_as(url: str, origin: Origin, headers: dict[str, str]) -> None:
    """Open a WebSocket as a page does; with another host name, through its URL."""
    host = headers.get("host", "")
    with stdlib_socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))) as wire:
        connect(f"ws://{host}" if host else url, origin=origin, sock=wire).close()


def test_a_path_that_is_not_is_never_listened_to(socket: ClientConnection) -> None:
    for n in range(1000):
        socket.send(json.dumps({"COMMAND": "LISTEN", "DATA": f"/x/{n}"}))
    socket.send(packet("/patchwright/macro/99", 0.5))
    assert received(socket)[0] == "/patchwright/error"


def test_pages_of_other_sites_are_refused(running: Running, http: httpx.Client) -> None:
    assert http.get("/", headers={"origin": "http://evil.example"}).status_code == 403
    assert http.get("/", headers={"host": "evil.example"}).status_code == 400
    for origin in ("http://evil.example", "null"):
        with pytest.raises(InvalidStatus) as refused:
            connect(running.oscquery_url.replace("http", "ws"), origin=Origin(origin))
        assert refused.value.response.status_code == 403


def test_it_is_announced_on_this_machine() -> None:
    found: dict[str, int] = {}

    def changed(
        zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange
    ) -> None:
        info = zeroconf.get_service_info(service_type, name)
        if state_change is ServiceStateChange.Added and info is not None and info.port:
            assert info.parsed_addresses() == ["127.0.0.1"]
            found[service_type] = info.port

    with live_server(fake_service, announce=True) as running:
        zeroconf = Zeroconf(interfaces=["127.0.0.1"])
        try:
            kinds = ["_oscjson._tcp.local.", "_osc._udp.local."]
            ServiceBrowser(zeroconf, kinds, handlers=[changed])
            deadline = time.monotonic() + 20
            while len(found) < 2 and time.monotonic() < deadline:
                time.sleep(0.05)
        finally:
            zeroconf.close()
        query_port = int(running.oscquery_url.rpartition(":")[2])
        assert found == {kinds[0]: query_port, kinds[1]: running.osc[1]}


def test_a_client_that_leaves_frees_the_place_of_its_match(tmp_path: Path) -> None:
    matcher, services = FakeMatcher(), list[Service]()
    matcher.may_answer.clear()
    sound = write_sound(tmp_path / "a.wav")

    def open_() -> Service:
        services.append(Service(FakeCheckpoint(), matcher))
        return services[0]

    with live_server(open_) as running:
        jobs = services[0].matching.jobs
        with connect(running.oscquery_url.replace("http", "ws")) as leaving:
            for number in (1, 2):
                leaving.send(packet("/patchwright/match", number, str(sound), "refine", "auto"))
            wait_for(lambda: len(list(jobs)) == 2 and bool(matcher.sounds), "the match runs")
            assert not any(job.cancelled for job in jobs)
        wait_for(lambda: all(job.cancelled for job in jobs), "the matches are cancelled")
        matcher.may_answer.set()
        wait_for(lambda: all(job.ended for job in jobs), "the matches end")
        assert len(matcher.sounds) == 1
