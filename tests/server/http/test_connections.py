"""Clients that open, send or read too little do not keep others out, and are dropped."""

import base64
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from server.http.connections import CONNECTIONS
from server.http.websocket import MOST_WRONG
from server.lifecycle import Running
from tests import ROOT
from tests.programs.live_server import live_server

SERVER = """
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))
from tests.programs.live_server import FREE_PORTS, fake_service
from server.lifecycle import serve_service
serve_service(fake_service, FREE_PORTS)
"""


def address_of(url: str) -> tuple[str, int]:
    found = httpx.URL(url)
    return found.host, found.port or 80


@contextmanager
def half_request(url: str, body: bytes = b"") -> Iterator[socket.socket]:
    """A connection that has sent the first half of a request."""
    with socket.create_connection(address_of(url), timeout=20) as wire:
        wire.sendall(b"POST /v1/match HTTP/1.1\r\nHost: 127.0.0.1\r\n" + body)
        yield wire


def is_closed(wire: socket.socket) -> bool:
    """Whether the server closes the connection, with or without an answer."""
    with contextlib.suppress(ConnectionError):
        while wire.recv(65536):
            pass
    return True


@pytest.mark.skipif(sys.platform == "win32", reason="no limit of open files to set")
@pytest.mark.parametrize("body", [b"", b"Content-Length: 1000\r\n\r\nhalf a body"])
def test_half_requests_do_not_keep_others_out(body: bytes) -> None:
    command = [sys.executable, "-c", SERVER]
    with (
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server,
        ExitStack() as attack,
    ):
        try:
            assert server.stdout is not None
            url = server.stdout.readline().split()[1]
            for _ in range(300):
                attack.enter_context(half_request(url, body))
            for _ in range(3):
                assert httpx.get(f"{url}/healthz", timeout=10).status_code == 200
            open_files = len(os.listdir(f"/proc/{server.pid}/fd"))
            assert CONNECTIONS / 2 < open_files < 200
        finally:
            server.send_signal(signal.SIGTERM)


def test_a_header_has_limited_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.http.connections.HEADER_S", 0.2)
    with live_server() as running, half_request(running.http_url) as wire:
        assert is_closed(wire)
        with httpx.Client(base_url=running.http_url) as http:  # a connection that is kept open
            assert http.get("/healthz").status_code == http.get("/healthz").status_code == 200


def test_a_body_that_stops_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.http.middleware.BODY_PAUSE_S", 0.2)
    body = b"Content-Length: 1000\r\nContent-Type: multipart/form-data; boundary=x\r\n\r\n--x"
    with live_server() as running, half_request(running.http_url, body) as wire:
        assert wire.recv(100).startswith(b"HTTP/1.1 408 ")


def live(running: Running) -> str:
    return running.http_url.replace("http", "ws") + "/v1/live"


def frame(content: bytes, kind: int = 0x81) -> bytes:
    """A short frame of a client, with the mask 0; 0x81 is text, 0x82 binary."""
    return bytes([kind, 0x80 | len(content), 0, 0, 0, 0]) + content


KNOB = frame(json.dumps({"knob": 1, "position": 0.5}).encode())
NO_KNOB = frame(b"/patchwright/macro/9\0\0\0\0,f\0\0\0\0\0\0", 0x82)


@pytest.mark.parametrize(
    ("path", "messages"),
    [("/v1/live", (frame(b"wrong") * 50 + KNOB) * 10), ("/", NO_KNOB * 500)],
)
def test_a_client_that_never_reads_is_dropped(
    path: str, messages: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.http.connections.UNREAD_S", 0.5)
    with live_server() as running, socket.socket() as wire:
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        wire.settimeout(20)
        url = running.oscquery_url if path == "/" else running.http_url
        wire.connect(address_of(url))
        key = base64.b64encode(bytes(16)).decode()
        wire.sendall(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {key}\r\n\r\n".encode()
        )
        with pytest.raises(ConnectionError):
            for _ in range(2000):  # a million messages
                wire.sendall(messages)
        with connect(live(running)) as other:
            assert json.loads(other.recv(10))["knobs"][0]["index"] == 1


def test_a_client_with_only_wrong_messages_is_dropped() -> None:
    with live_server() as running, connect(live(running)) as client:
        with contextlib.suppress(ConnectionClosed):
            for _ in range(3 * MOST_WRONG):
                client.send("wrong")
        with pytest.raises(ConnectionClosed):
            while True:
                client.recv(20)
        assert client.close_code == 1008
