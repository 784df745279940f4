"""A keyboard that is unplugged is reported, and plays again when it is back."""

from __future__ import annotations

from typing import Any

import mido
import pytest

from plugin_bridge.host import midi_input
from plugin_bridge.host.midi_input import MidiNoteInput
from plugin_bridge.sync.target import TargetError
from tests.programs.midi_ports import Wire

KEYS = "keys:out 20:0"


class Port(Wire):
    """An open port of rtmidi, in a system with a list of ports."""

    def __init__(self, listed: list[str], api: str) -> None:
        super().__init__()
        self.name, self.api, self._rt, self.listed = KEYS, api, self, listed

    def get_ports(self) -> list[str]:
        return self.listed


class Player:
    """Keep what is played."""

    def __init__(self) -> None:
        self.played: list[bytes] = []
        self.quiets = 0

    def play(self, message: bytes) -> None:
        self.played.append(message)

    def quiet(self) -> None:
        self.quiets += 1


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The ports of the system: their names, and the one that was opened last."""
    state: dict[str, Any] = {"names": [KEYS], "api": "LINUX_ALSA"}

    def opened(name: str) -> Port:
        if not any(name in one for one in state["names"]):
            raise TargetError("none")
        state["port"] = Port(state["names"], state["api"])
        return state["port"]  # type: ignore[no-any-return]

    monkeypatch.setattr(midi_input, "open_input", opened)
    monkeypatch.setattr(midi_input, "WATCH_S", 0.0)
    return state


def test_a_keyboard_plays_again_when_it_is_back(system: dict[str, Any]) -> None:
    player, reports = Player(), list[str]()
    keys = MidiNoteInput(player, "keys", reports.append)  # type: ignore[arg-type]
    note = mido.Message("note_on", note=60).bytes()
    first = system["port"]
    first.hear(note)
    keys.follow()
    assert player.played == [bytes(note)] and not reports
    system["names"].clear()
    for _ in range(3):
        keys.follow()
    assert first.broken and player.quiets == 1
    assert reports == ["the MIDI port 'keys' has gone; it plays again when it is back"]
    system["names"].append(KEYS)
    keys.follow()
    assert reports[1:] == ["the MIDI port 'keys' is back"]
    system["port"].hear(note)
    keys.follow()
    assert player.played == [bytes(note)] * 2
    keys.close()


def test_a_keyboard_of_jack_ends_with_a_message(system: dict[str, Any]) -> None:
    """Rtmidi may not open a port of JACK while the host's own client plays."""
    system["api"] = "UNIX_JACK"
    keys = MidiNoteInput(Player(), "keys", print)  # type: ignore[arg-type]
    system["names"].clear()
    with pytest.raises(TargetError, match="'keys' has gone: JACK's own port midi_in"):
        keys.follow()
