"""The player's side of HTTP: knobs, the way back, kept presets; over a real server."""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import soundfile

from server.lifecycle import Running
from server.session.service import Service
from tests.fakes.fake_model import FakeCheckpoint, FakeMatcher, fake_start, match_of, write_sound
from tests.programs.live_server import OscClient, live_server

NAMES = FakeCheckpoint().spec.names


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "data" / "collection.sqlite3"


@pytest.fixture
def matcher() -> FakeMatcher:
    return FakeMatcher()


@pytest.fixture
def running(file: Path, matcher: FakeMatcher) -> Iterator[Running]:
    with live_server(lambda: Service(FakeCheckpoint(), matcher, file)) as running:
        yield running


@pytest.fixture
def http(running: Running) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=running.http_url, timeout=20) as client:
        yield client


def state(http: httpx.Client) -> dict[str, Any]:
    found: dict[str, Any] = http.get("/v1/instrument").json()
    return found


def units(state: dict[str, Any]) -> list[float]:
    return [parameter["unit"] for parameter in state["parameters"].values()]


def test_knobs_parameters_and_the_way_back(http: httpx.Client) -> None:
    before = state(http)
    turned = http.put("/v1/instrument/knobs/1", json={"position": 0.05}).json()
    assert units(turned) != units(before) and turned["undo"] == 1
    by_hand = http.put("/v1/instrument/parameters/filter_1_cutoff", json={"unit": 1}).json()
    assert by_hand["parameters"]["filter_1_cutoff"]["unit"] == 1
    assert http.post("/v1/instrument/undo").json()["knobs"] == turned["knobs"]
    back = http.post("/v1/instrument/undo").json()
    assert back["parameters"] == before["parameters"] and back["redo"] == 2
    assert units(http.post("/v1/instrument/redo").json()) == units(turned)
    other = http.post("/v1/instrument/switch").json()
    assert other["side"] == "B" and units(other) == units(turned)


def test_locks_hold_against_knobs_and_matches(http: httpx.Client, tmp_path: Path) -> None:
    before = state(http)
    locked = http.post("/v1/instrument/locks", json={"names": list(NAMES[:2])}).json()
    assert locked["locked"] == list(NAMES[:2])
    http.put("/v1/instrument/knobs/1", json={"position": 0.05})
    with write_sound(tmp_path / "a.wav").open("rb") as sound:
        http.post("/v1/match", files={"sound": sound}, data={"seed": "5"})
    assert units(state(http)) == units(before)[:2] + match_of(5).tolist()[2:]
    http.post("/v1/instrument/locks", json={"names": list(NAMES[:2]), "on": False})
    assert state(http)["locked"] == []


def test_a_kept_preset_is_found_changed_loaded_and_forgotten(http: httpx.Client) -> None:
    new = {"name": "My bass", "tags": ["dark"], "note": "low", "starred": True}
    answer = http.post("/v1/presets", json=new)
    kept = answer.json()
    assert answer.status_code == 201 and kept["unit"] == fake_start().tolist()
    where = f"/v1/presets/{kept['id']}"
    assert http.get(where).json() == kept
    for query in ("text=bass", "tag=dark", "starred=true", "text=low&tag=dark"):
        assert http.get(f"/v1/presets?{query}").json() == [kept]
    assert http.get("/v1/presets?text=lead").json() == []
    changed = http.patch(where, json={"name": "Ours", "starred": False}).json()
    assert changed == kept | {"name": "Ours", "starred": False}
    http.put("/v1/instrument/knobs/1", json={"position": 0.05})
    assert units(http.post(f"{where}/load").json()) == fake_start().tolist()
    assert [one["id"] for one in http.get("/v1/history").json()] == [kept["id"]] * 2
    file = http.get(f"{where}/file")
    assert 'filename="preset.vital"' in file.headers["content-disposition"]
    assert json.loads(file.content)["preset_name"] == "Ours"
    assert http.delete(where).status_code == 204
    assert http.get(where).status_code == http.post(f"{where}/load").status_code == 404


def test_matches_are_kept_by_themselves_and_survive_a_restart(file: Path, tmp_path: Path) -> None:
    with (
        live_server(lambda: Service(FakeCheckpoint(), FakeMatcher(), file)) as running,
        httpx.Client(base_url=running.http_url, timeout=20) as http,
        write_sound(tmp_path / "voice.wav").open("rb") as sound,
    ):
        http.post("/v1/match", files={"sound": sound}, data={"seed": "7"})
        exported = http.get("/v1/collection").content
    with (
        live_server(lambda: Service(FakeCheckpoint(), FakeMatcher(), file)) as running,
        httpx.Client(base_url=running.http_url, timeout=20) as http,
    ):
        (kept,) = http.get("/v1/history").json()
        assert kept["name"] == "match voice.wav" and kept["unit"] == match_of(7).tolist()
        assert kept["origin"] == {"match": "voice.wav", "distance": 2.5}
        assert http.post("/v1/collection", content=exported).json() == {"added": 0}
        http.delete(f"/v1/presets/{kept['id']}")
        assert http.post("/v1/collection", content=exported).json() == {"added": 1}


def test_morphs_and_steps_at_random(http: httpx.Client) -> None:
    corners = []
    for position in (0.1, 0.9):
        http.put("/v1/instrument/knobs/1", json={"position": position})
        corners.append(http.post("/v1/presets", json={"name": str(position)}).json())
    ids = [corner["id"] for corner in corners]
    there = http.put("/v1/instrument/morph", json={"ids": ids, "weights": [0, 2]}).json()
    assert units(there) == corners[1]["unit"]
    between = http.put("/v1/instrument/morph", json={"ids": ids, "weights": [1, 1]}).json()
    assert units(between) not in (corners[0]["unit"], corners[1]["unit"])
    loaded = http.put("/v1/instrument/preset", json={"unit": corners[0]["unit"]}).json()
    assert units(loaded) == corners[0]["unit"]
    assert units(http.post("/v1/instrument/undo").json()) == units(between)
    wandered = http.put("/v1/instrument/wander", json={"length": 0.3, "seed": 1}).json()
    assert units(wandered) != units(between)
    assert units(http.post("/v1/instrument/undo").json()) == units(between)


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "said"),
    [
        ("PUT", "/v1/instrument/knobs/99", {"position": 0.5}, 400, "there are 1 to 3"),
        ("PUT", "/v1/instrument/knobs/1", {"position": 1.5}, 422, "less than or equal to 1"),
        ("PUT", "/v1/instrument/knobs/1", {"position": "NaN"}, 422, "finite"),
        ("PUT", "/v1/instrument/parameters/nonsense", {"unit": 0.5}, 422, "no parameter"),
        ("POST", "/v1/instrument/undo", None, 400, "nothing to undo"),
        ("POST", "/v1/instrument/explode", None, 404, "Not Found"),
        ("POST", "/v1/instrument/locks", {"names": ["nonsense"]}, 422, "no parameter"),
        ("PUT", "/v1/instrument/morph", {"ids": ["a"], "weights": [1]}, 422, "at least 2"),
        ("PUT", "/v1/instrument/morph", {"ids": ["a", "b"], "weights": [1, 1]}, 404, "no preset"),
        ("PUT", "/v1/instrument/preset", {"unit": [0.5]}, 422, "16"),
        ("GET", "/v1/instrument/neighbours", None, 422, "run patchwright estimator"),
        ("GET", "/v1/instrument/neighbours?distance=50", None, 422, "less than or equal to 40"),
        ("PUT", "/v1/instrument/wander", {"length": 11}, 422, "less than or equal to 10"),
        ("GET", "/v1/presets/..%2f..%2fetc", None, 404, "Not Found"),
        ("GET", "/v1/presets?count=0", None, 422, "greater than or equal to 1"),
        ("POST", "/v1/presets", {"name": " "}, 400, "empty"),
        ("POST", "/v1/presets", {"name": "x", "tags": ["y" * 300]}, 400, "200 at most"),
        ("POST", "/v1/collection", {"no": "collection"}, 400, "not an exported collection"),
        ("PATCH", "/v1/presets/none", {"name": "x"}, 404, "preset 'none': no preset"),
    ],
)
def test_bad_requests_are_named_and_change_nothing(
    http: httpx.Client, method: str, path: str, body: object, status: int, said: str
) -> None:
    before = state(http)
    answer = http.request(method, path, json=body)
    assert answer.status_code == status, answer.text
    assert said in answer.json()["error"]["message"]
    assert state(http) == before and http.get("/v1/presets").json() == []


def test_no_get_changes_anything(http: httpx.Client) -> None:
    kept = http.post("/v1/presets", json={"name": "one"}).json()
    before = state(http), http.get("/v1/history").json()
    paths = http.get("/openapi.json").json()["paths"]
    for path, methods in paths.items():
        if "get" in methods and "events" not in path:
            filled = path.replace("{preset_id}", kept["id"]).replace("{job_id}", "none")
            assert http.get(filled).status_code in (200, 404, 422)
    for path, methods in paths.items():
        if "get" not in methods:
            assert http.get(path.replace("{step}", "undo")).status_code in (404, 405, 422)
    assert (state(http), http.get("/v1/history").json()) == before


def test_a_preset_is_rendered_once_and_never_too_loud(
    http: httpx.Client, matcher: FakeMatcher
) -> None:
    http.put("/v1/instrument/parameters/" + NAMES[0], json={"unit": 1})
    loud = http.get("/v1/instrument/preview?note=69")
    assert loud.headers["content-type"] == "audio/wav"
    audio, rate = soundfile.read(io.BytesIO(loud.content))
    assert audio.shape == (22050, 2) and rate == 44100
    assert np.abs(audio).max() == pytest.approx(10 ** (-1 / 20), abs=1e-3)
    http.put("/v1/instrument/parameters/" + NAMES[0], json={"unit": 0.25})
    kept = http.post("/v1/presets", json={"name": "quiet"}).json()
    for path in ("/v1/instrument", f"/v1/presets/{kept['id']}", "/v1/instrument"):
        quiet = http.get(f"{path}/preview?note=69").content
    assert np.abs(soundfile.read(io.BytesIO(quiet))[0]).max() == pytest.approx(0.5, abs=1e-3)
    assert len(matcher.heard) == 2  # what was rendered is remembered
    assert http.get("/v1/instrument/preview?note=128").status_code == 422


def test_metrics_count_what_was_done(http: httpx.Client, running: Running, tmp_path: Path) -> None:
    with write_sound(tmp_path / "a.wav").open("rb") as sound:
        http.post("/v1/match", files={"sound": sound})
    http.post("/v1/match", files={"sound": b"no sound"})
    http.put("/v1/instrument/knobs/1", json={"position": 0.05})
    with OscClient(running) as client:
        client.subscribe()
        client.send("/patchwright/nonsense")
        client.hear()
        reported = http.get("/metrics")
        client.unsubscribe()
    assert reported.headers["content-type"].startswith("text/plain")
    lines = dict(
        line.rsplit(" ", 1) for line in reported.text.splitlines() if not line.startswith("#")
    )
    assert lines['patchwright_matches_total{state="done"}'] == "1.0"
    assert lines['patchwright_matches_total{state="failed"}'] == "1.0"
    assert lines['patchwright_match_seconds_count{budget="quick"}'] == "2.0"
    assert lines['patchwright_gestures_total{kind="knob"}'] == "1.0"
    assert lines['patchwright_osc_messages_total{outcome="followed"}'] == "3.0"
    assert lines['patchwright_osc_messages_total{outcome="refused"}'] == "1.0"
    assert lines["patchwright_osc_subscribers"] == "1.0"


def test_a_preset_of_another_synth_is_not_loaded(http: httpx.Client) -> None:
    kept = http.post("/v1/presets", json={"name": "one"}).json()
    document = json.loads(http.get("/v1/collection").content)
    document["presets"][0] |= {"id": "0" * 32, "spec": "other-9", "digest": "f" * 16}
    http.post("/v1/collection", content=json.dumps(document))
    for path in ("load", "file"):
        answer = http.request("POST" if path == "load" else "GET", f"/v1/presets/{'0' * 32}/{path}")
        assert answer.status_code == 400 and "other-9" in answer.json()["error"]["message"]
    assert units(state(http)) == kept["unit"]
