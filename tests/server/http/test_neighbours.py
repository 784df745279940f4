"""Neighbours over HTTP: of the present preset, of a kept one, of a sound; nothing is changed."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from server.lifecycle import Running
from server.session.service import Service
from tests.fakes.fake_model import FakeMatcher, write_sound
from tests.programs.live_server import OscClient, errors, live_server, parameters, whole_state
from tests.server.osc.test_exploration import CHECKPOINT

matcher = FakeMatcher()


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with live_server(lambda: Service(CHECKPOINT, matcher)) as server:
        yield server


@pytest.fixture(scope="module")
def http(running: Running) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=running.http_url, timeout=20) as client:
        yield client


def asked(http: httpx.Client, path: str, **query: float) -> list[dict[str, Any]]:
    answer = http.get(path, params=query)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


@pytest.mark.parametrize("query", [{"count": 5}, {"count": 4, "distance": 1.5, "seed": 2}])
def test_a_kept_presets_neighbours_are_those_it_has_when_it_is_loaded(
    http: httpx.Client, query: dict[str, float]
) -> None:
    kept = http.post("/v1/presets", json={"name": "here"}).json()["id"]
    here = asked(http, "/v1/instrument/neighbours", **query)
    assert len(here) == query["count"]
    away = http.put("/v1/instrument/preset", json={"unit": here[-1]["unit"]}).json()
    assert asked(http, "/v1/instrument/neighbours", **query) != here
    assert asked(http, f"/v1/presets/{kept}/neighbours", **query) == here
    assert http.get("/v1/instrument").json() == away
    assert http.get("/v1/presets/none/neighbours").status_code == 404


def test_a_request_over_http_does_not_move_what_a_place_means_over_osc(
    running: Running, http: httpx.Client
) -> None:
    with OscClient(running, whole_state(CHECKPOINT)) as client:
        client.subscribe()
        client.send("/patchwright/neighbours", 7, 5)
        distances = json.loads(client.hear_until("/patchwright/result")[-1][1][1])["distances"]
        fifth = asked(http, "/v1/instrument/neighbours", count=5)[-1]
        assert distances[-1] == pytest.approx(fifth["distance"], abs=1e-3)
        asked(http, "/v1/instrument/neighbours", count=2)
        client.send("/patchwright/neighbour", 5)
        assert not errors(client.hear())
        assert [said[0] for said in parameters(client.state).values()] == fifth["unit"]
        client.unsubscribe()


def test_a_sounds_neighbours(http: httpx.Client, tmp_path: Path) -> None:
    before = http.get("/v1/instrument").json()
    sound = write_sound(tmp_path / "a.wav").read_bytes()
    answer = http.post("/v1/neighbours", files={"sound": ("voice.wav", sound)}, data={"count": 3})
    assert [one["distance"] for one in answer.json()] == [0.0, 1.0, 2.0]
    assert all(set(one) == {"unit", "distance", "name"} for one in answer.json())
    for name, content in (("voice.wav", b"not a sound"), ("empty.wav", b"")):
        refused = http.post("/v1/neighbours", files={"sound": (name, content)})
        assert refused.status_code == 422 and name in refused.json()["error"]["message"]
    assert not any(path.parent.exists() for path in matcher.sounds)
    assert http.get("/v1/instrument").json() == before
