"""A player's own patch as the template of a running server: HTTP and OSC, with the real Vital."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from datasets.spec import load_spec
from renderer.plugins.patch_template import MOST_BYTES
from server.lifecycle import Running
from server.session.service import Opener, Service
from tests.fakes.fake_model import FakeCheckpoint, FakeMatcher, fake_start, match_of, write_sound
from tests.fakes.vital_patch import changed, vital_file
from tests.programs.live_server import OscClient, errors, live_server
from tests.programs.midi_ports import wait_for

SPEC = load_spec("vital-16")
FILE = json.dumps(changed(vital_file(), filter_1_on=0.0, env_1_attack=2.5)).encode()
OTHER = json.dumps(changed(vital_file("Other"), filter_1_on=1.0)).encode()


@pytest.fixture
def matcher() -> FakeMatcher:
    return FakeMatcher()


@pytest.fixture
def running(matcher: FakeMatcher) -> Iterator[Running]:
    models: dict[str, Opener] = {"again": lambda: (FakeCheckpoint("again"), FakeMatcher())}
    with live_server(lambda: Service(FakeCheckpoint(), matcher, models=models)) as running:
        yield running


@pytest.fixture
def http(running: Running) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=running.http_url, timeout=60) as client:
        yield client


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    return write_sound(tmp_path / "voice.wav")


def put(http: httpx.Client, file: bytes = FILE, title: str = "mine") -> dict[str, Any]:
    answer = http.put("/v1/instrument/patch", content=file, params={"title": title})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def heard(http: httpx.Client, matcher: FakeMatcher, preset: str = "") -> dict[str, Any]:
    """The whole file that a preview plays, as JSON."""
    where = f"/v1/presets/{preset}/preview" if preset else "/v1/instrument/preview"
    played = len(matcher.played_files)
    assert http.get(where, params={"note": 30 + played}).status_code == 200  # not from the cache
    found: dict[str, Any] = json.loads(matcher.played_files[-1])
    assert len(matcher.played_files) == played + 1
    return found


def test_the_file_plays_as_it_is_and_knobs_undo_and_delete_come_back(
    http: httpx.Client, matcher: FakeMatcher
) -> None:
    before = http.put("/v1/instrument/knobs/1", json={"position": 0.05}).json()
    assert before["template"] is None
    assert http.get("/v1/instrument/patch").json()["file"] is None
    loaded = put(http)
    assert loaded["template"] == "mine.vital" and loaded["patch"] is None
    assert list(loaded["parameters"]) == list(SPEC.names)
    assert loaded["parameters"]["env_1_attack"]["native"] == 2.5
    assert heard(http, matcher) == json.loads(FILE)
    turned = http.put("/v1/instrument/knobs/2", json={"position": 0.9}).json()
    assert heard(http, matcher) != json.loads(FILE)
    rest = loaded["knobs"][1]["position"]
    assert turned["knobs"][1]["position"] != rest
    http.put("/v1/instrument/knobs/2", json={"position": rest})
    assert heard(http, matcher) == json.loads(FILE)
    left = http.delete("/v1/instrument/patch").json()
    assert left["template"] is None and left["parameters"] == before["parameters"]
    back = http.post("/v1/instrument/undo").json()
    assert back["template"] == "mine.vital" and back["parameters"] == loaded["parameters"]
    http.post("/v1/instrument/undo")
    assert http.post("/v1/instrument/undo").json()["parameters"] == before["parameters"]


def test_what_the_patch_lacks_is_listed_and_marked(http: httpx.Client) -> None:
    state = put(http)
    about = http.get("/v1/instrument/patch").json()
    assert about["file"] == "mine.vital" and len(about["sha256"]) == 64
    assert any("filter_1 off" in line for line in about["missing"])
    assert any("env_1_attack is 2.5, beyond" in line for line in about["missing"])
    marked = [name for name, one in state["parameters"].items() if one["idle"]]
    assert sorted(marked) == sorted(about["idle"]) and "filter_1_cutoff" in marked
    assert [k["index"] for k in state["knobs"] if k["idle"]] == about["idle_knobs"]
    held = state["parameters"]["filter_1_cutoff"]
    moved = http.put("/v1/instrument/parameters/filter_1_cutoff", json={"unit": 0.9}).json()
    assert moved["parameters"]["filter_1_cutoff"] == held


def test_a_match_searches_and_ends_on_the_patch_that_it_began_with(
    http: httpx.Client, matcher: FakeMatcher, sound: Path
) -> None:
    state = put(http)
    http.post("/v1/instrument/locks", json={"names": ["osc_1_level"]})
    matcher.may_answer.clear()
    files = {"sound": (sound.name, sound.read_bytes())}
    job = http.post("/v1/match", files=files, data={"seed": "3", "wait": "false"}).json()["id"]
    wait_for(lambda: bool(matcher.templates), "the match runs", 20)
    (template,), (options,) = matcher.templates, matcher.options
    assert template is not None and template.file.content == FILE
    assert options.method == "parameters"
    assert {"osc_1_level", "filter_1_cutoff"} <= set(options.locked)
    assert list(options.present or ()) == [one["unit"] for one in state["parameters"].values()]
    assert http.delete("/v1/instrument/patch").json()["template"] is None  # while it runs
    matcher.may_answer.set()
    wait_for(lambda: http.get(f"/v1/jobs/{job}").json()["state"] == "done", "it ends", 20)
    landed = http.get("/v1/instrument").json()
    assert landed["template"] == "mine.vital"
    free = {n for n, p in landed["parameters"].items() if not p["idle"]} - {"osc_1_level"}
    found = dict(zip(SPEC.names, match_of(3).tolist(), strict=True))
    assert {n: landed["parameters"][n]["unit"] for n in free} == {n: found[n] for n in free}
    assert http.post("/v1/instrument/undo").json()["template"] is None


def test_a_kept_preset_remembers_its_patch(http: httpx.Client, matcher: FakeMatcher) -> None:
    plain = http.post("/v1/presets", json={"name": "Plain"}).json()
    put(http)
    turned = http.put("/v1/instrument/knobs/2", json={"position": 0.9}).json()
    expected = heard(http, matcher)
    kept = http.post("/v1/presets", json={"name": "Kept"}).json()
    assert len(kept["template"]) == 64 and kept["digest"] == plain["digest"] == SPEC.digest()
    http.delete("/v1/instrument/patch")
    assert heard(http, matcher, kept["id"]) == expected
    assert http.get("/v1/instrument").json()["template"] is None  # nothing was loaded by that
    morph = {"ids": [kept["id"], plain["id"]], "weights": [1, 1]}
    refused = http.put("/v1/instrument/morph", json=morph)
    assert refused.status_code == 400 and "saved on another patch" in refused.text
    exported = http.get("/v1/collection").content
    http.delete(f"/v1/presets/{kept['id']}")
    assert http.post("/v1/collection", content=exported).json() == {"added": 1}
    put(http, OTHER)
    state = http.post(f"/v1/presets/{kept['id']}/load").json()
    assert state["template"] == "mine.vital" and state["parameters"] == turned["parameters"]
    assert heard(http, matcher) == expected
    file = http.get(f"/v1/presets/{kept['id']}/file")
    assert json.loads(file.content) == expected
    state = http.post(f"/v1/presets/{plain['id']}/load").json()
    assert state["template"] is None
    assert [one["unit"] for one in state["parameters"].values()] == fake_start().tolist()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "patch is empty"),
        (b"nonsense", r"patch.vital"),
        (b"CcnK" + bytes(60), "patch.fxp"),
        (json.dumps(changed(vital_file(), wavetables=3)).encode(), "Vital refused"),
        (b" " * (MOST_BYTES + 1), "over 16 MiB"),
    ],
)
def test_a_bad_file_is_one_clear_error_and_loses_nothing(
    http: httpx.Client, content: bytes, says: str
) -> None:
    before = put(http)
    answer = http.put("/v1/instrument/patch", content=content)
    assert answer.status_code == 422 and says in answer.json()["error"]["message"]
    assert "\n" not in answer.json()["error"]["message"]
    assert http.get("/v1/instrument").json() == before


def test_another_model_starts_on_its_own_template(http: httpx.Client) -> None:
    put(http)
    state = http.put("/v1/instrument/model", json={"name": "again"}).json()
    assert (state["model"], state["template"], state["undo"]) == ("again", None, 0)
    assert put(http)["template"] == "mine.vital"


def test_osc_takes_a_path_of_this_machine(
    running: Running, http: httpx.Client, tmp_path: Path
) -> None:
    path = tmp_path / "mine.vital"
    path.write_bytes(FILE)
    with OscClient(running) as client:
        client.subscribe()
        client.send("/patchwright/patch", 4, str(path))
        number, text = client.hear_until("/patchwright/result")[-1][1]
        result = json.loads(text)
        assert number == 4 and result["file"] == "mine.vital"
        assert any("filter_1 off" in line for line in result["missing"])
        assert http.get("/v1/instrument").json()["template"] == "mine.vital"
        assert result["idle_knobs"] == http.get("/v1/instrument/patch").json()["idle_knobs"]
        client.send("/patchwright/patch", 5, str(tmp_path / "none.vital"))
        ((number, code, text),) = errors(client.hear_until("/patchwright/error"))
        assert (number, code) == (5, "store") and "none.vital cannot be read" in text
        path.write_bytes(b"nonsense")
        client.send("/patchwright/patch", 6, str(path))
        ((number, code, text),) = errors(client.hear_until("/patchwright/error"))
        assert (number, code) == (6, "store") and text.startswith("mine.vital")
        assert http.get("/v1/instrument").json()["template"] == "mine.vital"
        client.send("/patchwright/patch", 7, "")
        number, text = client.hear_until("/patchwright/result")[-1][1]
        assert number == 7 and json.loads(text)["file"] is None
        assert http.get("/v1/instrument").json()["template"] is None
        client.unsubscribe()
