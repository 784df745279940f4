"""Play notes and set parameters of the live host over OSC."""

from __future__ import annotations

import socket
from collections.abc import Callable

from plugin_bridge.answer_limit import AnswerLimit
from plugin_bridge.host.player import Player
from plugin_bridge.host.timbre_messages import play_timbre
from plugin_bridge.osc_datagram import PACKET_BYTES, OscError, OscMessage, decode
from plugin_bridge.protocol import (
    HOST_NOTE,
    HOST_PARAMETER,
    HOSTED,
    LOOPBACK,
    TIMBRE,
    TIMBRE_PRESET,
    check,
)
from plugin_bridge.sync.target import TargetError


class OscNoteInput:
    """Receive the messages of ``plugin_bridge.protocol.HOSTED`` on a UDP port.

    The player of a timbre model also receives those of ``plugin_bridge.protocol.TIMBRE``.
    """

    def __init__(
        self,
        player: Player,
        port: int,
        tell: Callable[[str], None],
        write: Callable[[str], None] | None = None,
    ) -> None:
        """Open the port for messages from this machine only.

        Args:
            player: Player that gets the notes and values.
            port: UDP port; 0 takes a free port.
            tell: Receives a line for each kind of wrong message.
            write: Writes the current sound as a preset of a name; None without a folder for it.

        Raises:
            TargetError: The port is in use.
        """
        self._player, self._tell, self._said = player, tell, ""
        self._limit, self._write = AnswerLimit(), write
        self._known = (*HOSTED, *TIMBRE) if player.axes else HOSTED
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
            packet = self._socket.recv(PACKET_BYTES)
        # On Windows a packet sent to a closed port causes a ConnectionResetError here.
        except (TimeoutError, ConnectionError):
            return
        try:
            messages = decode(packet, self._complain)
        except OscError as error:
            self._complain(error)
            return
        for message in messages:
            try:
                self._play(message)
            except ValueError as error:  # ProtocolError too
                self._complain(error)

    def close(self) -> None:
        """Close the socket and free its port."""
        self._socket.close()

    def _play(self, message: OscMessage) -> None:
        """Execute one message; raise ProtocolError or ValueError if it is wrong."""
        checked = check(message.address, message.params, self._known)
        if checked.address is TIMBRE_PRESET:
            self._write_preset(str(checked.values[0]))
        elif checked.address in TIMBRE:
            play_timbre(checked, self._player)
        elif checked.address is HOST_NOTE:
            self._player.note(*(int(value) for value in checked.values))
        elif checked.address is HOST_PARAMETER:
            name, native = checked.values
            if not 0 <= float(native) <= 1:
                raise ValueError(f"{name} cannot be {native}: give a value from 0 to 1")
            self._player.set({str(name): float(native)})
        else:
            self._player.quiet()

    def _write_preset(self, name: str) -> None:
        """Write a preset; ValueError without a folder for it, or for a wrong name."""
        if self._write is None:
            raise ValueError(f"preset {name[:40]!r}: start the host with --presets FOLDER")
        self._write(name)

    def _complain(self, error: ValueError) -> None:
        """Report a wrong message, unless it is like the last one or there are too many."""
        text = self._limit.answer(error)
        if text is not None and text != self._said:
            self._said = text
            self._tell(f"not played: {text}")
