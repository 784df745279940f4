"""The host names of a server that other machines reach, for HTTP as for OSCQuery."""

from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest

from server.http.middleware import _host_name
from server.lifecycle import Running
from server.osc.discovery import machine_names
from tests.programs.live_server import FREE_PORTS, live_server

TOKEN = {"authorization": "Bearer s3cret"}


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    ports = replace(FREE_PORTS, host="0.0.0.0", token="s3cret")
    with live_server(token="s3cret", ports=ports) as server:
        yield server


def status(running: Running, headers: dict[str, str]) -> int:
    """The status of a request to this machine."""
    url = running.http_url.replace("0.0.0.0", "127.0.0.1")
    return httpx.get(f"{url}/healthz", headers=headers).status_code


def test_a_name_that_is_not_ours_needs_the_token(running: Running) -> None:
    """A page that points its own name here does not have the token; a proxy does."""
    assert status(running, {"host": "evil.example"}) == 400
    assert status(running, {"host": "studio.example"} | TOKEN) == 200
    for own in ("localhost", "127.0.0.1:1", "[::1]:8765", machine_names()[0]):
        assert status(running, {"host": own}) == 401
        assert status(running, {"host": own} | TOKEN) == 200


@pytest.mark.parametrize("host", ["127.0.0.2", "::1", "localhost"])
def test_a_server_answers_at_its_own_address(host: str) -> None:
    with live_server(ports=replace(FREE_PORTS, host=host, osc_host=host)) as server:
        for url in (f"{server.http_url}/healthz", f"{server.oscquery_url}/?HOST_INFO"):
            assert httpx.get(url).status_code == 200
            assert httpx.get(url, headers={"host": "evil.example"}).status_code == 400


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("Studio.local:8765", "studio.local"),
        ("studio.local.", "studio.local"),
        ("[::1]:8765", "::1"),
        ("[::1]", "::1"),
        ("127.0.0.1", "127.0.0.1"),
        ("", ""),
        ("[", ""),
        ("::1", ""),
    ],
)
def test_the_name_in_a_header(header: str, name: str) -> None:
    assert _host_name(header) == name
