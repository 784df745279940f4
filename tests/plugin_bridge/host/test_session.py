"""Test the live host with a real JACK: notes sound, and sound like the render."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from functools import partial
from pathlib import Path
from threading import Event, Thread, Timer

import numpy as np
import pytest

from datasets.errors import SpecError
from datasets.spec import FloatArray, load_spec
from plugin_bridge import protocol
from plugin_bridge.host.player import Player
from plugin_bridge.host.session import Host, HostOptions, run_host, running_host
from plugin_bridge.osc_client import OscClient
from plugin_bridge.sync.target import TargetError
from renderer.engines.stream import GLIDE_S, PluginStream
from tests import ROOT
from tests.programs.jack_server import FRAMES, RATE, Recorder, jack_server, may_be_urgent
from tests.programs.midi_ports import wait_for
from tests.programs.real_plugins import BUILT, nekobi


@pytest.fixture(autouse=True)
def _built_plugins_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATCHWRIGHT_PLUGINS", str(nekobi().parent if BUILT.exists() else BUILT))


@pytest.fixture
def played() -> Iterator[tuple[Host, Recorder, list[str]]]:
    reports: list[str] = []
    with (
        jack_server(patient=True),
        running_host(HostOptions("nekobi-8", "jack"), reports.append) as host,
    ):
        recorder = Recorder()
        recorder.listen(host.output.ports[0])  # type: ignore[attr-defined]
        yield host, recorder, reports
        recorder.close()
        assert not host.output.trouble


def level(audio: FloatArray) -> float:
    return float(np.sqrt(np.square(audio).mean())) if len(audio) else 0.0


def becomes(recorder: Recorder, loud: bool) -> bool:
    """Return whether a note starts to sound, or stops, within the limit."""
    for _ in range(50):
        now = level(recorder.next(0.1))
        if now > 1e-2 if loud else now < 1e-4:
            return True
    return False


def test_notes_by_osc_midi_and_hand_are_heard_and_end(
    played: tuple[Host, Recorder, list[str]],
) -> None:
    host, recorder, reports = played
    assert "nekobi-8 plays on JACK" in reports[0] and str(host.hand.port) in reports[0]
    client = OscClient(("127.0.0.1", host.hand.port), subscribed=False)
    recorder.to(f"{host.output.client_name}:midi_in")  # type: ignore[attr-defined]
    ways: list[tuple[Callable[[], None], Callable[[], None]]] = [
        (
            partial(client.send, protocol.HOST_NOTE.path, 48),
            partial(client.send, protocol.HOST_NOTE.path, 48, 0),
        ),
        (
            partial(recorder.play, bytes([0x90, 48, 85])),
            partial(recorder.play, bytes([0x80, 48, 0])),
        ),
        (partial(host.player.note, 48, 85), host.player.quiet),
    ]
    assert becomes(recorder, loud=False)
    for begin, end in ways:
        begin()
        assert becomes(recorder, loud=True)
        assert level(recorder.next(0.5)) > 1e-2  # and it lasts
        end()
        assert becomes(recorder, loud=False)
    client.close()


def test_a_keyboard_of_the_system_is_heard() -> None:
    rtmidi = pytest.importorskip("rtmidi")
    with ExitStack() as after, jack_server(patient=True):
        # While Python's own JACK clients run, rtmidi may not join: it keeps Python from answering.
        with pytest.raises(TargetError, match="'organ' is not the name of a MIDI port"):
            with running_host(HostOptions("nekobi-8", "jack", midi="organ"), print):
                pass
        keyboard = rtmidi.MidiOut(rtapi=rtmidi.API_UNIX_JACK, name="keyboard")
        keyboard.open_virtual_port("keys")
        after.callback(keyboard.delete)  # once JACK has ended: see test_midi_jack.py
        with running_host(HostOptions("nekobi-8", "jack", midi="keys"), print) as host:
            with closing(Recorder()) as recorder:
                recorder.listen(host.output.ports[0])  # type: ignore[attr-defined]
                keyboard.send_message([0x90, 48, 85])
                assert becomes(recorder, loud=True)


def test_a_wrong_message_is_reported_and_harms_nothing(
    played: tuple[Host, Recorder, list[str]],
) -> None:
    host, recorder, reports = played
    client = OscClient(("127.0.0.1", host.hand.port), subscribed=False)
    client.send(protocol.HOST_NOTE.path, 128)
    client.send(protocol.HOST_PARAMETER.path, "Cutof", 0.5)
    client.send(protocol.HOST_PARAMETER.path, "Cutoff", 1.5)
    client.send("/patchwright/host/nothing")
    client.socket.sendto(b"no osc at all", ("127.0.0.1", host.hand.port))
    client.send(protocol.HOST_NOTE.path, 48)
    assert becomes(recorder, loud=True)
    for part in ("128", "'Cutof'", "1.5", "/patchwright/host/nothing"):
        assert any(part in line for line in reports)
    client.close()


def test_jack_that_is_away_or_at_another_rate_is_named(tmp_path: Path) -> None:
    os.environ["JACK_DEFAULT_SERVER"] = "nobody"
    try:
        with pytest.raises(TargetError, match="JACK is not running"):
            with running_host(HostOptions("nekobi-8", "jack"), print):
                pass
    finally:
        os.environ.pop("JACK_DEFAULT_SERVER")
    with jack_server(rate=48000), pytest.raises(TargetError, match=r"start jackd with -r 44100$"):
        with running_host(HostOptions("nekobi-8", "jack"), print):
            pass
    with pytest.raises(SpecError, match="auto, jack, card"):
        with running_host(HostOptions("nekobi-8", "loud"), print):
            pass
    with pytest.raises(SpecError, match="cannot be read"):
        with running_host(HostOptions("nekobi-8", preset=str(tmp_path / "no")), print):
            pass


def schedulers() -> set[int]:
    """How the threads of this process are scheduled."""
    found = set[int]()
    for path in Path("/proc/self/task").iterdir():
        with suppress(ProcessLookupError):  # it has ended meanwhile
            found.add(os.sched_getscheduler(int(path.name)))
    return found


def hosted(act: Callable[[list[str]], None], ahead: int = 0) -> list[str]:
    """Run a host in this thread, as plugins need it, and act in another; return its reports."""
    reports, stopped, errors = list[str](), Event(), list[BaseException]()

    def keep(line: str) -> None:
        if not line.startswith("late blocks"):  # the machine is busy
            reports.append(line)

    def play() -> None:
        try:
            act(reports)
        except BaseException as error:
            errors.append(error)
        stopped.set()

    thread = Thread(target=play)
    with jack_server(patient=True):
        thread.start()
        try:
            run_host(HostOptions("nekobi-8", "jack", ahead=ahead), keep, stopped)
        finally:
            thread.join()
    assert not errors, errors
    return reports


def is_heard() -> bool:
    """Return whether a note that JACK carries to the host sounds."""
    recorder = Recorder()
    recorder.listen("patchwright:out_1")
    recorder.to("patchwright:midi_in")
    recorder.play(b"\x90\x30\x64")
    with closing(recorder):
        return becomes(recorder, loud=True)


def test_an_incomplete_message_by_jack_is_reported_and_the_host_plays_on() -> None:
    """JACK passes on what a program wrote, whole or not."""

    def act(reports: list[str]) -> None:
        wait_for(lambda: bool(reports), "the host plays")
        with closing(Recorder("writer")) as writer:
            writer.to("patchwright:midi_in")
            for message in (b"\x90\x30", b"\x90", b"\x30\x64", b"\xf0\x01", b"\x90\x30\xff"):
                writer.play(message)
            wait_for(lambda: len(reports) > 1, "the host reports it")
        assert is_heard()

    reports = hosted(act)
    assert len(reports) == 2 and reports[1].startswith("not played: ")
    assert reports[1].endswith("is not a complete MIDI message")


def test_a_host_leaves_jack_when_the_system_stops_it() -> None:
    """JACK waits for a client that is killed, and other clients' audio stops for that time."""
    for stop in (signal.SIGTERM, signal.SIGHUP):
        with jack_server(patient=True) as server:
            command = [sys.executable, str(ROOT / "patchwright.py"), "host", "nekobi-8"]
            command += ["--output", "jack", "--osc-port", "0"]
            with subprocess.Popen(command, text=True, stdout=subprocess.PIPE) as host:
                assert host.stdout is not None and "plays on JACK" in host.stdout.readline()
                assert "patchwright:out_1" in ports(server)
                host.send_signal(stop)
                assert host.wait(30) == 0
            assert "patchwright" not in ports(server)


def ports(server: str) -> str:
    command = ["jack_lsp", "-s", server]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_a_host_reports_that_jack_ended_and_joins_it_again() -> None:
    """In a process of its own, because it keeps the clients of ended servers open."""
    command = [sys.executable, str(ROOT / "patchwright.py"), "host", "nekobi-8"]
    command += ["--output", "jack", "--osc-port", "0"]
    with ExitStack() as running:
        with jack_server(patient=True) as name:
            host = running.enter_context(
                subprocess.Popen(command, text=True, stdout=subprocess.PIPE)
            )
            alarm = Timer(150.0, host.kill)  # a host that says nothing must not block the tests
            running.callback(host.kill)
            running.callback(alarm.cancel)
            alarm.start()
            assert "nekobi-8 plays on JACK" in next_line(host)
        for _ in range(2):
            said = next_line(host)
            assert said.startswith("the synth stopped playing: JACK ")
            assert said.endswith("it plays again when JACK is back\n")
            with jack_server(patient=True, name=name):
                assert next_line(host).startswith("the synth plays again on JACK as ")
                assert subprocess.run([sys.executable, "-c", HEARS], cwd=ROOT).returncode == 0
        assert next_line(host).startswith("the synth stopped playing: ")
        host.send_signal(signal.SIGTERM)
        assert host.wait(30) == 0


def next_line(host: subprocess.Popen[str]) -> str:
    """Return the next line that the host prints, apart from late blocks of a busy machine."""
    assert host.stdout is not None
    while (line := host.stdout.readline()).startswith("late blocks"):
        pass
    return line


# A client of a server that ends must not be in the process of the tests.
HEARS = """
from tests.plugin_bridge.host.test_session import is_heard
raise SystemExit(not is_heard())
"""


def test_where_audio_has_priority_its_inputs_do_too() -> None:
    """Otherwise a busy machine blocks the input thread that holds Python's lock, and the audio."""
    if not may_be_urgent():
        pytest.skip("this user may not put a program before all others")
    with jack_server(urgent=True), running_host(HostOptions("nekobi-8", "jack"), print) as host:
        assert host.output.urgent
        wait_for(lambda: os.SCHED_RR in schedulers(), "an input has priority")
        assert os.sched_getscheduler(os.getpid()) == os.SCHED_OTHER  # the caller keeps its priority


def test_a_plugin_without_a_spec_is_hosted_as_it_comes() -> None:
    with jack_server(patient=True), running_host(HostOptions(str(nekobi()), "jack"), print) as host:
        assert host.player.channels == 1 and "Cutoff" in host.player.values()


def blocks(player: Player, count: int) -> FloatArray:
    played: FloatArray = np.concatenate([player.block(FRAMES) for _ in range(count)], axis=1)[0]
    return played


def test_a_stream_sounds_like_the_render_of_its_patch() -> None:
    """Blocks joined together are one render, whatever their size."""
    spec = load_spec("nekobi-8")
    wholes = []
    for size in (256, 1024):
        stream = PluginStream(spec)
        stream.set({"Cutoff": 0.7, "Decay": 0.6})
        stream.block([], size)
        begin = [(bytes([0x90, 48, 85]), 0)]
        sounds = [stream.block(begin if i == 0 else [], size) for i in range(RATE // size)]
        wholes.append(np.concatenate(sounds, axis=1)[0][: RATE - RATE % 1024])
    assert level(wholes[0]) > 1e-2
    np.testing.assert_allclose(wholes[0], wholes[1], atol=1e-3)


def test_a_knob_turned_in_a_note_does_not_click() -> None:
    """A volume that jumps makes a step that the note itself never makes; ours does not jump."""
    assert largest_step(GLIDE_S) <= 1.25
    assert largest_step(0.0) > 3


def largest_step(glide_s: float) -> float:
    """Between two samples while the volume falls, relative to the loud note's own largest."""
    player = Player(PluginStream(load_spec("nekobi-8")), glide_s)
    player.set({"Waveform": 1.0, "Volume": 1.0, "Cutoff": 0.3, "VCF Resonance": 0.0})
    player.note(36, 85)
    blocks(player, 40)
    found = []
    for turn in range(12):  # each at another place of the wave
        player.set({"Volume": 1.0})
        loud = blocks(player, 15 + turn % 5)[-2048:]
        player.set({"Volume": 0.25})
        way = np.append(loud[-1:], blocks(player, 12))
        assert level(way[-FRAMES:]) < level(loud) / 2
        found.append(np.abs(np.diff(way)).max() / np.abs(np.diff(loud)).max())
    return float(max(found))
