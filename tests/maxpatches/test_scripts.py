"""The device's JavaScript: alone under node, and against a real server by UDP."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from datasets.spec import load_spec
from maxpatches.build.script import ORDER, SOURCES, vital
from plugin_bridge.protocol import INCOMING, OUTGOING
from server.lifecycle import Running
from tests.fakes.fake_model import write_sound
from tests.programs.live_server import OscClient, knobs, live_server, parameters
from tests.programs.node import node

SCRIPTS = Path(__file__).parent / "scripts"
PAD = SOURCES.parent / "patchwright-pad.js"


def test_the_scripts_do_what_their_tests_say() -> None:
    files = sorted(str(path) for path in SCRIPTS.glob("*.test.js"))
    command = [node(), "--test", "--test-reporter=tap", *files]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout[-8000:]
    (passed,) = re.findall(r"^# pass (\d+)$", done.stdout, flags=re.MULTILINE)
    written = "".join(Path(path).read_text(encoding="utf-8") for path in files)
    assert int(passed) == len(re.findall(r"^test\(", written, flags=re.MULTILINE))


def test_every_source_is_in_the_script() -> None:
    assert sorted(ORDER) == sorted(path.stem for path in SOURCES.glob("*.js"))


def test_addresses_are_named_not_written() -> None:
    """Sources take every address from the protocol's table, by a name that it has."""
    code = "".join(path.read_text(encoding="utf-8") for path in (*SOURCES.glob("*.js"), PAD))
    assert "/patchwright/" not in code
    table = (SOURCES.parent / "patchwright.js").read_text(encoding="utf-8")
    written = set(re.findall(r"/patchwright/[\w/]+", table))
    assert written == {address.path for address in (*INCOMING, *OUTGOING)}
    named = set(re.findall(r'^    "([A-Z_]+)": "/', table, flags=re.MULTILINE))
    sent = set(re.findall(r'(?:say|ask)\("([A-Z]+)"', code)) | set(
        re.findall(r'\b\w+: "([A-Z]+)"', code)
    )
    assert {"MACRO", "SUBSCRIBE", "MATCH", "UNDO", "WANDER"} <= sent <= named
    received = set(re.findall(r"RECEIVED\.([A-Z_]+)", code))
    assert len(received) == len(OUTGOING) and received <= named


def test_vital_is_known_by_its_own_names_and_ranges() -> None:
    """A spec's ranges are inside the plugin's ranges, so no value is clipped."""
    known, spec = vital(), load_spec("vital-64")
    assert known["osc_1_level"] == ("Oscillator 1 Level", 0.0, 1.0)
    for parameter in spec.parameters:
        _, low, high = known[parameter.name]
        ends = parameter.values or (parameter.low, parameter.high)
        assert low <= min(ends) < max(ends) <= high, parameter.name
    shown = {re.sub("[^a-z0-9]", "", name.lower()) for name, _, _ in known.values()}
    assert len(shown) == len(known), "two controls would be taken for one"


def test_the_scripts_are_plain_es5() -> None:
    """[js] of Max 8 knows no more; a newer word would only fail inside Max."""
    code = "".join(path.read_text(encoding="utf-8") for path in (*SOURCES.glob("*.js"), PAD))
    bare = re.sub(r"/\*.*?\*/|//[^\n]*|\"[^\"\n]*\"", "", code, flags=re.DOTALL)
    newer = re.findall(r"=>|`|\b(?:let|const|class|async|await|import)\s|\.\.\.| of \w+\)", bare)
    assert newer == []
    assert "outlet.apply" not in bare


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with live_server() as server:
        yield server


def start(running: Running, *what: str) -> "subprocess.Popen[str]":
    command = [node(), str(SCRIPTS / "live_client.js"), str(running.osc[1]), *what]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def answer(device: "subprocess.Popen[str]") -> dict[str, Any]:
    said, wrong = device.communicate(timeout=40)
    assert device.returncode == 0, wrong
    report: dict[str, Any] = json.loads(said)
    return report


def test_the_device_plays_a_real_server(running: Running) -> None:
    """It subscribes, receives the knobs' names, turns one, and the parameters change."""
    report = answer(start(running, "turn"))
    before, after = report["before"], report["after"]
    assert before["names"] == {"1": "bright", "2": "soft", "3": "wide"}
    assert before["params"] != after["params"]
    with OscClient(running) as eye:
        state = eye.subscribe()
        here = {name: said[:2] for name, said in parameters(state).items()}
        assert after["params"] == here
        assert knobs(state)[1][0] == (0.75 if before["dials"]["1"] < 0.5 else 0.25)
        eye.unsubscribe()


def test_two_devices_hear_each_other_at_ports_of_their_own(running: Running) -> None:
    listener = start(running, "listen")
    assert listener.stdout is not None
    assert listener.stdout.readline() == "ready\n"
    turned, moved = answer(start(running, "turn")), answer(listener)
    with OscClient(running) as eye:
        position = knobs(eye.subscribe())[1][0]
        eye.unsubscribe()
    assert moved["position"] == position
    assert moved["port"] != turned["after"]["port"]


def test_a_dropped_sound_is_answered_in_words(running: Running, tmp_path: Path) -> None:
    report = answer(start(running, "match", str(write_sound(tmp_path / "a voice.wav"))))
    assert "distance 2.5 dB" in report["statuses"]
    assert report["before"]["params"] != report["after"]["params"]


def test_what_is_kept_is_listed(running: Running) -> None:
    assert answer(start(running, "keep", "glass harp"))["favourites"][0] == "glass harp"
