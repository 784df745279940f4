"""The bridge end to end: a real server, the link, Live; and its commands."""

from __future__ import annotations

import json
import socket
import threading
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

import patchwright
from datasets.errors import SpecError
from datasets.spec import SynthSpec, load_spec
from plugin_bridge.ableton.ableton_target import open_ableton
from plugin_bridge.ableton.abletonosc_client import HERE
from plugin_bridge.ableton.simulated_live import plugin_of
from plugin_bridge.doctor import check_live, check_server, check_surge, diagnose
from plugin_bridge.sync.run_link import model_spec, run_link
from plugin_bridge.sync.target import Target
from server.demo import free_port
from tests import ROOT
from tests.fakes.fake_model import FakeCheckpoint
from tests.fakes.live_set import live_set
from tests.long.live_moves import linked, play, values, wait_for, wanted
from tests.programs.live_server import FREE_PORTS, OscClient, fake_service, live_server, parameters

SPEC = FakeCheckpoint().spec


def natives(client: OscClient) -> dict[str, float]:
    """What the server holds now."""
    client.hear()
    return {name: said[1] for name, said in parameters(client.state).items()}


def test_a_macro_turned_over_osc_ends_in_live_and_a_knob_turned_in_live_in_the_server() -> None:
    device = plugin_of(SPEC)
    with (
        live_server() as running,
        live_set(device) as live,
        linked(running.osc, live, SPEC),
        OscClient(running) as client,
    ):
        client.subscribe()
        wait_for(lambda: values(device) == wanted(natives(client), SPEC), 10)
        before = values(device)
        client.send("/patchwright/macro/1", 0.05)
        wait_for(lambda: values(device) == wanted(natives(client), SPEC), 10)
        assert values(device) != before

        live.turn(device.named("Filter 1 Cutoff"), 0.5)
        wait_for(lambda: natives(client)["filter_1_cutoff"] == 72.0, 10)
        time.sleep(0.5)  # longer than a user's move blocks the server
        assert device.named("Filter 1 Cutoff").value == 0.5
        assert device.named("Filter 1 Cutoff").strays == []
        client.send("/patchwright/undo")  # it was one gesture, and nothing came after it
        wait_for(lambda: values(device) == wanted(natives(client), SPEC), 10)
        assert natives(client)["filter_1_cutoff"] != 72.0


def test_knobs_turned_without_pause_end_exactly_in_live() -> None:
    """On a real clock, with Live's own tick; ``tests.long.live_moves`` is the whole minute."""
    with live_server() as running:
        report = play(running.osc, SPEC, seconds=2.0, hz=60.0, knobs=3)
    assert report["exact"] is True
    assert (report["beyond_range"], report["packets_lost"]) == (0, 0)


def test_a_server_that_starts_again_is_found() -> None:
    device = plugin_of(SPEC)
    port = free_port(socket.SOCK_DGRAM)
    with live_set(device) as live, linked(("127.0.0.1", port), live, SPEC) as reports:
        for round_ in range(2):
            with live_server(ports=replace(FREE_PORTS, osc_port=port)) as running:
                with OscClient(running) as client:
                    client.send("/patchwright/param/set", "reverb_dry_wet", 0.25 + round_ / 2)
                    client.subscribe()
                    wait_for(lambda: values(device) == wanted(natives(client), SPEC), 15)
        assert sum("sends its parameters" in line for line in reports) >= 1
        assert sum("connected to" in line for line in reports) == 1


def test_live_that_starts_again_is_found() -> None:
    device = plugin_of(SPEC)
    with live_set(device) as live, live_server() as running, OscClient(running) as client:
        client.subscribe()
        with linked(running.osc, live, SPEC) as reports:
            wait_for(lambda: values(device) == wanted(natives(client), SPEC), 10)
            live.tracks["Lead"].clear()
            wait_for(lambda: "continues as soon as" in reports[-1], 15)
            live.tracks["Drums"].append(device)
            for parameter in device.parameters[1:]:
                parameter.value = 0.0
            wait_for(lambda: values(device) == wanted(natives(client), SPEC), 15)


def test_run_link_ends_on_request_and_closes(tmp_path: Path) -> None:
    device, stopped, reports = plugin_of(SPEC), threading.Event(), list[str]()
    with live_set(device) as live, live_server() as running:

        def opened(spec: SynthSpec) -> Target:
            return open_ableton(spec, at=live.at)

        address = "{}:{}".format(*running.osc)
        arguments = (opened, "vital-16", address, reports.append, "", stopped)
        thread = threading.Thread(target=run_link, args=arguments, daemon=True)
        thread.start()
        wait_for(lambda: any("sends its parameters" in line for line in reports), 10)
        wait_for(lambda: any("connected to" in line for line in reports), 10)
        stopped.set()
        thread.join(10)
        assert not thread.is_alive()
        with closing(open_ableton(SPEC, at=live.at)):  # the reply port is free again
            pass


def test_a_model_is_a_name_a_folder_or_a_spec(tmp_path: Path) -> None:
    assert model_spec("vital-32") == load_spec("vital-32")
    assert model_spec(str(ROOT / "models" / "shipped" / "vital-32")).names == (
        load_spec("vital-32").names
    )
    (tmp_path / "config.json").write_text(json.dumps({"name": "mine"}))
    with pytest.raises(SpecError, match=r"config\.json: no spec in it"):
        model_spec(str(tmp_path))
    with pytest.raises(SpecError, match="vital-33"):
        model_spec("vital-33")


def test_the_doctor_tells_one_line_each_and_what_to_do() -> None:
    nobody = f"127.0.0.1:{free_port(socket.SOCK_DGRAM)}"
    at = replace(HERE, port=free_port(socket.SOCK_DGRAM), reply_port=free_port(socket.SOCK_DGRAM))
    started = time.monotonic()
    lines = diagnose("vital-16", nobody, live=at)
    assert time.monotonic() - started < 10
    assert [line.partition(":")[0] for line in lines] == [
        "server",
        "Live",
        "Surge XT",
        "MIDI",
        "JACK",
    ]
    assert not any("\n" in line for line in lines)
    assert "start `patchwright serve`" in lines[0]
    assert "start Live 11" in lines[1]


def test_the_doctor_sees_a_server_and_its_model() -> None:
    with live_server() as running:
        assert "plays vital-16, 16 parameters" in check_server(SPEC, running.osc, "")
        assert "a model other than nekobi-8" in check_server(load_spec("nekobi-8"), running.osc, "")
    with live_server(fake_service, token="sesame") as running:
        assert "plays vital-16" in check_server(SPEC, running.osc, "sesame")


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        ((), "with all 16 parameters: run `patchwright bridge"),
        (["env_1_decay"], "Envelope 1 Decay"),
    ],
)
def test_the_doctor_sees_live_and_its_panel(missing: list[str], said: str) -> None:
    with live_set(plugin_of(SPEC, missing)) as live:
        assert said in check_live(SPEC, live.at)


def test_the_doctor_receives_surges_answer() -> None:
    port, out = free_port(socket.SOCK_DGRAM), free_port(socket.SOCK_DGRAM)
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as surge:
        surge.bind(("127.0.0.1", port))
        assert f"no answer on UDP port {port}" in check_surge(port, out)
        assert surge.recv(1024).startswith(b"/q/param/macro/1\0")

        def answer() -> None:
            surge.recv(1024)
            surge.sendto(b"/param/macro/1\0\0,f\0\0\0\0\0\0", ("127.0.0.1", out))

        threading.Thread(target=answer, daemon=True).start()
        assert check_surge(port, out) == f"answers on UDP port {port}"


@pytest.mark.parametrize("command", [[], ["ableton"], ["doctor"]])
def test_the_commands_describe_themselves(command: list[str]) -> None:
    done = CliRunner().invoke(patchwright.app, ["bridge", *command, "--help"])
    assert done.exit_code == 0
    assert "--server" in done.output or "ableton" in done.output


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--server", "nowhere", "HOST:PORT"),
        ("--model", "vital-33", "spec 'vital-33' does not exist"),
    ],
)
def test_a_wrong_option_is_one_line(
    option: str,
    value: str,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("sys.argv", ["patchwright", "bridge", "ableton", option, value])
    with pytest.raises(SystemExit) as stopped:
        patchwright.main()
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert stopped.value.code == 2 and line.startswith("error: ") and said in line
