"""A whole preset file as the current instrument of a running server: HTTP, OSC and OSCQuery."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.sync.client import connect

from server.lifecycle import Running
from server.session.service import Opener, Service
from tests.fakes.fake_model import FakeCheckpoint, FakeMatcher, fake_start, match_of, write_sound
from tests.fakes.vital_patch import MACRO_NAMES, changed, vital_file
from tests.programs.live_server import (
    WHOLE_STATE,
    OscClient,
    errors,
    knobs,
    live_server,
    parameters,
)

MACROS = [f"macro_control_{n}" for n in range(1, 5)]
PATCH_STATE = [*(f"/patchwright/macro/{n}" for n in range(1, 5)), *MACROS]


@pytest.fixture
def matcher() -> FakeMatcher:
    matcher = FakeMatcher()
    matcher.resynthesised = vital_file()
    return matcher


@pytest.fixture
def running(matcher: FakeMatcher) -> Iterator[Running]:
    models: dict[str, Opener] = {"again": lambda: (FakeCheckpoint("again"), FakeMatcher())}
    with live_server(lambda: Service(FakeCheckpoint(), matcher, models=models)) as running:
        yield running


@pytest.fixture
def http(running: Running) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=running.http_url, timeout=20) as client:
        yield client


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    return write_sound(tmp_path / "voice.wav")


def load(http: httpx.Client, file: bytes, title: str = "") -> dict[str, Any]:
    answer = http.put(
        "/v1/instrument/patch", content=file, params={"title": title, "knobs": "macros"}
    )
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def match(http: httpx.Client, sound: Path, **form: str) -> dict[str, Any]:
    files = {"sound": (sound.name, sound.read_bytes())}
    found: dict[str, Any] = http.post("/v1/match", files=files, data=form).json()
    return found


def test_a_patch_is_loaded_turned_undone_and_redone(http: httpx.Client) -> None:
    before = http.put("/v1/instrument/knobs/1", json={"position": 0.05}).json()
    assert before["patch"] is None
    loaded = load(http, vital_file(), "Ours")
    assert loaded["patch"] == "Ours" and list(loaded["parameters"]) == MACROS
    assert [knob["name"] for knob in loaded["knobs"]] == MACRO_NAMES
    turned = http.put("/v1/instrument/knobs/3", json={"position": 0.5}).json()
    assert turned["parameters"]["macro_control_3"]["unit"] == 0.5
    assert http.post("/v1/instrument/undo").json()["parameters"] == loaded["parameters"]
    back = http.post("/v1/instrument/undo").json()
    same = ("patch", "parameters", "knobs", "locked", "undo")
    assert {key: back[key] for key in same} == {key: before[key] for key in same}
    assert http.post("/v1/instrument/redo").json()["patch"] == "Ours"
    assert http.post("/v1/instrument/redo").json()["knobs"] == turned["knobs"]
    by_hand = http.put("/v1/instrument/preset", json={"unit": fake_start().tolist()}).json()
    assert by_hand["patch"] is None and len(by_hand["parameters"]) == len(fake_start())


def test_a_match_by_resynthesis_loads_and_keeps_the_whole_file(
    http: httpx.Client, matcher: FakeMatcher, sound: Path
) -> None:
    found = match(http, sound, method="resynthesis")
    assert found["result"]["method"] == "resynthesis" and found["preset"]["author"] == "me"
    assert matcher.options[-1].present is not None
    state = http.get("/v1/instrument").json()
    assert state["patch"] == "match voice.wav" and state["undo"] == 1
    (kept,) = http.get("/v1/history").json()
    assert kept["origin"] == {"match": "voice.wav", "distance": 1.25, "method": "resynthesis"}
    match(http, sound, seed="5")
    assert matcher.options[-1].method == "auto" and matcher.options[-1].present is None
    state = http.get("/v1/instrument").json()
    assert state["patch"] is None
    assert [one["unit"] for one in state["parameters"].values()] == match_of(5).tolist()
    assert http.post("/v1/instrument/undo").json()["patch"] == "match voice.wav"
    form = {"method": "magic"}
    answer = http.post("/v1/match", files={"sound": sound.read_bytes()}, data=form)
    assert answer.status_code == 422 and "method" in answer.json()["error"]["message"]


def test_a_patch_is_kept_found_loaded_played_and_downloaded(
    http: httpx.Client, matcher: FakeMatcher
) -> None:
    load(http, vital_file())
    http.put("/v1/instrument/knobs/3", json={"position": 0.5})
    new = {"name": "Kept", "tags": ["voice"], "starred": True}
    kept = http.post("/v1/presets", json=new).json()
    assert kept["spec"] == "vital-patch" and kept["unit"][2] == 0.5 and len(kept["patch"]) == 64
    assert http.get("/v1/presets?tag=voice&starred=true").json() == [kept]
    http.post("/v1/instrument/undo")
    http.post("/v1/instrument/undo")
    where = f"/v1/presets/{kept['id']}"
    expected = changed(vital_file(), macro_control_3=0.5) | {"preset_name": "Kept"}
    file = http.get(f"{where}/file")
    assert 'filename="preset.vital"' in file.headers["content-disposition"]
    assert json.loads(file.content) == expected
    assert http.get(f"{where}/preview?note=48").headers["content-type"] == "audio/wav"
    assert json.loads(matcher.played_files[-1]) == expected
    assert http.get("/v1/instrument").json()["patch"] is None  # nothing was loaded by that
    state = http.post(f"{where}/load").json()
    assert state["patch"] == "Kept" and state["knobs"][2]["position"] == 0.5
    http.get("/v1/instrument/preview")
    assert json.loads(matcher.played_files[-1]) == expected
    exported = http.get("/v1/collection").content
    http.delete(where)
    assert http.post("/v1/collection", content=exported).json() == {"added": 1}
    assert http.get(f"{where}/file").content == file.content


def test_what_needs_a_models_preset_is_refused_in_one_line(http: httpx.Client) -> None:
    load(http, vital_file())
    kept = http.post("/v1/presets", json={"name": "Kept"}).json()["id"]
    before = http.get("/v1/instrument").json()
    for method, path, body in (
        ("GET", "/v1/instrument/neighbours", None),
        ("GET", f"/v1/presets/{kept}/neighbours", None),
        ("PUT", "/v1/instrument/morph", {"ids": [kept, kept], "weights": [1, 1]}),
    ):
        answer = http.request(method, path, json=body)
        assert answer.status_code == 400 and "preset of vital-16" in answer.text
    broken = json.dumps(changed(vital_file(), wavetables=3))
    for bad, says in ((b"nonsense", "not JSON"), (broken.encode(), "Vital refused")):
        answer = http.put("/v1/instrument/patch?knobs=macros", content=bad)
        assert answer.status_code == 422 and says in answer.json()["error"]["message"]
    assert http.get("/v1/instrument").json() == before
    wandered = http.put("/v1/instrument/wander", json={"length": 0.3, "seed": 1}).json()
    assert wandered["patch"] == "Mine" and wandered["knobs"] != before["knobs"]


def test_a_model_can_be_changed_while_a_patch_plays(http: httpx.Client) -> None:
    load(http, vital_file())
    state = http.put("/v1/instrument/model", json={"name": "again"}).json()
    assert (state["model"], state["patch"], state["undo"]) == ("again", None, 0)
    assert load(http, vital_file())["patch"] == "Mine"


def test_every_osc_client_is_sent_all_of_the_new_instrument(
    running: Running, http: httpx.Client, sound: Path
) -> None:
    with OscClient(running) as client:
        client.subscribe()
        client.send("/patchwright/match", 1, str(sound), "quick", "resynthesis")
        client.whole = PATCH_STATE
        received = client.hear_until("/patchwright/result")
        assert list(parameters(received)) == MACROS
        assert [name for _, name in knobs(received).values()] == MACRO_NAMES
        account = json.loads(received[-1][1][1])
        assert account["method"] == "resynthesis"
        assert account["answers"][1] == {"method": "resynthesis", "distance": 1.25}
        client.send("/patchwright/macro/2", 0.25)
        client.send("/patchwright/param/1", 1.0)
        client.send("/patchwright/param/set", "osc_1_level", 0.5)
        client.send("/patchwright/macro/5", 0.5)
        said = {args[2] for args in errors(client.hear())}
        assert said == {
            "no knob 5: there are 1 to 4",
            "vital-patch has no parameter 'osc_1_level'",
        }
        now = parameters(client.state)
        assert now["macro_control_2"][0] == 0.25 and now["macro_control_1"][0] == 1.0
        tree = httpx.get(running.oscquery_url).json()["CONTENTS"]["patchwright"]["CONTENTS"]
        assert tree["macro"]["CONTENTS"]["1"]["DESCRIPTION"] == "knob 1: Bright"
        assert len(tree["param"]["CONTENTS"]) == 4 + 1  # and set
        client.send("/patchwright/match", 2, str(sound), "quick", "magic")
        ((_, code, text),) = errors(client.hear())
        assert code == "spec" and "'magic'" in text and "resynthesis" in text
        client.whole = WHOLE_STATE
        for _ in range(3):
            client.send("/patchwright/undo")
        client.listen_until(client.is_whole)
        client.unsubscribe()
    assert http.get("/v1/instrument").json()["patch"] is None


def test_a_websocket_client_is_sent_it_too(http: httpx.Client, running: Running) -> None:
    url = running.http_url.replace("http", "ws") + "/v1/live"
    with connect(url) as socket:
        load(http, vital_file())
        names: set[str] = set()
        while not names.issuperset(MACROS):
            for one in json.loads(socket.recv(timeout=10)).get("parameters", []):
                names.add(one["name"])
        socket.send(json.dumps({"knob": 4, "position": 0.5}))
        while True:
            news = json.loads(socket.recv(timeout=10)).get("parameters", [])
            if any(one["name"] == "macro_control_4" and one["unit"] == 0.5 for one in news):
                break
