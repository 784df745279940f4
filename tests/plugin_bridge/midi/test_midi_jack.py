"""Test real MIDI: bytes through JACK, and Debian's amsynth in both directions."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

import mido
import pytest

from datasets.preset_files import read_bank
from datasets.spec import load_spec
from plugin_bridge.midi.amsynth_controllers import controllers_path, install
from plugin_bridge.midi.map import Assignment, MidiMap, read_midi_map
from plugin_bridge.midi.midi_target import MidiTarget, open_midi
from plugin_bridge.midi.ports import midi_ports
from plugin_bridge.sync.link import Link
from plugin_bridge.sync.target import ParameterChange, TargetError
from tests.fakes.live_set import Wire
from tests.programs.jack_server import jack_server
from tests.programs.midi_ports import wait_for
from tests.programs.real_plugins import lacking

SPEC = load_spec("amsynth-34")
BANK = Path("/usr/share/amsynth/banks/BriansBank01.amSynth.bank")


@pytest.fixture(scope="module")
def jack() -> Iterator[ExitStack]:
    """JACK, and what is closed once it has ended.

    rtmidi takes a port from JACK while JACK plays it: in one run that was a crash of the process.
    """
    rtmidi = pytest.importorskip("rtmidi")
    if rtmidi.API_UNIX_JACK not in rtmidi.get_compiled_api():
        pytest.skip("python-rtmidi was built without JACK")
    with ExitStack() as after:
        with jack_server(frames=1024):
            yield after


def test_bytes_arrive_as_they_were_sent(jack: ExitStack) -> None:
    import rtmidi

    received: list[bytes] = []
    far = rtmidi.MidiIn(rtapi=rtmidi.API_UNIX_JACK, name="far")
    jack.callback(far.delete)
    wait_for(lambda: _virtual(far, "hardware in"), "a JACK port opened")
    far.set_callback(lambda event, _: received.append(bytes(event[0])))
    midi_map = MidiMap(16, {"a": Assignment("cc", 74), "b": Assignment("nrpn", 260)})
    target = open_midi(["a", "b"], midi_map, "hardware in")
    jack.callback(target.close)
    target.apply([ParameterChange("a", 1.0, 1.0, ""), ParameterChange("b", 0.0, 0.0, "")])
    wait_for(lambda: len(received) == 5, "five control changes came")
    assert b"".join(received) == b"\xbf\x4a\x7f\xbf\x63\x02\xbf\x62\x04\xbf\x06\x00\xbf\x26\x00"
    with pytest.raises(
        TargetError, match=r"'absent' is not the name of a MIDI port; .*hardware in"
    ):
        open_midi(["a"], midi_map, "absent")


SYNTH = """
import rtmidi, sys, time
port = rtmidi.MidiIn(rtapi=rtmidi.API_UNIX_JACK, name="restarting")
port.set_callback(lambda event, _: print(bytes(event[0]).hex(), flush=True))
port.open_virtual_port("synth in")
print("ready", flush=True)
sys.stdin.read()
"""


@contextmanager
def synth() -> Iterator[IO[str]]:
    """A synth in a process of its own, which prints the MIDI that it gets; killed at the end."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", SYNTH], **pipes) as process:  # type: ignore[call-overload]
        assert process.stdout.readline() == "ready\n"
        try:
            yield process.stdout
        finally:
            process.kill()


def test_a_synth_that_restarts_is_noticed_and_joined_again_by_its_name(jack: ExitStack) -> None:
    reports: list[str] = []
    spec = load_spec("nekobi-8")
    midi_map = MidiMap(1, {name: Assignment("cc", 20 + n) for n, name in enumerate(spec.names)})
    values = [ParameterChange(p.name, 0.5, p.to_native(0.5), "", p.steps) for p in spec.parameters]
    with Wire() as wire:
        link = Link(
            wire.address, lambda: open_midi(spec.names, midi_map, "synth in"), spec, reports.append
        )
        jack.callback(link.close)
        with synth() as heard:
            wait_for(lambda: _step(link) and link.target is not None, "the synth is found")
            wire.heard()  # the subscription
            wire.tell(values)
            for _ in range(100):
                link.step()
            assert heard.readline().startswith("b014")
        # JACK takes the port of a killed program away, and no error says so.
        wait_for(lambda: _step(link) and link.target is None, "its end is noticed", 5.0)
        assert "the MIDI port has gone; start the synth or plug it in" in reports[-1]
        with synth() as heard:
            wait_for(lambda: _step(link) and link.target is not None, "it is joined again")
            for _ in range(100):
                link.step()
            assert heard.readline().startswith("b014")


def _step(link: Link) -> bool:
    link.step()
    return True


def _virtual(port: object, name: str) -> bool:
    try:
        port.open_virtual_port(name)  # type: ignore[attr-defined]
    except Exception:  # the server is still starting
        return False
    return True


@pytest.fixture(scope="module")
def amsynth(jack: ExitStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The program of Debian's package, headless, with our controllers and a bank of its own."""
    if not shutil.which("amsynth") or not BANK.exists():
        lacking("no program amsynth: get it with `make plugins`")
    home = tmp_path_factory.mktemp("home")
    (home / ".local" / "share").mkdir(parents=True)
    environment = {**os.environ, "HOME": str(home)}
    environment.pop("XDG_CONFIG_HOME", None)
    install(read_midi_map("amsynth"), controllers_path(environment))
    command = ["amsynth", "-x", "-ajack", "-b", str(BANK)]
    with open(home / "log", "w") as log:
        synth = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        wait_for(lambda: any("amsynth" in port for port in midi_ports()[1]), "amsynth started")
        yield
    finally:
        synth.terminate()
        synth.wait(10)


@pytest.fixture
def target(jack: ExitStack, amsynth: None) -> MidiTarget:
    one = open_midi(SPEC.names, "amsynth", "amsynth", "amsynth")
    jack.callback(one.close)
    return one


def until_quiet(target: MidiTarget) -> dict[str, float]:
    """Return everything that it sends until it pauses."""
    received: dict[str, float] = {}
    quiet = 0

    def silent() -> bool:
        nonlocal quiet
        moved = target.moved()
        received.update(moved)
        quiet = 0 if moved else quiet + 1
        return quiet > 25

    wait_for(silent, "amsynth went quiet")
    return received


def choose(number: int) -> Callable[[MidiTarget], dict[str, float]]:
    """Load a preset of the bank, as a keyboard does; amsynth then sends the changes."""

    def act(target: MidiTarget) -> dict[str, float]:
        target._output.send(mido.Message("program_change", program=number))
        return until_quiet(target)

    return act


def as_changes(preset: dict[str, float]) -> list[ParameterChange]:
    return [
        ParameterChange(p.name, p.from_native(preset[p.name]), preset[p.name], "", p.steps)
        for p in SPEC.parameters
    ]


def test_amsynth_is_set_and_received(target: MidiTarget) -> None:
    """Each controller that another preset changes is sent; that shows its old value."""
    presets = [preset for _, preset in read_bank(BANK)]
    far = max(
        range(1, len(presets)),
        key=lambda i: sum(abs(presets[i][n] - presets[0][n]) > 0.1 for n in SPEC.names),
    )
    choose(0)(target)
    received = choose(far)(target)
    assert len(received) >= 15
    # Received correctly: the bank's preset, rounded to MIDI's steps.
    for name, value in received.items():
        assert value == pytest.approx(presets[far][name], abs=0.5 / 127 + 1e-6), name

    choose(0)(target)
    target.apply(as_changes(presets[far]))
    assert until_quiet(target) == {}  # it does not echo
    # Set correctly: it already has the preset's values, so loading the preset changes nothing by
    # more than a MIDI step.
    received = choose(far)(target)
    for name, value in received.items():
        assert value == pytest.approx(presets[far][name], abs=0.5 / 127 + 1e-6), name
    assert len(received) <= 2, received
