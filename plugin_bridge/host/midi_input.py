"""Play notes from a MIDI keyboard on the live host."""

from __future__ import annotations

import time

from plugin_bridge.host.player import Player
from plugin_bridge.midi.ports import open_input

PAUSE_S = 0.002  # time between two checks of the port


class MidiNoteInput:
    """Play the messages of one of the system's MIDI ports."""

    def __init__(self, player: Player, port: str) -> None:
        """Open a port by its name or a part of it; TargetError lists the ports if none fits."""
        self._player, self._port = player, open_input(port)

    def follow(self) -> None:
        """Play the messages that have arrived, then pause for 2 ms."""
        for message in self._port.iter_pending():
            self._player.play(bytes(message.bytes()))
        time.sleep(PAUSE_S)

    def close(self) -> None:
        """Close the port."""
        self._port.close()
