"""A web page of an attacker in a real Chromium opens nothing: HTTP, OSCQuery and the WebSocket.

The page points its own host name at this machine after it was loaded (DNS rebinding), or sends its
requests to this machine from its own site.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from server.lifecycle import Running
from server.session.service import Service
from tests.fakes.fake_model import FakeCheckpoint, FakeMatcher
from tests.programs.chromium import Attempt, attack
from tests.programs.live_server import FREE_PORTS, live_server

KNOB = '{"position": 0.9}'
HTTP = [
    Attempt("/v1/instrument"),
    Attempt("/healthz"),
    Attempt("/v1/instrument/knobs/1", method="PUT", body=KNOB),
    Attempt("/v1/match", method="POST", form=True),
    Attempt("/v1/live", socket=True),
]
OSCQUERY = [Attempt("/"), Attempt("/?HOST_INFO"), Attempt("/", socket=True)]


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with live_server(lambda: Service(FakeCheckpoint(), FakeMatcher())) as server:
        yield server


def address_of(url: str) -> tuple[str, int]:
    return "127.0.0.1", httpx.URL(url).port or 0


def instrument(running: Running) -> Any:  # noqa: ANN401  JSON
    return httpx.get(f"{running.http_url}/v1/instrument").json()


def test_the_page_opens_what_its_own_host_may_open(running: Running, tmp_path: Path) -> None:
    """The control: from the name of this machine, the same page gets through."""
    http = attack(address_of(running.http_url), [HTTP[0], HTTP[-1]], tmp_path / "1", "127.0.0.1")
    assert http == [200, "open"]
    query = attack(address_of(running.oscquery_url), OSCQUERY, tmp_path / "2", "127.0.0.1")
    assert query == [200, 200, "open"]


def test_a_rebound_name_opens_no_http_and_no_websocket(running: Running, tmp_path: Path) -> None:
    before = instrument(running)
    assert attack(address_of(running.http_url), HTTP, tmp_path) == [400, 400, 400, 400, "closed"]
    assert instrument(running) == before
    assert httpx.get(f"{running.http_url}/v1/jobs").json() == []


def test_a_rebound_name_opens_no_oscquery(running: Running, tmp_path: Path) -> None:
    found = attack(address_of(running.oscquery_url), OSCQUERY, tmp_path)
    assert found == [400, 400, "closed"]


@pytest.fixture(scope="module")
def for_others() -> Iterator[Running]:
    """A server that other machines can reach; this machine sends OSC without the token."""
    ports = replace(FREE_PORTS, host="0.0.0.0", osc_host="0.0.0.0", token="s3cret")
    with live_server(ports=ports, token="s3cret") as server:
        yield server


def test_a_rebound_name_opens_no_http_of_a_server_for_others(
    for_others: Running, tmp_path: Path
) -> None:
    *answers, socket = attack(address_of(for_others.http_url), HTTP, tmp_path)
    assert socket == "closed" and all(status in (400, 401, 403) for status in answers)


def test_a_rebound_name_opens_no_oscquery_of_a_server_for_others(
    for_others: Running, tmp_path: Path
) -> None:
    *answers, socket = attack(address_of(for_others.oscquery_url), OSCQUERY, tmp_path)
    assert socket == "closed" and all(status in (400, 401, 403) for status in answers)


def test_a_page_of_another_site_opens_nothing(running: Running, tmp_path: Path) -> None:
    before, url = instrument(running), running.http_url
    attempts = [replace(one, url=url + one.url) for one in HTTP[:-1]]
    attempts += [replace(one, mode="no-cors") for one in attempts if one.method != "PUT"]
    attempts += [replace(one, url=running.oscquery_url + one.url) for one in OSCQUERY[:-1]]
    sockets = [f"{url}/v1/live", f"{running.oscquery_url}/"]
    attempts += [Attempt(one.replace("http:", "ws:"), socket=True) for one in sockets]
    found = attack(address_of(url), attempts, tmp_path)
    # Chromium shows the page nothing of an answer, whatever it is.
    assert found == ["failed"] * 4 + ["opaque"] * 3 + ["failed"] * 2 + ["closed"] * 2
    assert instrument(running) == before
    assert httpx.get(f"{url}/v1/jobs").json() == []
