"""HTTP against a real server: a sound in, a preset out, and what is turned away."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import httpx
import pytest

from datasets.errors import ServeError
from models.matching.options import MatchOptions, Watcher
from plugin_bridge.addresses import is_loopback
from renderer.plugins.patch_template import PatchTemplate
from server.http import middleware
from server.http.app import version
from server.lifecycle import Running, Serving, serve_service
from server.session.service import Service
from server.sockets import bind_tcp
from tests import ROOT
from tests.fakes.fake_model import FakeCheckpoint, FakeMatcher, FakeResult, match_of, write_sound
from tests.programs.live_server import OscClient, is_whole_state, knobs, live_server, parameters
from tests.programs.midi_ports import wait_for

matcher = FakeMatcher()


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with live_server(lambda: Service(FakeCheckpoint(), matcher)) as server:
        yield server
    assert matcher.closed


@pytest.fixture(scope="module")
def http(running: Running) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=running.http_url, timeout=20) as client:
        yield client


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return write_sound(tmp_path_factory.mktemp("sound") / "a.wav").read_bytes()


def error_of(answer: httpx.Response) -> tuple[int, str, str]:
    """Status, code and message of an error answer, which is one line and nothing else."""
    (body,) = answer.json().values()
    assert set(body) == {"code", "message"}
    assert "\n" not in body["message"]
    return answer.status_code, body["code"], body["message"]


def test_health_says_what_runs(http: httpx.Client) -> None:
    answer = http.get("/healthz").json()
    assert answer["status"] == "ok"
    assert answer["model"] == "fake-16"
    assert answer["version"] == version()
    assert answer["busy"] is False


def test_a_sound_becomes_a_preset_that_is_loaded_and_sent(
    http: httpx.Client, running: Running, sound: bytes
) -> None:
    with OscClient(running) as listener:
        listener.subscribe()
        form = {"budget": "quick", "seed": "5", "note": "60", "start_s": "0.1", "end_s": "0.4"}
        answer = http.post("/v1/match", files={"sound": ("voice.wav", sound)}, data=form)
        received = listener.listen_until(is_whole_state)
        listener.unsubscribe()
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert set(body) == {"id", "result", "preset", "preset_suffix"}
    assert body["result"]["candidates"][0]["unit"] == match_of(5).tolist()
    assert body["preset"]["preset_name"] == "fake"
    assert [args[0] for args in parameters(received).values()] == match_of(5).tolist()
    instrument = http.get("/v1/instrument").json()
    assert [p["unit"] for p in instrument["parameters"].values()] == match_of(5).tolist()
    assert {k["index"]: k["position"] for k in instrument["knobs"]} == {
        n: args[0] for n, args in knobs(received).items()
    }


def test_the_options_reach_the_matcher(
    http: httpx.Client, sound: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[MatchOptions] = []
    original = FakeMatcher.match

    def noted(
        self: FakeMatcher,
        sound: Path,
        options: MatchOptions,
        watch: Watcher | None,
        template: PatchTemplate | None,
    ) -> FakeResult:
        seen.append(options)
        return original(self, sound, options, watch, template)

    monkeypatch.setattr(FakeMatcher, "match", noted)
    http.post("/v1/match", files={"sound": sound}, data={"note": "61", "end_s": "0.5"})
    (options,) = seen
    assert (options.budget, options.seed, options.note) == ("quick", 0, 61)
    assert (options.start_s, options.end_s) == (None, 0.5)


@pytest.mark.parametrize(
    "name", ["../../etc/passwd.wav", "C:\\x\\voice.wav", "a b\0c.raw", "..", ""]
)
def test_a_name_from_the_network_is_no_path(http: httpx.Client, sound: bytes, name: str) -> None:
    before = len(matcher.sounds)
    http.post("/v1/match", files={"sound": (name, sound)})
    for path in matcher.sounds[before:]:
        assert path.parent.parent.parent == Path(tempfile.gettempdir())
        assert path.suffix == ".audio"


def test_uploads_leave_nothing_behind(http: httpx.Client, sound: bytes) -> None:
    for content in (sound, b"garbage"):
        before = len(matcher.sounds)
        http.post("/v1/match", files={"sound": ("voice.wav", content)})
        (path,) = matcher.sounds[before:]
        wait_for(partial(is_gone, path.parent), "the upload was removed")


def is_gone(path: Path) -> bool:
    return not path.exists()


def test_garbage_is_refused_by_its_own_name(http: httpx.Client) -> None:
    answer = http.post("/v1/match", files={"sound": ("voice.wav", b"not a sound")})
    status, code, message = error_of(answer)
    assert (status, code) == (422, "audio")
    assert message.startswith("voice.wav cannot be read")
    assert tempfile.gettempdir() not in message


@pytest.mark.parametrize(
    ("form", "word"),
    [
        ({}, "field 'sound'"),
        ({"files": {"file": b"x"}}, "field 'sound'"),
        ({"data": {"sound": "text"}}, "field 'sound'"),
        ({"json": {"sound": "text"}}, "field 'sound'"),
        ({"files": {"sound": b"x"}, "data": {"budget": "endless"}}, "budget"),
        ({"files": {"sound": b"x"}, "data": {"note": "200"}}, "note"),
        ({"files": {"sound": b"x"}, "data": {"start_s": "nan"}}, "start_s"),
        ({"files": {"sound": b"x"}, "data": {"seed": "-1"}}, "seed"),
        ({"files": {"sound": ("empty.wav", b"")}}, "empty.wav is empty"),
    ],
)
def test_a_wrong_form_is_one_clear_line(
    http: httpx.Client, form: dict[str, object], word: str
) -> None:
    status, _, message = error_of(http.post("/v1/match", **form))  # type: ignore[arg-type]
    assert status == 422
    assert word in message


def test_a_body_over_the_cap_is_never_read(http: httpx.Client) -> None:
    before = len(matcher.sounds)
    big = bytes(middleware.BODY_BYTES + 1)
    assert error_of(http.post("/v1/match", files={"sound": big}))[0] == 413
    assert len(matcher.sounds) == before


def test_a_declared_length_over_the_cap_is_answered_before_the_body(running: Running) -> None:
    address = httpx.URL(running.http_url)
    with socket.create_connection((address.host, address.port or 0), timeout=5) as wire:
        host = f"Host: {address.host}\r\n"
        wire.sendall(f"POST /v1/match HTTP/1.1\r\n{host}Content-Length: {10**12}\r\n\r\n".encode())
        assert b" 413 " in wire.recv(100)


def test_a_body_without_a_length_is_counted(
    http: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(middleware, "BODY_BYTES", 100_000)
    head = b'--x\r\nContent-Disposition: form-data; name="sound"; filename="a"\r\n\r\n'

    def stream() -> Iterator[bytes]:
        yield head
        for _ in range(200):
            yield bytes(1000)

    kind = {"content-type": "multipart/form-data; boundary=x"}
    assert error_of(http.post("/v1/match", content=stream(), headers=kind))[0] == 413


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8765", "127.0.0.1.evil.example"])
def test_a_foreign_host_name_is_refused(http: httpx.Client, host: str) -> None:
    assert http.get("/v1/instrument", headers={"host": host}).status_code == 400


@pytest.mark.parametrize("host", ["localhost:1", "127.0.0.1", "[::1]:8765"])
def test_this_machines_names_are_accepted(http: httpx.Client, host: str) -> None:
    assert http.get("/healthz", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:1"},
        {"sec-fetch-site": "cross-site"},
    ],
)
def test_other_sites_pages_are_refused(
    http: httpx.Client, sound: bytes, headers: dict[str, str]
) -> None:
    before = len(matcher.sounds)
    answer = http.post("/v1/match", files={"sound": sound}, headers=headers)
    assert error_of(answer)[:2] == (403, "origin")
    assert len(matcher.sounds) == before


def test_the_servers_own_page_is_let_in(http: httpx.Client, running: Running) -> None:
    assert http.get("/healthz", headers={"origin": running.http_url}).status_code == 200


def test_every_operation_argument_and_field_is_described(http: httpx.Client) -> None:
    document = http.get("/openapi.json").json()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"] and operation["description"], (method, path)
            for argument in operation.get("parameters", ()):
                assert argument["description"], (method, path, argument["name"])
            for status, response in operation["responses"].items():
                assert response["description"] != "Successful Response", (method, path, status)
    for name, schema in document["components"]["schemas"].items():
        for field, about in schema.get("properties", {}).items():
            assert about.get("description"), (name, field)


def test_unknown_paths_have_the_same_shape(http: httpx.Client) -> None:
    assert error_of(http.get("/v1/nothing"))[0] == 404
    assert error_of(http.get("/v1/match"))[0] == 405


def test_an_unforeseen_failure_reveals_nothing_of_the_inside(
    http: httpx.Client, sound: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a secret of the inside")

    monkeypatch.setattr(FakeMatcher, "match", broken)
    answer = http.post("/v1/match", files={"sound": sound})
    status, code, message = error_of(answer)
    assert (status, code, answer.headers["connection"]) == (500, "internal", "close")
    assert "secret" not in message
    assert http.get("/healthz").json()["busy"] is False


def test_a_token_is_asked_for() -> None:
    with live_server(token="s3cret") as running:
        for headers in ({}, {"authorization": "Bearer wrong"}, {"authorization": "s3cret"}):
            answer = httpx.get(f"{running.http_url}/healthz", headers=headers)
            assert error_of(answer)[:2] == (401, "token")
        right = {"authorization": "Bearer s3cret"}
        assert httpx.get(f"{running.http_url}/healthz", headers=right).status_code == 200


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "Bearer "])
def test_a_token_may_have_any_scheme_case_and_letters(scheme: str) -> None:
    with live_server(token="café-密") as running:
        url = f"{running.http_url}/healthz"
        right = {b"authorization": f"{scheme} café-密".encode()}
        assert httpx.get(url, headers=right).status_code == 200
        for wrong in (f"{scheme} cafe-密", "café-密", f"Basic {scheme} café-密", scheme):
            headers = {b"authorization": wrong.strip().encode()}
            assert httpx.get(url, headers=headers).status_code == 401


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/v1/instrument/knobs/1"),
        ("POST", "/v1/presets"),
        ("PUT", "/v1/instrument/preset"),
        ("POST", "/v1/instrument/locks"),
    ],
)
def test_a_large_json_body_is_refused_before_it_is_parsed(
    http: httpx.Client, method: str, path: str
) -> None:
    body = b'{"position": 0.5, "name": "x", "unknown": [' + b"[]," * (8 * 1024**2) + b"0]}"
    kind = {"content-type": "application/json"}
    status, _, message = error_of(http.request(method, path, content=body, headers=kind))
    assert status == 413 and message.startswith("the request is over 1 MiB")


def never() -> Service:
    raise AssertionError("the model was loaded first")


def test_a_taken_port_is_reported_before_anything_is_loaded() -> None:
    with bind_tcp("127.0.0.1", 0, "--host", "--http-port") as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ServeError, match=rf"TCP port {port} .*--http-port"):
            serve_service(never, Serving(http_port=port, osc_port=0))


@pytest.mark.parametrize("port", [-1, 70000])
def test_a_port_that_cannot_be_is_named(port: int) -> None:
    with pytest.raises(ServeError, match=rf"--http-port {port}"):
        serve_service(never, Serving(http_port=port, osc_port=0))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.2", "studio.local"])
def test_other_machines_need_a_token(host: str) -> None:
    assert not is_loopback(host)
    with pytest.raises(ServeError, match=r"--host .* --token"):
        Serving(host=host)
    with pytest.raises(ServeError, match=r"--osc-host .* --token"):
        Serving(osc_host=host, token="")


def test_a_host_that_is_not_here_is_named() -> None:
    with pytest.raises(ServeError, match="no-such-host"):
        serve_service(never, Serving("no-such-host.invalid", 0, token="x"))


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM to send")
def test_a_signal_stops_it_cleanly() -> None:
    code = (
        "from tests.programs.live_server import FREE_PORTS, fake_service\n"
        "from server.lifecycle import serve_service\n"
        "serve_service(fake_service, FREE_PORTS)\n"
        "print('stopped')"
    )
    command, pipe = [sys.executable, "-c", code], subprocess.PIPE
    signals = (signal.SIGINT, signal.SIGTERM)
    servers = [subprocess.Popen(command, cwd=ROOT, stdout=pipe, stderr=pipe) for _ in signals]
    for number, server in zip(signals, servers, strict=True):
        assert server.stdout is not None
        line = server.stdout.readline().decode()
        assert "http://127.0.0.1:" in line
        assert "osc.udp://127.0.0.1:" in line
        server.send_signal(number)
        out, err = server.communicate(timeout=20)
        assert (server.returncode, out, err) == (0, b"stopped\n", b"")
