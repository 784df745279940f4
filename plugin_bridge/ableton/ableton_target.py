"""Control a plugin in Ableton Live through AbletonOSC, without Max.

Written from AbletonOSC's documentation and issues. Tried only on
``plugin_bridge.ableton.simulated_live``, not inside Live.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections import deque
from collections.abc import Mapping, Sequence

from datasets.spec import SynthSpec
from plugin_bridge.ableton.abletonosc_client import (
    HERE,
    MOST_BYTES,
    AbletonOsc,
    LiveAddress,
    numbers,
)
from plugin_bridge.ableton.device import (
    GET,
    LiveDevice,
    dials,
    find_device,
    how_to_configure,
)
from plugin_bridge.ableton.device_memory import ROUNDING, DeviceMemory
from plugin_bridge.ableton.device_place import DevicePlace
from plugin_bridge.sync.echo_filter_by_order import SETTLING_S, EchoFilterByOrder
from plugin_bridge.sync.rate_limiter import Clock
from plugin_bridge.sync.target import Capabilities, ParameterChange, TargetError

PACE_HZ = 10.0  # AbletonOSC processes its messages every 100 ms, and all of them.
FEW = 8  # Up to so many changes are sent one by one, without touching others.
POLL_S = 1.0  # Time between two checks that Live has the sent values.
AWAY_S = 4.0  # Without an answer for so long, Live or the device is gone.
CALM_S = 1.0  # A bulk write must not touch what moved in Live within so long.
DONE_S = 1.5  # After so long, a sent value shows in Live or was lost.
PARAMETER, PARAMETERS = f"{GET}/parameter/value", f"{GET}/parameters/value"
PARAMETER_NAMES = f"{GET}/parameters/name"


def open_ableton(
    spec: SynthSpec,
    track: str = "",
    device: str = "",
    at: LiveAddress = HERE,
    clock: Clock = time.monotonic,
    memory: DeviceMemory | None = None,
) -> AbletonTarget:
    """Open the device in the current Live set that holds a spec's plugin.

    Args:
        spec: Spec of the model.
        track: Name of the track, or its number from 1; if empty, all tracks are searched.
        device: Name of the device, or its number from 1; if empty, the plugin is searched.
        at: Address of AbletonOSC.
        clock: Returns the time in seconds.
        memory: Device of the last connection; the same device is found again, wherever it is now.

    Returns:
        The target.

    Raises:
        TargetError: Live does not answer, or the device is not found.
    """
    memory = memory or DeviceMemory()
    live = AbletonOsc(at)
    try:
        _check(live, memory)
        found = memory.find(live) if memory.device else find_device(live, spec, track, device)
        target = AbletonTarget(live, found, spec, clock, memory)
        memory.note_others(live)
        return target
    except BaseException:
        live.close()
        raise


def _check(live: AbletonOsc, memory: DeviceMemory) -> None:
    """Check that Live answers; if it does not, its next set is another one."""
    try:
        live.check()
    except TargetError:
        memory.forget()
        raise


class AbletonTarget:
    """Control a plugin's configured parameters in Live."""

    def __init__(
        self,
        live: AbletonOsc,
        device: LiveDevice,
        spec: SynthSpec,
        clock: Clock,
        memory: DeviceMemory,
    ) -> None:
        """Read the device's panel and subscribe to its changes.

        Args:
            live: Connection to AbletonOSC; the target closes it.
            device: Device that holds the plugin.
            spec: Spec of the model.
            clock: Returns the time in seconds.
            memory: Gets the device and, at the end, its values.

        Raises:
            TargetError: The device goes away during the reading.
        """
        self.device, self._live, self._clock, self._memory = device, live, clock, memory
        self._ids = device.track, device.number
        self._place = DevicePlace(live, device)
        self._dials, missing, self._names = dials(live, device, spec)
        count = len(self._names)
        self._named = {dial.index: name for name, dial in self._dials.items()}
        self._values = [0.0] * count
        self._echoes, self._again = EchoFilterByOrder(clock), set[int]()
        self._stirred: dict[int, float] = {}  # last time that the user or automation moved it
        self._questions = deque[float](maxlen=8)  # times at which values were requested
        self._asked, self._unanswered = clock(), float("inf")  # time of the first open question
        self.capabilities = Capabilities(
            reads=True,
            listens=True,
            pace_hz=PACE_HZ,
            missing=tuple(missing),
            advice=how_to_configure(device, spec, missing),
        )
        # Listen to all parameters, not only to the learned ones: a bulk write sends the others
        # their own values. Send ints: AbletonOSC uses the index unchanged, and a float fails.
        for index in range(count):
            live.send("/live/device/start_listen/parameter/value", *self._ids, index)
        self._read()
        memory.remember(device, self._dials, self._values)

    def __str__(self) -> str:
        return str(self.device)

    def apply(self, changes: Sequence[ParameterChange]) -> None:
        """Write the values; many values go in one message."""
        wanted = {
            self._dials[change.name].index: self._dials[change.name].to_live(change.native)
            for change in changes
            if change.name in self._dials
        }
        self._again -= wanted.keys()
        self._write(wanted)

    def read(self) -> Mapping[str, float]:
        """Ask Live for native values by name; this may take a second or two."""
        self._read()
        return {name: one.to_native(self._values[one.index]) for name, one in self._dials.items()}

    def moved(self) -> Mapping[str, float]:
        """Return native values of what the user turned in Live.

        Raises:
            TargetError: Live or the device is gone.
        """
        turned: dict[int, float] = {}
        for path, values in self._live.hear():
            if path == "/live/startup":
                self._memory.forget()
                raise TargetError("Live was restarted or opened another set")
            self._place.check_layout(path, values)
            if tuple(values[:2]) == self._ids:
                self._unanswered = float("inf")
                self._receive(path, values[2:], turned)
        self._poll()
        return {self._named[i]: self._dials[self._named[i]].to_native(v) for i, v in turned.items()}

    def close(self) -> None:
        """Stop listening, free the reply port and remember the values."""
        if self._memory.device:
            self._memory.remember(self.device, self._dials, self._values)
        with contextlib.suppress(TargetError):
            for index in range(len(self._values)):
                self._live.send("/live/device/stop_listen/parameter/value", *self._ids, index)
        self._live.close()

    # -- writing -----------------------------------------------------------------------------------

    def _write(self, wanted: Mapping[int, float]) -> None:
        """Write values by parameter index, in one message or one by one."""
        if not wanted:
            return
        for index, value in wanted.items():
            self._values[index] = value
            self._echoes.sent(index, value)
        if self._may_write_all(wanted):
            values = self._values[: max(wanted) + 1]
            self._live.send("/live/device/set/parameters/value", *self._ids, *values)
            return
        for index, value in wanted.items():
            self._live.send("/live/device/set/parameter/value", *self._ids, index, value)

    def _may_write_all(self, wanted: Mapping[int, float]) -> bool:
        """Return whether one message may write all parameters up to the last wanted one.

        The message starts at Device On and has no gaps, so it also writes the unwanted parameters
        at their current values. This is right only if most of them are wanted, and if no unwanted
        parameter is being moved by the user or by automation.
        """
        last, now = max(wanted), self._clock()
        passing = [index for index in range(last + 1) if index not in wanted]
        return (
            len(wanted) > FEW
            and len(wanted) > len(passing)
            and 5 * last + 100 < MOST_BYTES
            and all(now - self._stirred.get(index, -float("inf")) >= CALM_S for index in passing)
        )

    # -- listening ---------------------------------------------------------------------------------

    def _read(self) -> None:
        """Ask Live for all values, and wait for them."""
        self._values = self._checked(self._live.ask(PARAMETERS, *self._ids))
        # Discard reports from before this answer, such as those that a new listener receives. They
        # have older values, and would look like moves by the user.
        self._live.hear()

    def _receive(self, path: str, values: Sequence[object], turned: dict[int, float]) -> None:
        """Process one report of this device, and add a move by the user to ``turned``."""
        if path == PARAMETER and len(values) == 2:
            index, value = values
            # Other programs can make Live send other values to this address.
            if isinstance(index, int) and isinstance(value, int | float) and math.isfinite(value):
                if 0 <= index < len(self._values):
                    self._report(index, float(value), turned)
        elif path == PARAMETERS:
            self._compare(self._checked(values), turned)
        elif path == PARAMETER_NAMES and [str(name) for name in values] != self._names:
            raise TargetError(f"{self.device}: its configured parameters changed")
        elif path == f"{GET}/name" and values != [self.device.name]:
            raise TargetError(f"{self.device} was moved, renamed or deleted in Live")

    def _report(self, index: int, value: float, turned: dict[int, float]) -> None:
        """Process one reported value: an echo of our own, or a move."""
        name = self._named.get(index)
        if name and self._echoes.take(index, value, self._dials[name].span, ROUNDING):
            if not self._echoes.expects(index):
                self._values[index] = value  # rounded by the plugin
            return
        if value != self._values[index]:
            self._stirred[index] = self._clock()
            self._values[index] = value
            if name:
                turned[index] = value
        self._again.discard(index)

    def _compare(self, values: Sequence[float], turned: dict[int, float]) -> None:
        """Compare Live's values with ours, and send lost values again."""
        if self._questions:  # Live answers after it has executed all earlier messages
            self._echoes.settle(self._questions.popleft() - SETTLING_S)
        resting = [
            dial for dial in self._dials.values() if self._echoes.quiet_s(dial.index) >= DONE_S
        ]
        self._place.check_values(resting, values, self._values)
        lost: dict[int, float] = {}
        for index, value in enumerate(values):
            name = self._named.get(index)
            if name is None:
                self._values[index] = value
            elif (
                abs(value - self._values[index]) > ROUNDING * self._dials[name].span
                and self._echoes.quiet_s(index) >= DONE_S
            ):
                if index in self._again or self._echoes.quiet_s(index) == float("inf"):
                    turned[index] = self._values[index] = value
                else:  # Perhaps lost: send it again. If Live keeps its value, the user set it.
                    lost[index] = self._values[index]
                    self._again.add(index)
        self._write(lost)

    def _poll(self) -> None:
        """Ask for the device's name and values, if due; raise TargetError without answers."""
        now = self._clock()
        if now - self._unanswered > AWAY_S:
            raise TargetError(f"{self.device}: Live no longer answers for it")
        if now - self._asked >= POLL_S:
            self._asked, self._unanswered = now, min(now, self._unanswered)
            self._place.ask_layout()
            self._live.send(f"{GET}/name", *self._ids)
            self._live.send(PARAMETER_NAMES, *self._ids)
            self._live.send(PARAMETERS, *self._ids)
            self._questions.append(now)

    def _checked(self, values: Sequence[object]) -> list[float]:
        """Return values as floats; raise TargetError if their number changed."""
        if len(values) != len(self._values):
            raise TargetError(f"{self.device}: its configured parameters changed")
        return numbers(values)
