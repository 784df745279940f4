"""Play notes from a MIDI keyboard on the live host."""

from __future__ import annotations

import time
from collections.abc import Callable

from plugin_bridge.host.player import Player
from plugin_bridge.midi.ports import MidiInputPort, is_present, open_input
from plugin_bridge.sync.target import TargetError

PAUSE_S = 0.002  # time between two checks for messages
WATCH_S = 0.5  # time between two checks that the keyboard is there
JACK = "UNIX_JACK"  # rtmidi must not open a port of JACK while our own client plays there


class MidiNoteInput:
    """Play the messages of one of the system's MIDI ports."""

    def __init__(self, player: Player, port: str, tell: Callable[[str], None] = print) -> None:
        """Open a port.

        Args:
            player: Player of the notes.
            port: Name of the port, or a part of it.
            tell: Receives lines for the user.

        Raises:
            TargetError: No port has this name; the message lists the ports.
        """
        self._player, self._name, self._tell = player, port, tell
        self._port: MidiInputPort | None = open_input(port)
        self._checked = time.monotonic()

    def follow(self) -> None:
        """Play the messages that have arrived, then pause for 2 ms.

        A keyboard that was unplugged is opened again by its name when it is back.

        Raises:
            TargetError: A keyboard of JACK has gone.
        """
        self._watch()
        for message in self._port.iter_pending() if self._port else ():
            self._player.play(bytes(message.bytes()))
        time.sleep(PAUSE_S)

    def close(self) -> None:
        """Close the port."""
        if self._port is not None:
            self._port.close()

    def _watch(self) -> None:
        """Notice that the keyboard has gone or is back, a few times a second."""
        now = time.monotonic()
        if now - self._checked < WATCH_S:
            return
        self._checked = now
        if self._port is None:
            self._reopen()
        elif not is_present(self._port):
            gone = f"the MIDI port {self._name!r} has gone"
            self._player.quiet()  # its keys cannot be released any more
            if getattr(self._port, "api", "") == JACK:
                raise TargetError(f"{gone}: JACK's own port midi_in takes notes, too")
            self._port.close()
            self._port = None
            self._tell(f"{gone}; it plays again when it is back")

    def _reopen(self) -> None:
        try:
            self._port = open_input(self._name)
        except TargetError:
            return
        self._tell(f"the MIDI port {self._name!r} is back")
