"""Test blocks in advance: the same sound, later; a stall is silent, reported and skipped."""

from collections.abc import Sequence
from contextlib import closing
from threading import Event
from types import SimpleNamespace

import numpy as np
import pytest

from datasets.errors import SpecError
from datasets.spec import FloatArray, load_spec
from plugin_bridge.host import session
from plugin_bridge.host.block_buffer import BlockBuffer
from plugin_bridge.host.player import Player
from plugin_bridge.host.session import HostOptions, run_host, running_host
from renderer.engines.stream import MidiEvent, PluginStream
from tests.programs.jack_server import FRAMES, Recorder, jack_server
from tests.programs.midi_ports import wait_for
from tests.programs.real_plugins import BUILT, nekobi

NOTE = (bytes([0x90, 48, 85]), 100)  # within a block, not at its start


@pytest.fixture(autouse=True)
def _built_plugins_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATCHWRIGHT_PLUGINS", str(nekobi().parent if BUILT.exists() else BUILT))


class Numbered:
    """Play the first block as 1, the second as 2, and so on; it can stall and fail."""

    channels = 2

    def __init__(self) -> None:
        self.count, self.goes_on = 0, Event()
        self.goes_on.set()

    def block(self, frames: int, events: Sequence[MidiEvent] = ()) -> FloatArray:
        self.goes_on.wait()
        self.count += 1
        if events:
            raise ValueError("no notes here")
        return np.full((2, frames), self.count, np.float32)


def asked(ahead: BlockBuffer, made: int) -> float:
    """Return the number of the next block, after so many were made."""
    number = float(ahead.block(FRAMES)[0, 0])
    wait_for(lambda: last_made(ahead) >= made, "a block was made")
    return number


def last_made(ahead: BlockBuffer) -> float:
    """Return the number of the last finished block, 0 if there is none."""
    return float(ahead._made[-1][0, 0]) if ahead._made else 0.0


@pytest.mark.parametrize("blocks", [0, 1, 3])
def test_it_sounds_so_many_blocks_later(blocks: int) -> None:
    """The real synth, sample for sample, a note in the middle of a block."""
    spec = load_spec("nekobi-8")
    now, later = Player(PluginStream(spec)), Player(PluginStream(spec))
    with closing(BlockBuffer(later, blocks)) as ahead:
        direct, delayed = [], []
        for i in range(60):
            events = [NOTE] if i == 5 else []
            direct.append(now.block(FRAMES, events))
            delayed.append(ahead.block(FRAMES, events))
            wait_for(lambda: not blocks or len(ahead._made) == min(len(delayed), blocks), "made")
        assert ahead.late == 0
    silence = [np.zeros((1, FRAMES), np.float32)] * blocks
    expected = np.hstack([*silence, *direct])[:, : 60 * FRAMES]
    np.testing.assert_array_equal(np.hstack(delayed), expected)
    assert np.abs(np.hstack(delayed)).max() > 1e-2


def test_a_stall_is_silent_and_reported_and_delays_nothing() -> None:
    player = Numbered()
    with closing(BlockBuffer(player, 2)) as ahead:  # type: ignore[arg-type]
        assert [asked(ahead, i + 1) for i in range(4)] == [0, 0, 1, 2]
        player.goes_on.clear()
        assert [float(ahead.block(FRAMES)[0, 0]) for _ in range(4)] == [3, 4, 0, 0]
        assert ahead.late == 2
        player.goes_on.set()
        wait_for(lambda: last_made(ahead) == 8, "the stall's blocks were made")
        assert [asked(ahead, 9 + i) for i in range(2)] == [7, 8]  # 5 and 6 were not played
        assert ahead.late == 2


def test_a_block_of_another_size_is_left_out() -> None:
    player = Numbered()
    with closing(BlockBuffer(player, 1)) as ahead:  # type: ignore[arg-type]
        asked(ahead, 1)
        assert ahead.block(2 * FRAMES).shape == (2, 2 * FRAMES)
        assert ahead.late == 1


def test_a_failing_synth_is_reported() -> None:
    player = Numbered()
    with closing(BlockBuffer(player, 1)) as ahead:  # type: ignore[arg-type]
        player.goes_on.clear()
        ahead.block(FRAMES, [NOTE])
        player.goes_on.set()
        wait_for(lambda: not ahead._thread.is_alive(), "it failed")
        with pytest.raises(RuntimeError, match="ValueError: no notes here"):
            ahead.block(FRAMES)


def test_the_host_plays_ahead_on_jack() -> None:
    options = HostOptions("nekobi-8", "jack", ahead=2)
    with jack_server(patient=True), running_host(options, print) as host:
        with closing(Recorder()) as recorder:
            recorder.listen(host.output.ports[0])  # type: ignore[attr-defined]
            host.player.note(48, 85)
            audio = recorder.next(1.0)
        assert not host.output.trouble
    assert np.abs(audio).max() > 1e-2


def test_late_blocks_are_reported_less_and_less_often(monkeypatch: pytest.MonkeyPatch) -> None:
    reports: list[str] = []
    stopped = Event()
    counts = iter([0, 1, 2, 3, 3, 9])

    output = SimpleNamespace(
        xruns=0, trouble="", away="", urgent=False, description="nothing", close=lambda: None
    )

    def wait(_: float) -> bool:
        output.xruns = next(counts, -1)
        return bool(output.xruns < 0)

    monkeypatch.setattr(session, "_output", lambda options, player: output)
    monkeypatch.setattr(stopped, "wait", wait)
    run_host(HostOptions("nekobi-8"), reports.append, stopped)
    late = [line for line in reports if "late blocks" in line]
    assert [line[:21] for line in late] == [f"late blocks so far: {n}" for n in (1, 3, 9)]
    assert "--ahead 2" in late[0]


def test_more_than_a_tenth_of_a_second_ahead_is_refused() -> None:
    with pytest.raises(SpecError, match="--ahead 17: give 0 to 16"):
        with running_host(HostOptions("nekobi-8", ahead=17), print):
            pass
