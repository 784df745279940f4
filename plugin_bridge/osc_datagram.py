"""Decode OSC packets from the network safely."""

from __future__ import annotations

from pythonosc.osc_message import OscMessage
from pythonosc.osc_packet import OscPacket

DEEPEST_BUNDLE = 8
PACKET_BYTES = 65536  # what UDP can carry


def decode(packet: bytes) -> list[OscMessage]:
    """The messages of a packet, its bundles' dates ignored; ValueError for what is not OSC."""
    _check_framing(packet)
    try:
        return [timed.message for timed in OscPacket(packet).messages]
    except Exception as error:  # python-osc lets UnicodeDecodeError and others through
        raise ValueError(str(error)) from error


def _check_framing(packet: bytes, depth: int = 0) -> None:
    """ValueError unless bundle elements fill the packet.

    python-osc 1.10 trusts an element's size: one of -4 takes it back to where it was, forever.
    """
    if not packet.startswith(b"#bundle\0"):
        return
    if depth == DEEPEST_BUNDLE:
        raise ValueError(f"bundles are nested more than {DEEPEST_BUNDLE} deep")
    at = 16
    while at < len(packet):
        size = int.from_bytes(packet[at : at + 4], "big", signed=True)
        if size <= 0 or at + 4 + size > len(packet):
            raise ValueError(f"a bundle element of {size} bytes does not fit")
        _check_framing(packet[at + 4 : at + 4 + size], depth + 1)
        at += 4 + size
