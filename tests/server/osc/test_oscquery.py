"""OSCQuery against a real server: the tree, its attributes, and a WebSocket that listens."""

import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from pythonosc.osc_message_builder import OscMessageBuilder
from pythonosc.osc_packet import OscPacket
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin
from zeroconf import ServiceBrowser, ServiceStateChange, Zeroconf

from plugin_bridge import protocol
from server.lifecycle import Running
from server.osc.namespace import EXTENSIONS, find
from tests.fakes.fake_model import FakeCheckpoint
from tests.programs.live_server import OscClient, fake_service, knobs, live_server, parameters

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


@pytest.mark.parametrize(
    "text", ["", "no JSON", "[]", '{"COMMAND": "LISTEN"}', '{"COMMAND": "DIE", "DATA": "/"}']
)
def test_what_is_no_command_ends_the_connection(socket: ClientConnection, text: str) -> None:
    socket.send(text)
    with pytest.raises(ConnectionClosed):
        socket.recv(10)


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
