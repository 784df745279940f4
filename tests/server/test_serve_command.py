"""``patchwright serve`` as a process: its options in a file, in the environment, and its log."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import numpy as np
import psutil
import pytest

from datasets.errors import ServeError, StoreError
from datasets.spec import load_spec
from renderer.engines.base import open_engine
from server.config import read_config
from server.lifecycle import open_service
from server.presets.collection_errors import CollectionError
from server.presets.preview_cache import wav
from server.sketches import sketch_paths
from tests import ROOT
from tests.fakes.vital_patch import changed, vital_file
from tests.programs.midi_ports import wait_for
from tests.programs.real_plugins import amsynth, nekobi

FREE = ("--osc-port", "0", "--oscquery-port", "0", "--no-announce")
KNOWN = {"osc_port", "log_format", "token"}


@contextmanager
def serving(*options: str, **environment: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A server on free ports; the URL of its HTTP."""
    command = [sys.executable, "patchwright.py", "serve", "--http-port", "0", *options]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=os.environ | environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    with process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, process.communicate()[1]
            yield line.split()[1], process
        finally:
            process.send_signal(signal.SIGTERM)


def config(folder: Path, text: str) -> Path:
    path = folder / "patchwright.toml"
    path.write_text(text)
    return path


def test_options_come_from_flags_then_environment_then_file(tmp_path: Path) -> None:
    path = config(
        tmp_path,
        'model = "no-such-model"\ntoken = "from the file"\nosc-port = 0\noscquery_port = 0\n'
        f'announce = false\nlog_format = "text"\ndata = "{tmp_path.as_posix()}"\n',
    )
    flags = ["--config", str(path), "--model", "vital-32"]
    with serving(*flags, PATCHWRIGHT_LOG_FORMAT="json") as (url, process):
        assert httpx.get(f"{url}/healthz").status_code == 401
        headers = {"Authorization": "Bearer from the file"}
        health = httpx.get(f"{url}/healthz", headers=headers).json()
        assert health["model"] == "vital-32"
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=30)
    lines = [json.loads(line) for line in log.splitlines()]
    asked = [line for line in lines if line["message"] == "request"]
    assert [line["status"] for line in asked] == [401, 200]
    assert all({"time", "level", "logger", "method", "path", "ms"} <= set(line) for line in asked)
    assert "from the file" not in log
    assert (tmp_path / "collection.sqlite3").exists()
    assert process.returncode == 0


def test_a_server_that_hosts_a_plugin_ends_on_request(tmp_path: Path) -> None:
    """DawDreamer waits for ever for the thread that a VST3 was loaded in."""
    flags = ["--model", "nekobi-8", "--osc-port", "0", "--oscquery-port", "0", "--no-announce"]
    flags += ["--data", str(tmp_path)]
    with serving(*flags, PATCHWRIGHT_PLUGINS=str(nekobi().parent)) as (_, process):
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    assert process.returncode == 0


def test_a_patch_is_the_template_and_plays_as_vital_itself_plays_it(tmp_path: Path) -> None:
    vita = pytest.importorskip("vita", reason="no wheel of vita for this platform")
    file = changed(vital_file(), osc_1_random_phase=0.0, env_1_attack=2.5, volume=5000.0)
    path = tmp_path / "mine.vital"
    path.write_text(json.dumps(file))
    synth, note = vita.Synth(), load_spec("vital-32").note
    assert synth.load_json(json.dumps(file))
    samples = round(note.length_s * 44100)
    audio = synth.render(60, note.velocity / 127, note.hold_s, (samples + 0.5) / 44100)
    expected = wav(audio[:, :samples].astype(np.float32), 44100)
    flags = ["--model", "vital-32", "--patch", str(path), "--data", str(tmp_path), *FREE]
    with serving(*flags) as (url, process), httpx.Client(base_url=f"{url}/v1", timeout=120) as http:
        state = http.get("/instrument").json()
        assert state["template"] == "mine.vital" and state["undo"] == 0
        assert http.get("/instrument/preview").content == expected
        knob = next(knob for knob in state["knobs"] if not knob["idle"])
        where = f"/instrument/knobs/{knob['index']}"
        http.put(where, json={"position": 1.0 - round(knob["position"])})
        assert http.get("/instrument/preview").content != expected
        back = http.put(where, json={"position": knob["position"]}).json()
        assert back["parameters"] == state["parameters"]
        assert http.get("/instrument/preview").content == expected
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=60)
    assert "mine.vital: env_1_attack is 2.5, beyond the learned range" in log


def test_amsynth_plays_on_a_saved_state(tmp_path: Path) -> None:
    amsynth()
    engine = open_engine(load_spec("amsynth-34"))
    engine.set(dict.fromkeys(engine.read(), 0.4))
    path = tmp_path / "mine.fxp"
    path.write_bytes(engine.preset("mine"))
    flags = ["--model", "amsynth-34", "--patch", str(path), "--data", str(tmp_path), *FREE]
    with serving(*flags) as (url, _), httpx.Client(base_url=f"{url}/v1", timeout=120) as http:
        state = http.get("/instrument").json()
        assert state["template"] == "mine.fxp"
        natives = {name: one["native"] for name, one in state["parameters"].items()}
        engine.load_preset(path.read_bytes())  # the file has steps and a few digits
        held = {name: value for name, value in engine.read().items() if name in natives}
        assert natives == pytest.approx(held)
        on_patch = http.get("/instrument/preview").content
        assert http.delete("/instrument/patch").json()["template"] is None
        assert http.get("/instrument/preview").content != on_patch
        answer = http.put("/instrument/patch?title=mine", content=path.read_bytes())
        assert answer.json()["parameters"] == state["parameters"]
        assert http.get("/instrument/preview").content == on_patch
        refused = http.put("/instrument/patch", content=vital_file())
        assert (
            refused.status_code == 422
            and "patch.vital has no value" in refused.json()["error"]["message"]
        )


def test_a_patch_that_cannot_be_used_is_refused_before_the_matcher_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("server.lifecycle.MatcherProcess")
    path = tmp_path / "bad.vital"
    with pytest.raises(StoreError, match=r"bad\.vital cannot be read"):
        open_service("vital-32", tmp_path, path)
    for content in (b"nonsense", b"", b"{}", b"CcnK"):
        path.write_bytes(content)
        with pytest.raises(StoreError, match="bad"):
            open_service("vital-32", tmp_path, path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("osc_prot = 1", "osc_prot"),
        ("osc_port = [1]", "one value"),
        ("osc_port = ", "--config"),
        ("[osc]\nport = 1", "'osc'"),
    ],
)
def test_a_wrong_file_is_named(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ServeError, match=words):
        read_config(config(tmp_path, text), KNOWN)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ServeError, match=r"none\.toml"):
        read_config(tmp_path / "none.toml", KNOWN)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--log-level", "loud"], "--log-level 'loud'"),
        (["--log-format", "xml"], "--log-format 'xml'"),
        (["--host", "0.0.0.0"], "--host 0.0.0.0: other machines"),
        (["--osc-host", "0.0.0.0"], "--osc-host 0.0.0.0: other machines"),
    ],
)
def test_wrong_options_are_reported_before_anything_is_loaded(
    options: list[str], words: str
) -> None:
    command = [sys.executable, "patchwright.py", "serve", *options]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 2
    assert ended.stderr.startswith("error: ") and words in ended.stderr


def test_a_server_ends_though_it_played_another_plugin_before(tmp_path: Path) -> None:
    amsynth()
    with serving("--model", "amsynth-34", "--data", str(tmp_path), *FREE) as (url, process):
        answer = httpx.put(f"{url}/v1/instrument/knobs/1", json={"position": 0.4}, timeout=60)
        assert answer.status_code == 200
        to = {"name": "vital-32"}
        assert httpx.put(f"{url}/v1/instrument/model", json=to, timeout=120).status_code == 200
        process.send_signal(signal.SIGTERM)
        _, words = process.communicate(timeout=60)
    assert process.returncode == 0, words


def test_a_collection_that_cannot_be_used_ends_a_server_at_once(tmp_path: Path) -> None:
    amsynth()
    (tmp_path / "collection.sqlite3").write_text("not a database, but as long as a page" * 100)
    command = [sys.executable, "patchwright.py", "serve", "--model", "amsynth-34", *FREE]
    command += ["--http-port", "0", "--data", str(tmp_path)]
    ended = subprocess.run(command, cwd=ROOT, text=True, capture_output=True, timeout=120)
    assert ended.returncode == 2 and "move it away" in ended.stderr


def test_bad_packets_do_not_fill_the_log() -> None:
    """The clients that send them are other programs, some a thousand times a second."""
    code = (
        "import logging\n"
        "from server.logging_setup import set_up\n"
        "from tests.programs.live_server import OscClient, live_server\n"
        "set_up('info', 'text')\n"
        "with live_server() as running, OscClient(running) as client:\n"
        "    for bad in (b'/a\\0\\0,xyz\\0\\0\\0\\0', b'noise', b'#bundle\\0', b'/a\\0\\0,[['):\n"
        "        client.socket.sendto(bad, running.osc)\n"
        "    client.subscribe()\n"
        "    logging.warning('seen')\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    serving, seen = ended.stderr.splitlines()
    assert " INFO serving " in serving and seen.endswith("WARNING seen")


@pytest.mark.parametrize("data", ["file", "file/folder"])
def test_data_that_is_no_folder_is_one_line(tmp_path: Path, data: str) -> None:
    amsynth()
    (tmp_path / "file").write_text("x")
    command = [sys.executable, "patchwright.py", "serve", "--model", "amsynth-34", *FREE]
    command += ["--http-port", "0", "--data", str(tmp_path / data)]
    ended = subprocess.run(command, cwd=ROOT, text=True, capture_output=True, timeout=120)
    assert ended.returncode == 2, ended.stderr
    (line,) = ended.stderr.splitlines()
    assert line.startswith("error: collection ") and "--data" in line


def test_a_signal_ends_a_server_whose_matcher_hangs(tmp_path: Path) -> None:
    sound = sketch_paths()["plucked_string"].read_bytes()
    form = {"budget": "deep", "wait": "false"}
    with serving("--data", str(tmp_path), *FREE) as (url, process):
        job = httpx.post(f"{url}/v1/match", files={"sound": sound}, data=form, timeout=60)
        path = f"{url}/v1/jobs/{job.json()['id']}"
        wait_for(lambda: "progress" in httpx.get(path).json(), "the search has begun", 120)
        (matcher,) = (child for child in psutil.Process(process.pid).children() if child.children())
        matcher.suspend()
        process.send_signal(signal.SIGTERM)
        _, words = process.communicate(timeout=120)
    assert process.returncode == 0, words
    assert not matcher.is_running()


def test_clients_that_give_up_leave_a_real_matcher_to_the_next_one(tmp_path: Path) -> None:
    """Eight abandoned searches of half an hour each, then an honest request."""
    sound = sketch_paths()["plucked_string"].read_bytes()
    with serving("--data", str(tmp_path), *FREE) as (url, _):
        for _ in range(8):
            with pytest.raises(httpx.ReadTimeout):
                files, form = {"sound": sound}, {"budget": "deep"}
                httpx.post(f"{url}/v1/match", files=files, data=form, timeout=1)
        honest = httpx.post(f"{url}/v1/match", files={"sound": sound}, timeout=120)
        assert honest.status_code == 200, honest.text
        states = [job["state"] for job in httpx.get(f"{url}/v1/jobs").json()]
        assert states == ["cancelled"] * 8 + ["done"]


def test_a_collection_that_cannot_be_used_is_named_before_anything_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A synth takes seconds to load, and on a busy machine a minute."""
    for loads in ("load_playable", "MatcherProcess"):
        monkeypatch.setattr(f"server.lifecycle.{loads}", pytest.fail)
    (tmp_path / "file").write_text("x")
    with pytest.raises(CollectionError, match="--data"):
        open_service("vital-32", tmp_path / "file")
