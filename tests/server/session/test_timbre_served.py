"""A timbre model on the server: the same routes and addresses as for a synth."""

import io
import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import numpy as np
import pytest
import soundfile

from datasets.errors import CheckpointError
from models.checkpoint import load_checkpoint, shipped_names
from models.timbre.instrument.matcher import TimbreMatcher
from models.timbre.instrument.playable import open_timbre
from models.timbre.player.stream import TimbreStream
from models.timbre.recognise import SHIPPED
from plugin_bridge.host.host_target import HostTarget
from plugin_bridge.host.player import Player
from plugin_bridge.sync.link import Link
from server.lifecycle import Running
from server.session.served_models import load_playable, served_models
from server.session.service import Opener, Service
from tests.fakes.fake_model import FakeCheckpoint, FakeMatcher
from tests.programs.live_server import OscClient, errors, live_server, whole_state

VIOLIN = open_timbre("violin")
AXES = list(VIOLIN.spec.names)
synth = FakeMatcher()


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    models: dict[str, Opener] = {
        "fake-16": lambda: (FakeCheckpoint(), synth),
        "violin": lambda: (VIOLIN, TimbreMatcher(VIOLIN)),
    }
    opened = lambda: Service(VIOLIN, TimbreMatcher(VIOLIN), models=models)  # noqa: E731
    with live_server(opened) as server:
        yield server


@pytest.fixture
def http(running: Running) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=running.http_url, timeout=60) as client:
        yield client
        client.put("/v1/instrument/model", json={"name": "violin"})


@pytest.fixture
def osc(running: Running) -> Iterator[OscClient]:
    with OscClient(running, whole_state(VIOLIN)) as client:
        client.subscribe()
        yield client
        client.unsubscribe()


def positions(http: httpx.Client) -> list[float]:
    return [knob["position"] for knob in http.get("/v1/instrument").json()["knobs"]]


def test_axes_are_knobs_over_http_and_osc(http: httpx.Client, osc: OscClient) -> None:
    assert http.get("/healthz").json()["model"] == "violin"
    state = http.get("/v1/instrument").json()
    assert list(state["parameters"]) == [knob["name"] for knob in state["knobs"]] == AXES
    assert state["formats"][0] == "vital"
    osc.send("/patchwright/macro/2", 0.75)
    received = osc.hear()
    assert ("/patchwright/param", [AXES[1], 0.75, 0.75, "75.0 %", 0]) in received
    turned = http.put("/v1/instrument/knobs/1", json={"position": 0.25}).json()
    assert [turned["parameters"][name]["unit"] for name in AXES[:2]] == [0.25, 0.75]
    http.post("/v1/instrument/undo")
    http.post("/v1/instrument/undo")
    assert positions(http) == pytest.approx(VIOLIN.start.tolist())


def test_a_favourite_is_saved_loaded_morphed_and_written(http: httpx.Client) -> None:
    dark = http.put("/v1/instrument/knobs/1", json={"position": 0.0}).json()
    first = http.post("/v1/presets", json={"name": "Dark", "starred": True}).json()
    http.put("/v1/instrument/knobs/1", json={"position": 1.0})
    second = http.post("/v1/presets", json={"name": "Bright"}).json()
    corners = {"ids": [first["id"], second["id"]], "weights": [1, 1]}
    morphed = http.put("/v1/instrument/morph", json=corners).json()
    assert morphed["knobs"][0]["position"] == pytest.approx(0.5, abs=1e-6)
    loaded = http.post(f"/v1/presets/{first['id']}/load").json()
    assert loaded["knobs"] == dark["knobs"]
    file = http.get(f"/v1/presets/{first['id']}/file")
    assert json.loads(file.content)["preset_name"] == "Dark"
    assert http.get("/v1/presets", params={"starred": True}).json()[0]["name"] == "Dark"
    http.put("/v1/instrument/model", json={"name": "fake-16"})
    refused = http.post(f"/v1/presets/{first['id']}/load")
    assert "change to a model of violin" in refused.json()["error"]["message"]


def test_neighbours_are_named_and_can_be_loaded(http: httpx.Client, osc: OscClient) -> None:
    near = http.get("/v1/instrument/neighbours", params={"count": 3}).json()
    assert all(one["name"] for one in near)
    http.put("/v1/instrument/preset", json={"unit": near[1]["unit"]})
    assert positions(http) == pytest.approx(near[1]["unit"], abs=1e-6)
    fresh = http.get("/v1/instrument/neighbours", params={"count": 2, "distance": 1.0}).json()
    assert [one["distance"] for one in fresh] == pytest.approx([1.0] * 2, abs=0.15)
    osc.send("/patchwright/wander", 0.5)
    osc.send("/patchwright/neighbours", 7, 2)
    (result,) = [args for path, args in osc.hear_until("/patchwright/result") if args[0] == 7]
    assert [len(part) for part in json.loads(result[1]).values()] == [2, 2]


@pytest.mark.parametrize(("form", "ending"), [("", ".vital"), ("surge", ".wt")])
def test_the_current_sound_is_a_file(http: httpx.Client, form: str, ending: str) -> None:
    answer = http.get("/v1/instrument/file", params={"format": form})
    assert answer.status_code == 200
    assert answer.headers["content-disposition"].endswith(f'"preset{ending}"')
    if ending == ".vital":
        assert json.loads(answer.content)["preset_name"] == "violin"


def test_a_note_is_rendered_encoded_and_loaded(http: httpx.Client, tmp_path: Path) -> None:
    clip = http.get("/v1/instrument/preview", params={"note": 67})
    audio, rate = soundfile.read(io.BytesIO(clip.content))
    assert rate == 48000 and 0.01 < np.abs(audio).max() < 1
    http.put("/v1/instrument/knobs/1", json={"position": 1.0})
    found = http.post("/v1/match", files={"sound": ("bow.wav", clip.content)}).json()
    result = found["result"]
    assert result["note"]["midi"] == 67 and result["distance"] < 5.0
    assert positions(http) == pytest.approx(result["candidates"][0]["unit"], abs=1e-6)
    assert http.get("/v1/presets").json()[0]["name"] == "match bow.wav"
    noise = io.BytesIO()
    soundfile.write(noise, 0.1 * np.random.default_rng(0).normal(size=24000), 48000, format="WAV")
    refused = http.post("/v1/match", files={"sound": ("noise.wav", noise.getvalue())})
    assert refused.status_code == 422 and "single notes" in refused.json()["error"]["message"]


def test_a_sound_becomes_a_preset_of_a_synth(http: httpx.Client, osc: OscClient) -> None:
    synth.options.clear()
    job = http.post("/v1/instrument/rebuild", json={"model": "fake-16", "note": 55})
    assert job.status_code == 202
    location = job.headers["location"]
    for _ in range(200):
        if http.get(location).json()["state"] == "done":
            break
    assert http.get("/healthz").json()["model"] == "fake-16"
    assert synth.options[0].note == 55
    saved = [one["name"] for one in http.get("/v1/presets").json()]
    assert saved[:2] == ["match violin 55", "violin 55"]
    # The synth has 3 knobs: the client learns that the other five are gone.
    osc.listen_until(lambda received: ("/patchwright/macro/8", [0.0, "", 1]) in received)


def test_it_is_the_same_over_osc(http: httpx.Client, osc: OscClient) -> None:
    osc.send("/patchwright/rebuild", 5, "fake-16", 60, "quick", "parameters")
    received = osc.hear_until("/patchwright/result")
    assert received[-1][1][0] == 5 and json.loads(received[-1][1][1])["model"] == "fake-16"


def test_wrong_requests_name_the_value_and_what_is_possible(
    http: httpx.Client, osc: OscClient
) -> None:
    for answer, words in (
        (http.get("/v1/instrument/file", params={"format": "kontakt"}), "violin has vital, "),
        (http.post("/v1/instrument/rebuild", json={"model": "moog"}), "Available: fake-16, violin"),
        (http.put("/v1/instrument/patch", content=b"{}"), "violin"),
        (http.post("/v1/instrument/rebuild", json={"model": "violin", "note": 128}), "note"),
    ):
        assert 400 <= answer.status_code < 500
        assert words in answer.json()["error"]["message"], answer.json()
    osc.send("/patchwright/rebuild", 9, "moog")
    osc.send("/patchwright/rebuild", 9, "fake-16", 128)
    texts = " ".join(error[2] for error in errors(osc.hear()))
    assert "128: must be 0 to 127" in texts and "no model of this name" in texts
    assert positions(http) == pytest.approx(VIOLIN.start.tolist())


def test_a_host_follows_the_axes_of_the_server(running: Running, http: httpx.Client) -> None:
    stream = TimbreStream(VIOLIN.timbre)
    link = Link(running.osc, lambda: HostTarget(Player(stream)), stream.spec, lambda _: None)
    with closing(stream), closing(link):
        for position in (0.2, 0.9):
            http.put("/v1/instrument/knobs/3", json={"position": position})
            for _ in range(200):
                link.step()
                values = link.target.read() if link.target else {}
                if values.get(AXES[2]) == pytest.approx(position, abs=1e-6):
                    break
            assert values[AXES[2]] == pytest.approx(position, abs=1e-6)


def test_every_shipped_model_is_listed_and_a_folder_has_its_own_name(tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(SHIPPED / "violin", folder)
    assert sorted(served_models("violin", "violin")) == sorted(
        [*shipped_names(), "amsynth-octave", "violin"]
    )
    copy = load_playable(str(folder))
    assert (copy.name, copy.spec.digest()) == ("violin", VIOLIN.spec.digest())
    with pytest.raises(CheckpointError, match="'violin' is a timbre model"):
        load_checkpoint("violin")
    (folder / "model.safetensors").write_bytes(b"damaged")
    with pytest.raises(CheckpointError, match=r"incomplete|damaged"):
        load_playable(str(folder))
