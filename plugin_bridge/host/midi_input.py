"""Play notes from a MIDI keyboard on the live host."""

from __future__ import annotations

import time

from plugin_bridge.host.player import Player
from plugin_bridge.midi.midi_target import open_input

PAUSE_S = 0.002  # between two looks at the port


class MidiNoteInput:
    """A MIDI port of the system whose messages are played."""

    def __init__(self, player: Player, port: str) -> None:
        """``port`` is a port's name or a part of it; TargetError names those there are."""
        self._player, self._port = player, open_input(port)

    def follow(self) -> None:
        """Play what has come, then wait a moment."""
        for message in self._port.iter_pending():
            self._player.play(bytes(message.bytes()))
        time.sleep(PAUSE_S)

    def close(self) -> None:
        """Let go of the port."""
        self._port.close()
