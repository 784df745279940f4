"""The main job, through the front door, on the real synth: spec -> dataset -> model -> preset."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import soundfile
import torch
import vita

from datasets.storage.store import open_store
from models.checkpoint import SHIPPED, load_checkpoint
from models.evaluation.protocol import projected_targets
from renderer.workers.isolation import RenderJob
from renderer.workers.pool import RenderPool, whole
from server.demo import running_server, turn_a_knob
from server.lifecycle import open_service
from server.sketches import sketch_paths
from tests import ROOT
from tests.programs.live_server import live_server
from tests.programs.real_plugins import amsynth


def patchwright(*arguments: str | Path) -> str:
    """Run the front door in a process of its own; returns what it printed."""
    command = [sys.executable, str(ROOT / "patchwright.py"), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("budget", ["instant", "quick"])
def test_a_sketch_becomes_a_preset_that_gives_the_promised_audio(
    tmp_path: Path, budget: str
) -> None:
    sketch = sketch_paths()["sung_vowel"]
    asked = ("match", sketch, "--out", tmp_path, "--budget", budget, "--limit", "60", "--json")
    printed = patchwright(*asked)
    found = json.loads(printed)
    assert found == json.loads((tmp_path / "match.json").read_text())
    answers = {one["method"]: one for one in found["answers"]}
    files = {one[kind] for one in found["answers"] for kind in ("preset", "audio")}
    assert {p.name for p in tmp_path.iterdir()} == {"match.png", "match.json", *files}
    distances = [c["distance"] for c in found["candidates"] if c["distance"] is not None]
    assert distances == sorted(distances) and distances[0] == answers["parameters"]["distance"]
    assert found["confidence"]["floor"] == 0.0  # Vital repeats itself to the bit
    assert found["stopped_by"] == ("budget" if budget == "instant" else "renders")
    chosen = answers[found["method"]]
    assert found["distance"] == chosen["distance"] == min(a["distance"] for a in answers.values())
    assert (chosen["preset"], chosen["audio"]) == ("preset.vital", "match.wav")
    if budget == "instant":
        assert found["renders"] == 2 and set(answers) == {"parameters"}
    else:
        assert 20 <= found["renders"] <= 18 + 11 and found["method"] == "resynthesis"
        assert found["distance"] < 1.5
    for answer in answers.values():
        check_audio(tmp_path, found, answer)


def check_audio(folder: Path, found: dict[str, Any], answer: dict[str, Any]) -> None:
    """Check that a new Vital renders the same audio from the preset file, bit for bit."""
    synth, note = vita.Synth(), found["note"]
    assert synth.load_json((folder / answer["preset"]).read_text())
    again = synth.render(note["midi"], note["velocity"] / 127, answer["hold_s"], note["length_s"])
    written, rate = soundfile.read(folder / answer["audio"], dtype="float32")
    assert rate == found["sample_rate"]
    assert np.array_equal(written.T, again[:, : len(written)])


def test_a_sketch_over_http_is_kept_and_can_be_rendered(tmp_path: Path) -> None:
    """Of the shipped model: the job's events, the history, the preset file and its audio agree."""
    with (
        live_server(lambda: open_service("vital-32", tmp_path)) as running,
        httpx.Client(base_url=running.http_url, timeout=120) as http,
        sketch_paths()["plucked_string"].open("rb") as sketch,
    ):
        form = {"budget": "refine", "wait": "false"}
        job = http.post("/v1/match", files={"sound": sketch}, data=form).json()["id"]
        with http.stream("GET", f"/v1/jobs/{job}/events") as events:
            for line in events.iter_lines():
                found = re.search(r'"renders": (\d+),', line)
                if found and int(found[1]) >= 10:  # a state between two looks is left out
                    break
        http.delete(f"/v1/jobs/{job}")
        sketch.seek(0)
        form = {"method": "parameters"}
        answer = http.post("/v1/match", files={"sound": sketch}, data=form).json()
        (kept,) = http.get("/v1/history").json()  # the cancelled one is not
        assert kept["unit"] == pytest.approx(answer["result"]["candidates"][0]["unit"], abs=1e-6)
        note = answer["result"]["note"]
        received = http.get(f"/v1/presets/{kept['id']}/preview?note={note['midi']}")
        preset = http.get(f"/v1/presets/{kept['id']}/file").text
    synth = vita.Synth()
    assert synth.load_json(preset)
    clip = load_checkpoint("vital-32").spec.note  # a preview is a clip of the model
    played = synth.render(note["midi"], note["velocity"] / 127, clip.hold_s, clip.length_s)
    audio, _ = soundfile.read(io.BytesIO(received.content), dtype="float32")
    gain = np.abs(audio).max() / np.abs(played).max()  # a loud preset is turned down
    assert gain < 1.001
    assert np.abs(audio.T - gain * played).max() < 1e-3


def test_a_resynthesis_over_http_is_played_kept_and_undone(tmp_path: Path) -> None:
    """The server plays the preset that the match built, by its macros, and can go back."""
    with (
        live_server(lambda: open_service("vital-32", tmp_path)) as running,
        httpx.Client(base_url=running.http_url, timeout=120) as http,
        sketch_paths()["plucked_string"].open("rb") as sketch,
    ):
        before = http.get("/v1/instrument").json()
        answer = http.post("/v1/match", files={"sound": sketch}).json()
        result, note = answer["result"], answer["result"]["note"]
        assert result["method"] == "resynthesis" and result["distance"] < 1.0
        playing = http.get("/v1/instrument").json()
        assert playing["patch"] is not None
        assert playing["knobs"][0]["name"] == "BRIGHTNESS"
        (kept,) = http.get("/v1/history").json()
        assert kept["origin"]["distance"] == result["distance"]
        preset = http.get(f"/v1/presets/{kept['id']}/file")
        assert preset.json()["settings"] == answer["preset"]["settings"]
        received = http.get(f"/v1/presets/{kept['id']}/preview?note={note['midi']}")
        assert received.status_code == 200 and len(received.content) > 100_000
        http.post("/v1/instrument/undo")
        assert http.get("/v1/instrument").json()["parameters"] == before["parameters"]


def test_the_same_seed_gives_the_same_answer(tmp_path: Path) -> None:
    sketch = sketch_paths()["plucked_string"]
    folders = [tmp_path / str(i) for i in range(2)]
    asked = ("match", sketch, "--limit", "60", "--json", "--out")
    first, second = (json.loads(patchwright(*asked, folder)) for folder in folders)
    assert first["candidates"] == second["candidates"]
    wavs = [(tmp_path / str(i) / "match.wav").read_bytes() for i in range(2)]
    assert wavs[0] == wavs[1]


def test_spec_to_dataset_to_model_to_preset(tmp_path: Path) -> None:
    data, model, answer = tmp_path / "data", tmp_path / "model", tmp_path / "answer"
    patchwright("render", "vital-16", "--count", "60", "--seed", "3", "--out", data)
    patchwright("train", data, "--out", model, "--epochs", "1", "--batch", "8")
    patchwright("match", sketch_paths()["filtered_sweep"], "--model", model, "--out", answer)
    found = json.loads((answer / "match.json").read_text())
    assert found["model"] == "model"
    assert found["spec"] == "vital-16"
    assert np.isfinite(found["distance"])
    table = patchwright(
        "evaluate", model, "--dataset", data, "--count", "2", "--out", tmp_path / "results"
    )
    assert "| quick |" in table
    assert len(projected_targets(open_store(data), 2)) == 2


def test_a_knob_moves_parameters_and_comes_back_exactly() -> None:
    with running_server("vital-32") as server:
        turn_a_knob(server.osc)  # raises unless the start comes back bit for bit


@pytest.mark.parametrize("name", sorted(p.parent.name for p in SHIPPED.glob("*/config.json")))
def test_shipped_model_keeps_its_promises(name: str) -> None:
    checkpoint = load_checkpoint(name)
    assert checkpoint.library is not None
    assert len(checkpoint.library) >= (20_000 if name == "vital-32" else 10_000)
    for file in (SHIPPED / name).glob("*.safetensors"):
        assert file.stat().st_size <= 16e6
    assert (SHIPPED / name / "MODEL_CARD.md").is_file()
    random = np.random.default_rng(0)
    presets = checkpoint.library.units(random.choice(len(checkpoint.library), 1000, replace=False))
    corners = (random.random(presets.shape) < 0.5).astype(np.float32)
    for units in (presets, corners, np.zeros_like(presets[:1]), np.ones_like(presets[:1])):
        unit = torch.from_numpy(checkpoint.spec.snap(units))
        with torch.no_grad():
            back = checkpoint.model.z_to_unit(checkpoint.model.unit_to_z(unit), like=unit)
        assert (back - unit).abs().max() <= 1e-4


@pytest.mark.parametrize("name", ["vital-32", "amsynth-34"])
def test_two_models_are_shipped(name: str) -> None:
    assert (SHIPPED / name / "config.json").is_file()


def test_a_sketch_becomes_an_amsynth_preset_that_gives_the_promised_audio(tmp_path: Path) -> None:
    amsynth()
    sketch = sketch_paths()["plucked_string"]
    found = json.loads(
        patchwright("match", sketch, "--model", "amsynth-34", "--out", tmp_path, "--json")
    )
    spec, note = load_checkpoint("amsynth-34").spec, found["note"]
    preset = (tmp_path / "preset.fxp").read_bytes()
    with RenderPool(spec) as pool:
        times = {"hold_s": note["hold_s"], "length_s": note["length_s"]}
        job = RenderJob(0, note["midi"], note["velocity"], preset=preset, **times)
        (again,) = pool.render([job], whole)
    written, _ = soundfile.read(tmp_path / "match.wav", dtype="float32")
    assert again.audio is not None and np.array_equal(written.T, again.audio)
