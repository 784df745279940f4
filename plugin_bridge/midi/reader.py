"""Decode controllers from MIDI messages: plain controllers, 14-bit pairs and NRPNs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

from plugin_bridge.midi.map import (
    DATA,
    DATA_DECREMENT,
    DATA_FINE,
    DATA_INCREMENT,
    FINE,
    NRPN_LSB,
    NRPN_MSB,
    RPN_LSB,
    RPN_MSB,
    Kind,
)

Half = Literal["coarse", "fine"]
STEPS = {DATA_INCREMENT: 1, DATA_DECREMENT: -1}


class ControlChange(Protocol):
    """Describe the part of a mido message that is read: channel 0..15, numbers 0..127."""

    type: str
    channel: int
    control: int
    value: int


class Reading(NamedTuple):
    """Hold the new value of a controller, or a step from its last value."""

    kind: Kind
    number: int
    value: int
    relative: bool = False  # True: the value is a step, +1 or -1


@dataclass
class _Pair:
    """Hold a 14-bit value; its halves arrive in either order, or one of them alone."""

    coarse: int | None = None
    fine: int = 0
    waits: Half | None = None  # the half that waits for the other one
    fresh: bool = False  # True: the fine half arrived since the last pause
    calls: int = 0  # number of ``settle`` calls since a half arrived

    def take(self, half: Half, value: int) -> Iterator[int]:
        """Yield the values that a new half completes."""
        if half == "coarse":
            self.coarse = value
        else:
            self.fine, self.fresh = value, True
        if self.waits is None:
            self.waits, self.calls = half, 0
        elif self.waits != half:
            yield from self._flush()

    def settle(self) -> Iterator[int]:
        """Yield the value of a half that waited for two calls."""
        self.calls += 1
        if self.calls > 1:
            yield from self._flush()
            self.fresh = False

    def _flush(self) -> Iterator[int]:
        """Yield the value, if a half waits and the coarse half is known."""
        waits, self.waits = self.waits, None
        if waits == "coarse" and not self.fresh:
            self.fine = 0  # MIDI 1.0: a coarse half alone sets the fine half to 0
        if waits is not None and self.coarse is not None:
            yield self.coarse << 7 | self.fine


class MidiReader:
    """Decode the controllers of one channel.

    Each change is reported in every form that it may have. CC 20 is reported as ``cc`` 20 and,
    together with its finer half, as ``cc14`` 20. Each half waits for the other one until
    ``settle`` has been called twice, because a synth may send only one.
    """

    def __init__(self) -> None:
        self._pairs: dict[tuple[Kind, int], _Pair] = {}
        self._msb: int | None = None
        self._lsb: int | None = None

    def feed(self, control: int, value: int) -> Iterator[Reading]:
        """Yield the readings of a control change; both numbers are 0..127."""
        if control in (NRPN_MSB, NRPN_LSB):
            self._choose(control, value)
        elif control in (RPN_MSB, RPN_LSB):
            self._msb = self._lsb = None  # data entry now sets an RPN
        elif control in (DATA, DATA_FINE, *STEPS) and (number := self._nrpn()) is not None:
            yield from self._data(control, number, value)
            return
        yield Reading("cc", control, value)
        if control < FINE:
            yield from self._half("cc14", control, "coarse", value)
        elif control < 2 * FINE:
            yield from self._half("cc14", control - FINE, "fine", value)

    def settle(self) -> Iterator[Reading]:
        """Yield the values of halves that the other half did not follow."""
        for key, pair in self._pairs.items():
            for value in pair.settle():
                yield Reading(*key, value)

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
        """Yield the readings of a data entry, a data increment or a data decrement."""
        if control in STEPS:  # MIDI 1.0: its value means nothing
            yield Reading("nrpn", number, STEPS[control], relative=True)
            yield Reading("nrpn7", number, STEPS[control], relative=True)
        elif control == DATA:
            yield Reading("nrpn7", number, value)
            yield from self._half("nrpn", number, "coarse", value)
        else:
            yield from self._half("nrpn", number, "fine", value)

    def _half(self, kind: Kind, number: int, half: Half, value: int) -> Iterator[Reading]:
        """Yield the 14-bit readings that one half completes."""
        for whole in self._pairs.setdefault((kind, number), _Pair()).take(half, value):
            yield Reading(kind, number, whole)
