"""Decode OSC packets from the network safely."""

from __future__ import annotations

from pythonosc.osc_message import OscMessage
from pythonosc.osc_packet import OscPacket

DEEPEST_BUNDLE = 8
PACKET_BYTES = 65536  # largest UDP packet


def decode(packet: bytes) -> list[OscMessage]:
    """Return the messages of a packet; times of bundles are ignored.

    Raises:
        ValueError: The packet is not valid OSC.
    """
    _check_framing(packet)
    try:
        return [timed.message for timed in OscPacket(packet).messages]
    except Exception as error:  # python-osc also raises UnicodeDecodeError and others
        raise ValueError(str(error)) from error


def _check_framing(packet: bytes, depth: int = 0) -> None:
    """Raise ValueError unless the bundle's elements fill the packet exactly.

    python-osc 1.10 trusts the size of an element. A size of -4 moves it back to the same place, so
    that it never ends.
    """
    if not packet.startswith(b"#bundle\0"):
        return
    if depth == DEEPEST_BUNDLE:
        raise ValueError(f"OSC packet: bundles are nested more than {DEEPEST_BUNDLE} levels deep")
    at = 16
    while at < len(packet):
        size = int.from_bytes(packet[at : at + 4], "big", signed=True)
        if size <= 0 or at + 4 + size > len(packet):
            raise ValueError(f"OSC packet: a bundle element of {size} bytes does not fit into it")
        _check_framing(packet[at + 4 : at + 4 + size], depth + 1)
        at += 4 + size
