"""Test a timbre model on the live host, with a real JACK: OSC and MIDI are heard."""

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from datasets.errors import SpecError
from datasets.spec import FloatArray
from models.timbre.contract import Axis
from models.timbre.player.stream import TimbreStream
from plugin_bridge import protocol
from plugin_bridge.host.osc_input import OscNoteInput
from plugin_bridge.host.player import Player
from plugin_bridge.host.session import Host, HostOptions, running_host
from plugin_bridge.osc_client import OscClient
from plugin_bridge.sync.target import TargetError
from renderer.engines.base import Audio
from renderer.engines.stream import MidiEvent
from tests.fakes.plain_timbre import PlainTimbre
from tests.programs.jack_server import Recorder, jack_server
from tests.programs.midi_ports import wait_for

RATE, LIMIT_S = 48000, 10.0
OPTIONS = HostOptions("plain", "jack")


CLASSES = Axis("note class", 0.0, 2.0, ("the key's", "C", "C# (not learned)"))


class Echo(TimbreStream):
    """Give its input back, at half its level."""

    listens, worker = True, 0

    def hear(self, samples: Audio) -> None:
        self.input = samples.copy()

    def block(self, events: Sequence[MidiEvent], frames: int) -> Audio:
        return 0.5 * self.input[None, :frames]


class Stage:
    """Hold a host of a timbre model, an OSC client and a recorder."""

    def __init__(
        self,
        host: Host,
        client: OscClient,
        recorder: Recorder,
        lines: list[str],
        presets: Path,
    ) -> None:
        self.host, self.client, self.recorder, self.lines = host, client, recorder, lines
        self.presets = presets

    def send(self, address: protocol.Address, *values: float | str, number: int = 0) -> None:
        self.client.send(address.at(number), *values)

    def tells(self, text: str) -> bool:
        return any(text in line for line in self.lines)

    def level(self) -> float:
        return float(np.sqrt(np.square(self.recorder.next(0.1)).mean()))

    def becomes(self, low: float, high: float = 1.0) -> bool:
        """Whether the level comes into a range within the limit."""
        return any(low < self.level() < high for _ in range(50))

    def spectrum(self) -> FloatArray:
        audio = self.recorder.next(0.5)[: RATE // 4]
        found: FloatArray = np.abs(np.fft.rfft(audio * np.hanning(len(audio)), 4 * RATE))
        return found

    def pitch_hz(self) -> float:
        return float(np.argmax(self.spectrum()) / 4)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    lines: list[str] = []
    presets = tmp_path_factory.mktemp("presets") / "mine"
    options = replace(OPTIONS, presets=str(presets))
    with jack_server(rate=RATE, patient=True):
        with running_host(options, lines.append, TimbreStream(PlainTimbre())) as host:
            where = (protocol.LOOPBACK, host.hand.port)
            with (
                closing(OscClient(where, subscribed=False)) as client,
                closing(Recorder()) as recorder,
            ):
                recorder.listen(host.output.ports[0])  # type: ignore[attr-defined]
                recorder.to(f"{host.output.client_name}:midi_in")  # type: ignore[attr-defined]
                yield Stage(host, client, recorder, lines, presets)
                assert not host.output.trouble


def test_options_of_plugins_and_another_rate_are_refused() -> None:
    # First in this file: a process must not have clients of two JACK servers.
    with pytest.raises(SpecError, match="plain is a timbre model"):
        with running_host(HostOptions("plain", preset="x"), print, TimbreStream(PlainTimbre())):
            pass
    with pytest.raises(SpecError, match="nekobi-8 is no timbre model"):
        with running_host(HostOptions("nekobi-8", presets="x"), print):
            pass
    with jack_server(rate=44100), pytest.raises(TargetError, match="or give --rate 44100"):
        with running_host(OPTIONS, print, TimbreStream(PlainTimbre())):
            pass


def test_osc_plays_notes_and_moves_the_sound(stage: Stage) -> None:
    assert "plain plays on JACK" in stage.lines[0]
    stage.send(protocol.TIMBRE_NOTE, 69, 100)
    assert stage.becomes(1e-3)
    assert abs(stage.pitch_hz() - 440) < 1
    stage.send(protocol.TIMBRE_BEND, 2.0)
    time.sleep(0.2)
    assert abs(stage.pitch_hz() - 493.88) < 1.5
    stage.send(protocol.TIMBRE_BEND, 0.0)
    softer = stage.level()
    stage.send(protocol.TIMBRE_PRESSURE, 1.0)
    assert stage.becomes(1.5 * softer)
    before = stage.spectrum()
    stage.send(protocol.TIMBRE_AXIS, 1.0, number=1)  # dark: harmonics fall by 12 dB an octave
    time.sleep(0.3)
    after = stage.spectrum()
    fifth = 4 * 5 * 440
    assert after[fifth] / after[1760] < 0.6 * before[fifth] / before[1760]
    stage.send(protocol.TIMBRE_PEDAL, 1)
    stage.send(protocol.TIMBRE_NOTE, 69, 0)
    time.sleep(0.5)
    assert stage.level() > 1e-3
    stage.send(protocol.TIMBRE_PEDAL, 0)
    assert stage.becomes(-1.0, 1e-5)


def test_midi_of_jack_plays(stage: Stage) -> None:
    stage.recorder.play(bytes([0x90, 60, 100]))
    assert stage.becomes(1e-3)
    stage.send(protocol.TIMBRE_QUIET)
    assert stage.becomes(-1.0, 1e-5)


def test_the_current_sound_becomes_a_vital_preset(stage: Stage) -> None:
    stage.send(protocol.TIMBRE_AXIS, 0.0, number=2)
    for name, position in (("Soft reed", 0.2), ("Hard reed", 0.9)):
        stage.send(protocol.TIMBRE_AXIS, position, number=1)
        stage.send(protocol.TIMBRE_PRESET, name)
        wait_for(lambda name=name: stage.tells(f"{name}.vital"), name)  # type: ignore[misc]
    files = sorted(stage.presets.iterdir())
    assert [path.name for path in files] == ["Hard reed.vital", "Soft reed.vital"]
    hard, soft = (json.loads(path.read_text()) for path in files)
    assert hard["preset_name"] == "Hard reed"
    tables = [preset["settings"]["wavetables"][1]["groups"] for preset in (hard, soft)]
    assert tables[0] != tables[1]  # the middle of the path is the current position
    for name in ("Soft reed", "../reed", "a/b", ".reed", "", "x" * 101):
        stage.send(protocol.TIMBRE_PRESET, name)
    wait_for(lambda: stage.tells("xxxx"), "the last name is refused")
    assert stage.tells("Soft reed.vital exists") and stage.tells("'../reed': give a file name")
    assert len(list(stage.presets.parent.rglob("*.vital"))) == 2


def test_wrong_messages_are_reported_and_harm_nothing(stage: Stage) -> None:
    stage.send(protocol.TIMBRE_AXIS, 0.5, number=3)
    stage.send(protocol.TIMBRE_AXIS, 1.5, number=1)
    stage.send(protocol.TIMBRE_BEND, float("nan"))
    stage.send(protocol.TIMBRE_PRESSURE, 0.5, 128)
    stage.send(protocol.TIMBRE_NOTE, 60, 100)
    assert stage.becomes(1e-3)
    for part in ("axes 1 to 2", "value cannot be 1.5", "semitones cannot be nan", "128"):
        assert any(part in line for line in stage.lines), (part, stage.lines)
    stage.send(protocol.TIMBRE_QUIET)
    assert stage.becomes(-1.0, 1e-5)


def test_the_input_of_jack_reaches_a_stream_that_listens(stage: Stage) -> None:
    stage.send(protocol.TIMBRE_NOTE, 69, 100)
    with running_host(OPTIONS, stage.lines.append, Echo(PlainTimbre())) as host:
        name, out = host.output.client_name, host.output.ports[0]  # type: ignore[attr-defined]
        client = stage.recorder.client
        client.connect(stage.host.output.ports[0], f"{name}:in_1")  # type: ignore[attr-defined]
        assert stage.becomes(1e-3)
        both = stage.level()
        client.connect(out, "recorder:in")
        assert stage.becomes(1.2 * both, 1.8 * both)
    stage.send(protocol.TIMBRE_QUIET)
    assert stage.becomes(-1.0, 1e-5)
    with pytest.raises(SpecError, match="leave out --ahead"):
        with running_host(HostOptions("x", "jack", ahead=2), print, Echo(PlainTimbre())):
            pass


def test_a_note_class_is_chosen_by_its_name() -> None:
    lines: list[str] = []
    model = PlainTimbre(axes=(*PlainTimbre.axes[:1], CLASSES))
    with closing(TimbreStream(model)) as stream:
        player = Player(stream)
        with closing(OscNoteInput(player, 0, lines.append)) as hand:
            where = (protocol.LOOPBACK, hand.port)
            with closing(OscClient(where, subscribed=False)) as client:
                for name, position in (("c#", 1.0), ("C", 0.5), ("key", 0.0)):
                    client.send(protocol.TIMBRE_CLASS.path, name)
                    hand.follow(5.0)
                    assert player.values()["note class"] == position
                client.send(protocol.TIMBRE_CLASS.path, "H")
                hand.follow(5.0)
    assert lines == ["not played: note class 'H': use key, or one of C, C#"]
