"""Test without Live: match a sketch, play it on the host, turn a knob, record the change."""

import json
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

import numpy as np
import pytest

from datasets.spec import FloatArray
from models.audio.features import log_mel, mono
from models.checkpoint import Checkpoint, load_checkpoint
from plugin_bridge import protocol
from plugin_bridge.host.session import Host, HostOptions, running_host
from plugin_bridge.osc_client import OscClient
from renderer.workers.isolation import RenderJob
from renderer.workers.pool import RenderPool, whole
from server.demo import running_server
from server.sketches import sketch_paths
from tests.programs.jack_server import Recorder, jack_server
from tests.programs.real_plugins import nekobi

NOTE, SECONDS, CLOSE_DB = 48, 2.0, 1.5
SOUNDS = 1e-4  # a sample beyond it is sound
LIMIT_S = 60.0  # for whatever is waited for


@dataclass
class Stage:
    """Hold a server, the host that follows it, a client that turns knobs, and a recorder."""

    knobs: OscClient
    host: Host
    recorder: Recorder
    checkpoint: Checkpoint
    pool: RenderPool

    def wait_for(self, path: str) -> list[object]:
        """The arguments of the next message of that address."""
        until = time.monotonic() + LIMIT_S
        while time.monotonic() < until:
            for address, arguments in self.knobs.receive(0.5):
                if address == path:
                    return arguments
        pytest.fail(f"no {path} within {LIMIT_S:g} s")

    def preset(self) -> FloatArray:
        """The preset (P,) that the server holds."""
        self.knobs.send(protocol.REFRESH.path)
        names, values = self.checkpoint.spec.names, dict[str, float]()
        until = time.monotonic() + LIMIT_S
        while not values.keys() >= set(names):
            assert time.monotonic() < until, "the server does not tell its preset"
            for address, arguments in self.knobs.receive(0.5):
                if address == protocol.PARAMETER.path:
                    values[str(arguments[0])] = float(str(arguments[1]))
        return np.array([values[name] for name in names], np.float32)

    def changed(self, before: FloatArray) -> FloatArray:
        """The preset (P,) that the server holds instead of another, once the host has it too."""
        until = time.monotonic() + LIMIT_S
        while time.monotonic() < until:
            now, plays = self.preset(), self.host.player.values()
            wanted = self.checkpoint.spec.to_native(now)
            there = all(abs(plays[name] - value) < 1e-5 for name, value in wanted.items())
            if there and not np.array_equal(now, before):
                return now
        pytest.fail(f"no other preset at the host within {LIMIT_S:g} s")

    def played_live(self) -> FloatArray:
        """A note on the host, as JACK carries it, from where it begins to sound."""
        self.host.player.quiet()
        assert np.abs(self.recorder.next(1.0)[-1000:]).max() < SOUNDS
        self.host.player.note(NOTE, self.checkpoint.spec.note.velocity)
        audio = self.recorder.next(SECONDS + 0.5)
        self.host.player.quiet()
        return self._from_onset(audio)

    def rendered(self, unit: FloatArray) -> FloatArray:
        """The same note of a preset (P,), rendered."""
        job = RenderJob(0, NOTE, self.checkpoint.spec.note.velocity, unit)
        (played,) = self.pool.render([job], whole)
        assert played.audio is not None
        return self._from_onset(mono(played.audio))

    def distance(self, one: FloatArray, other: FloatArray) -> float:
        """Log-mel L1, dB."""
        mels = [log_mel(audio, self.checkpoint.features, NOTE) for audio in (one, other)]
        return float(np.abs(mels[0] - mels[1]).mean())

    def ways(self) -> list[tuple[int, float]]:
        """Every knob, to both its ends."""
        knobs = range(1, len(self.checkpoint.macros) + 1)
        return [(knob, position) for knob in knobs for position in (0.0, 1.0)]

    def moves(self, way: tuple[int, float], matched: FloatArray) -> float:
        """How far a knob leads from a sound, dB; it is put back."""
        self.knobs.send(protocol.MACRO.at(way[0]), way[1])
        audio = self.rendered(self.preset())
        self.knobs.send(protocol.UNDO.path)
        return self.distance(audio, matched)

    def _from_onset(self, audio: FloatArray) -> FloatArray:
        onset = int(np.argmax(np.abs(audio) > SOUNDS))
        count = int(SECONDS * self.checkpoint.spec.sample_rate)
        assert len(audio) >= onset + count
        return audio[onset : onset + count]


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    checkpoint = load_checkpoint("nekobi-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATCHWRIGHT_PLUGINS", str(nekobi().parent))
        with jack_server(patient=True), running_server("nekobi-8") as server:
            where = f"{server.osc[0]}:{server.osc[1]}"
            options = HostOptions("nekobi-8", "jack", server=where)
            with (
                running_host(options, print) as host,
                RenderPool(checkpoint.spec, 1) as pool,
                closing(OscClient(server.osc)) as knobs,
                closing(Recorder()) as recorder,
            ):
                recorder.listen(host.output.ports[0])  # type: ignore[attr-defined]
                yield Stage(knobs, host, recorder, checkpoint, pool)
                assert not host.output.trouble


def test_a_matched_sketch_is_played_and_its_knobs_change_the_sound(stage: Stage) -> None:
    sketch, first = str(sketch_paths()["plucked_string"]), stage.preset()
    stage.knobs.send(protocol.MATCH.path, 7, sketch, "quick")
    found = stage.wait_for(protocol.RESULT.path)
    assert found[0] == 7 and json.loads(str(found[1]))
    before = stage.changed(first)
    matched = stage.rendered(before)
    off = stage.distance(stage.played_live(), matched)
    print(f"the match sounds {off:.2f} dB off")
    assert off <= CLOSE_DB

    knob, position = max(stage.ways(), key=lambda way: stage.moves(way, matched))
    stage.knobs.send(protocol.MACRO.at(knob), position)
    expected = stage.rendered(stage.changed(before))
    between, recorded = stage.distance(expected, matched), stage.played_live()
    off = stage.distance(recorded, expected)
    print(f"knob {knob} to {position}: {between:.2f} dB from the match, recorded {off:.2f} dB off")
    assert off <= min(CLOSE_DB, between / 3)
