"""Another model while the server runs: another synth, other knobs, and a way back."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from datasets.errors import RenderError
from models.checkpoint import Checkpoint, load_checkpoint
from server.lifecycle import Running
from server.session.service import Opener, Service
from tests.fakes.fake_model import FakeCheckpoint, FakeMatcher, write_sound
from tests.programs.live_server import OscClient, errors, live_server, whole_state

VITAL = load_checkpoint("vital-32")
first, second = FakeMatcher(), FakeMatcher()


def broken() -> tuple[FakeCheckpoint, FakeMatcher]:
    raise RenderError("the plugin is not installed")


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    models: dict[str, Opener] = {
        "fake-16": lambda: (FakeCheckpoint(), FakeMatcher()),
        "vital-32": lambda: (VITAL, second),
        "broken": broken,
    }
    with live_server(lambda: Service(FakeCheckpoint(), first, models=models)) as server:
        yield server


@pytest.fixture
def http(running: Running) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=running.http_url, timeout=20) as client:
        yield client
        client.put("/v1/instrument/model", json={"name": "fake-16"})


def test_another_model_is_played_and_sent(running: Running, http: httpx.Client) -> None:
    assert http.get("/v1/instrument/models").json() == ["broken", "fake-16", "vital-32"]
    with OscClient(running, whole_state(VITAL)) as client:
        client.send("/patchwright/subscribe", client.port, 60.0)
        client.send("/patchwright/model", "vital-32")
        client.listen_until(client.is_whole)
        client.send("/patchwright/macro/8", 0.5)
        client.send("/patchwright/undo")
        client.send("/patchwright/undo")
        assert errors(client.hear())[0][2] == "nothing to undo"
        client.unsubscribe()
    assert first.closed and not second.closed
    assert http.get("/healthz").json()["model"] == "vital-32"
    assert set(http.get("/v1/instrument").json()["parameters"]) == set(VITAL.spec.names)


def test_what_cannot_be_opened_leaves_all_as_it_was(http: httpx.Client) -> None:
    before = http.get("/v1/instrument").json()
    for name, status, words in (
        ("broken", 422, "not installed"),
        ("../models/shipped/vital-32", 404, "Available: broken, fake-16, vital-32"),
    ):
        answer = http.put("/v1/instrument/model", json={"name": name})
        assert answer.status_code == status
        assert words in answer.json()["error"]["message"]
    assert http.get("/v1/instrument").json() == before


def test_not_while_a_match_is_under_way(
    http: httpx.Client, tmp_path_factory: pytest.TempPathFactory
) -> None:
    sound = write_sound(tmp_path_factory.mktemp("sound") / "a.wav").read_bytes()
    slow = FakeMatcher()
    slow.may_answer.clear()
    models: dict[str, Opener] = {"vital-32": lambda: (VITAL, second)}
    with (
        live_server(lambda: Service(FakeCheckpoint(), slow, models=models)) as running,
        httpx.Client(base_url=running.http_url, timeout=20) as client,
    ):
        form = {"budget": "refine", "wait": "false"}
        client.post("/v1/match", files={"sound": sound}, data=form)
        answer = client.put("/v1/instrument/model", json={"name": "vital-32"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "busy")
        slow.may_answer.set()


def test_requests_during_a_model_change_are_refused_in_one_line(tmp_path: Path) -> None:
    opening, may_open, old = threading.Event(), threading.Event(), FakeMatcher()

    def open_() -> tuple[Checkpoint, FakeMatcher]:
        opening.set()
        assert may_open.wait(20)
        return VITAL, FakeMatcher()

    sound = {"sound": write_sound(tmp_path / "a.wav").read_bytes()}
    with (
        live_server(lambda: Service(FakeCheckpoint(), old, models={"vital-32": open_})) as running,
        httpx.Client(base_url=running.http_url, timeout=20) as http,
        ThreadPoolExecutor(1) as thread,
    ):
        name = {"name": "vital-32"}
        change = thread.submit(http.put, "/v1/instrument/model", json=name)
        assert opening.wait(20)
        for refused in (
            http.post("/v1/match", files=sound),
            http.get("/v1/instrument/preview"),
            http.put("/v1/instrument/model", json=name),
        ):
            assert refused.status_code == 503
            assert refused.json()["error"]["message"].startswith("the model changes to vital-32")
        may_open.set()
        assert change.result(20).status_code == 200
        assert http.get("/v1/instrument/preview").status_code == 200
        assert not old.sounds and not old.heard
