"""A collection that fails does not take away the answer of a request."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from server.session.service import Service
from tests.fakes.fake_model import FakeCheckpoint, FakeMatcher, match_of, write_sound
from tests.programs.live_server import live_server

SCHEMES = {
    "locked": ("", "another program has locked it"),
    "full": ("PRAGMA max_page_count = 1", "the disk is full"),
    "not writable": ("PRAGMA query_only = ON", "it is not writable"),
}


@pytest.fixture(params=SCHEMES)
def fault(request: pytest.FixtureRequest) -> str:
    """The name of what is wrong with the collection."""
    return str(request.param)


@pytest.fixture
def served(
    fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[httpx.Client, str]]:
    """A server with one saved preset, whose collection then fails; the id of the preset."""
    monkeypatch.setattr("server.presets.store.LOCKED_S", 0.1)
    path, services = tmp_path / "presets.sqlite3", list[Service]()

    def open_() -> Service:
        services.append(Service(FakeCheckpoint(), FakeMatcher(), path))
        return services[0]

    with (
        live_server(open_) as running,
        httpx.Client(base_url=running.http_url, timeout=20) as http,
    ):
        kept = http.post("/v1/presets", json={"name": "one"}).json()["id"]
        other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        if fault == "locked":
            other.execute("BEGIN IMMEDIATE")
        else:
            store = services[0]._kept._store
            services[0]._kept._thread.submit(store._db.execute, SCHEMES[fault][0]).result()
        yield http, kept
        other.close()


def test_a_finished_match_is_answered_with_a_warning(
    served: tuple[httpx.Client, str], fault: str, tmp_path: Path
) -> None:
    http, _ = served
    sound = write_sound(tmp_path / "a.wav").read_bytes()
    # A note of many pages: SQLite has free space in the pages that it holds.
    names = ["x" * 90] if fault != "full" else ["x" * 90] * 60
    for name in names:
        answer = http.post("/v1/match", files={"sound": (name, sound)}, data={"seed": "3"})
        assert answer.status_code == 200, answer.text
        if "warning" in answer.json():
            break
    body = answer.json()
    assert body["warning"].startswith("the result is not saved: collection ")
    assert SCHEMES[fault][1] in body["warning"]
    assert body["result"]["seed"] == 3
    state = http.get("/v1/instrument").json()
    assert [one["unit"] for one in state["parameters"].values()] == match_of(3).tolist()
    job = http.get(f"/v1/jobs/{body['id']}").json()
    assert (job["state"], job["warning"]) == ("done", body["warning"])


def test_a_change_is_refused_in_one_line_and_a_load_plays(
    served: tuple[httpx.Client, str], fault: str
) -> None:
    http, kept = served
    if fault == "full":
        note = {"note": "x" * 10_000}
        refused = http.patch(f"/v1/presets/{kept}", json=note)
    else:
        refused = http.delete(f"/v1/presets/{kept}")
    assert refused.status_code == 503
    assert SCHEMES[fault][1] in refused.json()["error"]["message"]
    assert http.post(f"/v1/presets/{kept}/load").status_code == 200
    assert [one["id"] for one in http.get("/v1/presets").json()] == [kept]
