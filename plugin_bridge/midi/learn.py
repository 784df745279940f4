"""Learn a MIDI map from the controllers that the player moves."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence

from plugin_bridge.midi.map import FINE, NRPN_CARRIERS, Assignment, MidiMap, controllers
from plugin_bridge.midi.ports import MidiInputPort
from plugin_bridge.midi.reader import ControlChange, MidiReader, Reading
from plugin_bridge.sync.target import TargetError

TURNED = 4  # Different values that count as a move; a touch sends only one or two.
SWITCHED = {0, 127}  # A button sends only these values.
QUIET_S = 0.5  # A pause of so long ends the move.
POLL_S = 0.01


class Learner:
    """Find out from MIDI messages which controller the player moves for each parameter."""

    def __init__(self) -> None:
        self.channel: int | None = None  # 0..15, from the first knob; others are ignored
        self.taken: set[tuple[str, int]] = set()
        self.begin()

    def begin(self) -> None:
        """Start the next parameter: forget the messages of the last one."""
        self._reader = MidiReader()
        self._values: dict[tuple[str, int], set[int]] = {}
        self._positions: dict[int, int] = {}  # of NRPNs that are moved in steps
        self._channel = self.channel

    def feed(self, message: ControlChange) -> None:
        """Process one message; ignore other types and other channels."""
        if message.type != "control_change":
            return
        if self._channel is None:
            self._channel = message.channel
        if message.channel == self._channel:
            for reading in self._reader.feed(message.control, message.value):
                self._take(reading)

    def found(self) -> Assignment | None:
        """Return the controller that moved; None if none did, or all have a parameter already."""
        for one in (*self._numbered(), *self._plain()):
            if not self.taken & set(controllers(one)):
                return one
        return None

    def keep(self, one: Assignment) -> None:
        """Assign a controller to the current parameter; no other parameter can get it."""
        self.taken |= set(controllers(one))
        self.channel = self._channel

    def _take(self, reading: Reading) -> None:
        """Add a reading to its controller's values."""
        kind, number, value, relative = reading
        values = self._values.setdefault((kind, number), set())
        if not relative:
            values.add(value)
        elif kind == "nrpn7":  # a step says nothing about a finer half
            self._positions[number] = self._positions.get(number, 0) + value
            values.add(self._positions[number])

    def _numbered(self) -> list[Assignment]:
        """Return the NRPNs that moved."""
        moved = [number for kind, number in self._moved() if kind == "nrpn7"]
        return [
            Assignment("nrpn" if self._values.get(("nrpn", number)) else "nrpn7", number)
            for number in moved
        ]

    def _plain(self) -> list[Assignment]:
        """Return the plain and 14-bit controllers that moved."""
        pairs = [number for kind, number in self._moved() if kind == "cc14"]
        plain = [
            number
            for kind, number in self._moved()
            if kind == "cc" and number < 120 and not self._carries_nrpn(number)
        ]
        fine = {number + FINE for number in pairs}
        return [Assignment("cc14" if n in pairs else "cc", n) for n in plain if n not in fine]

    def _carries_nrpn(self, number: int) -> bool:
        """Return whether a controller only carries an NRPN."""
        return number in NRPN_CARRIERS and any(kind == "nrpn7" for kind, _ in self._values)

    def _moved(self) -> list[tuple[str, int]]:
        """Return the controllers with enough different values, the most values first."""
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
    """Make a map of the controllers that the player moves, one after the other.

    Args:
        port: MIDI port to receive from.
        names: Parameters to learn, in order.
        prompt: Called with the name of each parameter when its turn comes.
        patience_s: Seconds to wait for a move; then the parameter is left out.
        clock: Returns the time in seconds.
        sleep: Waits for a number of seconds.

    Returns:
        The map of all parameters for which a controller moved.

    Raises:
        TargetError: No controller moved at all.
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
            "no controller was moved: check that the synth sends control changes to this MIDI port"
        )
    return MidiMap(learner.channel + 1, assignments)


def _wait_for(
    learner: Learner,
    port: MidiInputPort,
    patience_s: float,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
) -> Assignment | None:
    """Return the controller that moves next; None if none does within ``patience_s``."""
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
    """Discard all waiting messages."""
    for _ in messages:
        pass
