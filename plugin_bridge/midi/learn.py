"""Learn a MIDI map from the controllers that the player moves."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence

from plugin_bridge.midi.map import (
    DATA,
    DATA_FINE,
    FINE,
    NRPN_LSB,
    NRPN_MSB,
    Assignment,
    MidiMap,
    controllers,
)
from plugin_bridge.midi.midi_target import MidiInputPort
from plugin_bridge.midi.reader import ControlChange, MidiReader
from plugin_bridge.sync.target import TargetError

TURNED = 4  # different values that make a movement; a touched knob sends one or two
SWITCHED = {0, 127}  # a button sends only these
QUIET_S = 0.5  # no message for so long: the movement is over
POLL_S = 0.01
NRPN_CARRIERS = (DATA, DATA_FINE, NRPN_LSB, NRPN_MSB)


class Learner:
    """What moves: feed it messages, ask which controller it was, begin the next parameter."""

    def __init__(self) -> None:
        self.channel: int | None = None  # 0..15, of the first knob; others are passed over
        self.taken: set[tuple[str, int]] = set()
        self.begin()

    def begin(self) -> None:
        """Forget what was heard for the last parameter."""
        self._reader = MidiReader()
        self._values: dict[tuple[str, int], set[int]] = {}
        self._channel = self.channel

    def feed(self, message: ControlChange) -> None:
        """Take one message; what is no control change, or of another channel, means nothing."""
        if message.type != "control_change":
            return
        if self._channel is None:
            self._channel = message.channel
        if message.channel == self._channel:
            for kind, number, value in self._reader.feed(message.control, message.value):
                self._values.setdefault((kind, number), set()).add(value)

    def found(self) -> Assignment | None:
        """The controller that was moved; None when none was, or only ones that have a parameter."""
        for one in (*self._numbered(), *self._plain()):
            if not self.taken & set(controllers(one)):
                return one
        return None

    def keep(self, one: Assignment) -> None:
        """Take a controller for the present parameter; no other one will get it."""
        self.taken |= set(controllers(one))
        self.channel = self._channel

    def _numbered(self) -> list[Assignment]:
        moved = [number for kind, number in self._moved() if kind == "nrpn7"]
        return [
            Assignment("nrpn" if ("nrpn", number) in self._values else "nrpn7", number)
            for number in moved
        ]

    def _plain(self) -> list[Assignment]:
        pairs = [number for kind, number in self._moved() if kind == "cc14"]
        plain = [
            number
            for kind, number in self._moved()
            if kind == "cc" and number < 120 and not self._carries_nrpn(number)
        ]
        fine = {number + FINE for number in pairs}
        return [Assignment("cc14" if n in pairs else "cc", n) for n in plain if n not in fine]

    def _carries_nrpn(self, number: int) -> bool:
        return number in NRPN_CARRIERS and any(kind == "nrpn7" for kind, _ in self._values)

    def _moved(self) -> list[tuple[str, int]]:
        """What took enough values, the one that took most of them first."""
        enough = {
            key: len(values)
            for key, values in self._values.items()
            if len(values) >= TURNED or values == SWITCHED
        }
        return sorted(enough, key=lambda key: -enough[key])


def learn(
    port: MidiInputPort,
    names: Sequence[str],
    prompt: Callable[[str], None],
    patience_s: float = 30.0,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> MidiMap:
    """A map of the controllers that are moved, one after the other.

    ``prompt`` is called with each name when it is that one's turn; a parameter for which nothing
    is moved within ``patience_s`` is left out. TargetError when nothing was moved at all.
    """
    learner, assignments = Learner(), dict[str, Assignment]()
    for name in names:
        _drain(port.iter_pending())
        learner.begin()
        prompt(name)
        if (one := _wait_for(learner, port, patience_s, clock, sleep)) is not None:
            learner.keep(one)
            assignments[name] = one
    if learner.channel is None:
        raise TargetError(
            "no controller was moved: check that the synth sends control changes to this port"
        )
    return MidiMap(learner.channel + 1, assignments)


def _wait_for(
    learner: Learner,
    port: MidiInputPort,
    patience_s: float,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
) -> Assignment | None:
    begun = last = clock()
    while True:
        now = clock()
        for message in port.iter_pending():
            learner.feed(message)
            last = now
        found = learner.found()
        if found is not None and now - last >= QUIET_S:
            return found
        if now - max(begun, last) >= patience_s:
            return found
        sleep(POLL_S)


def _drain(messages: Iterable[object]) -> None:
    for _ in messages:
        pass
