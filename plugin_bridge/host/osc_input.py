"""Play notes and set parameters of the live host over OSC."""

from __future__ import annotations

import socket
from collections.abc import Callable

from pythonosc.osc_message import OscMessage
from pythonosc.osc_packet import OscPacket, ParseError

from plugin_bridge.host.player import Player
from plugin_bridge.protocol import (
    HOST_NOTE,
    HOST_PARAMETER,
    HOSTED,
    LOOPBACK,
    ProtocolError,
    check,
)
from plugin_bridge.sync.target import TargetError

LONGEST = 65536  # largest packet in bytes


class OscNoteInput:
    """Receive the messages of ``plugin_bridge.protocol.HOSTED`` on a UDP port."""

    def __init__(self, player: Player, port: int, tell: Callable[[str], None]) -> None:
        """Open the port for messages from this machine only.

        Args:
            player: Player that gets the notes and values.
            port: UDP port; 0 takes a free port.
            tell: Receives a line for each kind of wrong message.

        Raises:
            TargetError: The port is in use.
        """
        self._player, self._tell, self._said = player, tell, ""
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._socket.bind((LOOPBACK, port))
        except (OSError, OverflowError) as error:
            self._socket.close()
            raise TargetError(
                f"UDP port {port}: cannot use it ({error}); give another one with --osc-port"
            ) from None
        self.port = int(self._socket.getsockname()[1])

    def follow(self, wait_s: float) -> None:
        """Play the next packet; wait up to ``wait_s`` seconds for it."""
        self._socket.settimeout(max(wait_s, 1e-4))
        try:
            data = self._socket.recv(LONGEST)
        except TimeoutError:
            return
        try:
            for timed in OscPacket(data).messages:
                self._play(timed.message)
        except (ParseError, ProtocolError, ValueError) as error:
            self._complain(str(error))

    def close(self) -> None:
        """Close the socket and free its port."""
        self._socket.close()

    def _play(self, message: OscMessage) -> None:
        """Execute one message; raise ProtocolError or ValueError if it is wrong."""
        checked = check(message.address, list(message.params), HOSTED)
        if checked.address is HOST_NOTE:
            self._player.note(*(int(value) for value in checked.values))
        elif checked.address is HOST_PARAMETER:
            name, native = checked.values
            if not 0 <= float(native) <= 1:
                raise ValueError(f"{name} cannot be {native}: give a value from 0 to 1")
            self._player.set({str(name): float(native)})
        else:
            self._player.quiet()

    def _complain(self, text: str) -> None:
        """Report a wrong message, unless it is like the last one."""
        if text != self._said:
            self._said = text
            self._tell(f"not played: {text}")
