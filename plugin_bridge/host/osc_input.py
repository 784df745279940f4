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

LONGEST = 65536  # bytes of a datagram


class OscNoteInput:
    """A UDP port whose messages are played (``plugin_bridge.protocol.HOSTED``)."""

    def __init__(self, player: Player, port: int, tell: Callable[[str], None]) -> None:
        """Only this machine is heard; ``tell`` hears of messages that cannot be followed, once.

        Raises TargetError when the port is taken.
        """
        self._player, self._tell, self._said = player, tell, ""
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._socket.bind((LOOPBACK, port))
        except (OSError, OverflowError) as error:
            self._socket.close()
            raise TargetError(f"UDP port {port} cannot be had ({error}): give --osc-port") from None
        self.port = int(self._socket.getsockname()[1])

    def follow(self, wait_s: float) -> None:
        """Play what has come, waiting so long at most for the first of it."""
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
        """Give the port back."""
        self._socket.close()

    def _play(self, message: OscMessage) -> None:
        told = check(message.address, list(message.params), HOSTED)
        if told.address is HOST_NOTE:
            self._player.note(*(int(value) for value in told.values))
        elif told.address is HOST_PARAMETER:
            name, native = told.values
            if not 0 <= float(native) <= 1:
                raise ValueError(f"{name} cannot be {native}: give 0 to 1")
            self._player.set({str(name): float(native)})
        else:
            self._player.quiet()

    def _complain(self, text: str) -> None:
        if text != self._said:
            self._said = text
            self._tell(f"not played: {text}")
