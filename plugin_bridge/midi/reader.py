"""Decode controllers from MIDI messages: plain controllers, 14-bit pairs and NRPNs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol

from plugin_bridge.midi.map import (
    DATA,
    DATA_FINE,
    FINE,
    NRPN_LSB,
    NRPN_MSB,
    RPN_LSB,
    RPN_MSB,
    Kind,
)


class ControlChange(Protocol):
    """Describe the part of a mido message that is read: channel 0..15, numbers 0..127."""

    type: str
    channel: int
    control: int
    value: int


class Reading(NamedTuple):
    """Hold the new value of a controller."""

    kind: Kind
    number: int
    value: int


class MidiReader:
    """Decode the controllers of one channel.

    Each change is reported in every form that it may have. CC 20 is reported as ``cc`` 20 and,
    together with its finer half, as ``cc14`` 20. The coarse half waits for the finer half until
    ``settle`` has been called twice, because a synth may send no finer half.
    """

    def __init__(self) -> None:
        self._coarse: dict[tuple[Kind, int], int] = {}
        self._waiting: dict[tuple[Kind, int], int] = {}  # number of ``settle`` calls since then
        self._msb: int | None = None
        self._lsb: int | None = None

    def feed(self, control: int, value: int) -> Iterator[Reading]:
        """Yield the readings of a control change; both numbers are 0..127."""
        if control in (NRPN_MSB, NRPN_LSB):
            self._choose(control, value)
        elif control in (RPN_MSB, RPN_LSB):
            self._msb = self._lsb = None  # data entry now sets an RPN
        elif control in (DATA, DATA_FINE) and (number := self._nrpn()) is not None:
            yield from self._data(control, number, value)
            return
        yield Reading("cc", control, value)
        if control < FINE:
            self._wait("cc14", control, value)
        elif control < 2 * FINE:
            yield from self._fine("cc14", control - FINE, value)

    def settle(self) -> Iterator[Reading]:
        """Yield the coarse halves that no finer half followed."""
        for key, calls in list(self._waiting.items()):
            self._waiting[key] = calls + 1
            if calls:
                del self._waiting[key]
                yield Reading(*key, self._coarse[key] << 7)

    def _choose(self, control: int, value: int) -> None:
        """Store one half of an NRPN number."""
        if control == NRPN_MSB:
            self._msb = value
        else:
            self._lsb = value

    def _nrpn(self) -> int | None:
        """Return the selected NRPN, or None."""
        if self._msb is None or self._lsb is None:
            return None
        number = self._msb << 7 | self._lsb
        return None if number == 16383 else number  # the null parameter: no NRPN is selected

    def _data(self, control: int, number: int, value: int) -> Iterator[Reading]:
        """Yield the readings of a data entry."""
        if control == DATA:
            yield Reading("nrpn7", number, value)
            self._wait("nrpn", number, value)
        else:
            yield from self._fine("nrpn", number, value)

    def _wait(self, kind: Kind, number: int, value: int) -> None:
        """Store a coarse half until its finer half arrives."""
        self._coarse[kind, number] = value
        self._waiting[kind, number] = 0

    def _fine(self, kind: Kind, number: int, value: int) -> Iterator[Reading]:
        """Yield a 14-bit reading, if the coarse half is known."""
        if (kind, number) in self._coarse:
            self._waiting.pop((kind, number), None)
            yield Reading(kind, number, self._coarse[kind, number] << 7 | value)
