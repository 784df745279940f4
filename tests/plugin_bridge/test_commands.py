"""``patchwright bridge`` for targets other than Live: a real server, the link, a real socket."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import mido
import pytest
from typer.testing import CliRunner

import patchwright
from datasets.preset_files import read_vital
from datasets.spec import load_spec
from plugin_bridge.midi.amsynth_controllers import controllers_file
from plugin_bridge.midi.map import read_midi_map
from plugin_bridge.osc.generic import open_generic
from plugin_bridge.osc.socket import messages, number
from plugin_bridge.preset_files.preset_target import preset_file
from plugin_bridge.sync.run_link import run_link
from tests.fakes.fake_model import FakeCheckpoint
from tests.long.live_moves import wait_for
from tests.programs.live_server import OscClient, live_server, parameters
from tests.programs.osc_program import Program

SPEC = FakeCheckpoint().spec


class Receiver(threading.Thread):
    """Store the last value that arrived at each address."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.program, self.values, self.packets = Program(), dict[str, float](), 0

    def run(self) -> None:
        while (packet := self.program.socket.recv(65536)) != b"end":
            for path, arguments in messages(packet):
                value = number(arguments)
                assert value is not None
                self.values[path], self.packets = value, self.packets + 1

    def end(self) -> None:
        self.program.throw(self.program.port, b"end")
        self.join(5)
        self.program.close()


@contextmanager
def bridged(receiver: Receiver, server: tuple[str, int], folder: Path) -> Iterator[int]:
    """The bridge to the receiver, as ``patchwright bridge osc`` runs it; its feedback port."""
    other = Program()
    other.close()
    lines = [f"port = {receiver.program.port}", f"listen_port = {other.port}", "[parameters]"]
    for place, one in enumerate(SPEC.parameters):
        ends = [min(one.values or (one.low,)), max(one.values or (one.high,))]
        entry = f'address = "/p/{place}", feedback = "/p/{place}", native = {ends}'
        lines.append(f"{json.dumps(one.name)} = {{ {entry} }}")
    path = folder / "map.toml"
    path.write_text("\n".join(lines))
    model = folder / "model"
    model.mkdir()
    (model / "config.json").write_text(json.dumps({"spec": SPEC.to_dict()}))
    stopped = threading.Event()
    address = f"{server[0]}:{server[1]}"
    thread = threading.Thread(
        target=run_link,
        args=(lambda spec: open_generic(spec.names, path), str(model), address, print),
        kwargs={"stopped": stopped},
    )
    thread.start()
    try:
        yield other.port
    finally:
        stopped.set()
        thread.join(10)
        assert not thread.is_alive()


def held(client: OscClient) -> dict[str, float]:
    """The server's native values by name."""
    client.hear()
    return {name: said[1] for name, said in parameters(client.state).items()}


def test_a_macro_ends_at_the_program_and_its_knob_at_the_server(tmp_path: Path) -> None:
    receiver = Receiver()
    receiver.start()
    with live_server() as running, OscClient(running) as client:
        with bridged(receiver, running.osc, tmp_path) as feedback:
            client.subscribe()

            def same() -> bool:
                native = held(client)
                wanted = [native[name] for name in SPEC.names]
                sent = [receiver.values.get(f"/p/{place}") for place in range(len(SPEC))]
                return None not in sent and sent == pytest.approx(wanted, abs=1e-4)

            wait_for(same, 10)
            before = dict(receiver.values)
            client.send("/patchwright/macro/1", 0.05)
            wait_for(lambda: receiver.values != before and same(), 10)

            place = next(i for i, p in enumerate(SPEC.parameters) if p.kind == "continuous")
            one, packets = SPEC.parameters[place], receiver.packets
            turned = one.low + 0.75 * (one.high - one.low)
            receiver.program.tell(feedback, f"/p/{place}", turned)
            wait_for(lambda: held(client)[one.name] == pytest.approx(turned, abs=1e-4), 10)
            time.sleep(0.5)  # longer than a user's move blocks the server
            assert receiver.packets == packets  # nothing went round
    receiver.end()


def test_a_macro_ends_in_a_preset_file(tmp_path: Path) -> None:
    kept, stopped = preset_file(load_spec("vital-16"), tmp_path / "mine.vital"), threading.Event()

    def written() -> dict[str, float]:
        ((_, native),) = read_vital(kept.path)
        return {name: native[name] for name in SPEC.names}

    with live_server() as running, OscClient(running) as client:
        address = f"{running.osc[0]}:{running.osc[1]}"
        arguments = (lambda _: kept.open(), "vital-16", address, print, "", stopped)
        thread = threading.Thread(target=run_link, args=arguments)
        thread.start()
        client.subscribe()
        wait_for(lambda: kept.path.exists() and written() == pytest.approx(held(client)), 20)
        before = written()
        client.send("/patchwright/macro/1", 0.05)
        wait_for(lambda: before != written() == pytest.approx(held(client)), 20)
        stopped.set()
        thread.join(10)


@pytest.mark.parametrize(
    "command", ["surge", "midi", "learn", "amsynth-controllers", "reaper", "osc", "preset"]
)
def test_every_target_has_a_command_that_describes_itself(command: str) -> None:
    done = CliRunner().invoke(patchwright.app, ["bridge", command, "--help"])
    assert done.exit_code == 0 and "Usage:" in done.output


def test_amsynth_is_given_its_controllers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    done = CliRunner().invoke(patchwright.app, ["bridge", "amsynth-controllers"])
    assert done.exit_code == 0 and "restart amsynth" in done.output
    written = (tmp_path / "amsynth" / "controllers").read_bytes()
    assert written == controllers_file(read_midi_map("amsynth"))


class Hands:
    """A port on which another knob is swept each time that one has been still for a while."""

    def __init__(self) -> None:
        self.control, self.polls = 19, 0

    def iter_pending(self) -> Iterator[Any]:
        self.polls += 1
        if self.polls % 70 != 2:  # 10 ms each: longer than a movement takes to end
            return
        self.control += 1
        for value in range(0, 128, 8):
            yield mido.Message("control_change", channel=3, control=self.control, value=value)

    def close(self) -> None:
        pass


def test_a_map_is_learned_and_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plugin_bridge.midi.ports.open_input", lambda name: Hands())
    names, path = load_spec("nekobi-8").names, tmp_path / "mine.toml"
    arguments = ["bridge", "learn", str(path), "--in", "My Synth", "--model", "nekobi-8"]
    done = CliRunner().invoke(patchwright.app, arguments)
    assert done.exit_code == 0, done.output
    assert [f"move {name}" in done.output for name in names] == [True] * len(names)
    learned = read_midi_map(path)
    assert learned.channel == 4 and set(learned.assignments) == set(names)
