"""Ableton Live as a target, through AbletonOSC, without Max.

Written from AbletonOSC's documentation and issues and tried on
``plugin_bridge.ableton.simulated_live`` alone; not inside Live.
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
from plugin_bridge.ableton.device import GET, LiveDevice, dials, find_device, how_to_configure
from plugin_bridge.sync.echo_filter_by_order import SETTLING_S, EchoFilterByOrder
from plugin_bridge.sync.rate_limiter import Clock
from plugin_bridge.sync.target import Capabilities, ParameterChange, TargetError

PACE_HZ = 10.0  # AbletonOSC follows what has come once in 100 ms, and leaves nothing out
FEW = 8  # changes up to here are sent one by one: nothing else on the panel is touched
ROUNDING = 0.005  # of the range: how far off a plugin's rounding may be from what was sent
POLL_S = 1.0  # how often Live is asked whether all is as it should be
AWAY_S = 4.0  # without an answer for so long Live, or the device, is gone
CALM_S = 1.0  # what moved in Live within so long is not written to in passing
DONE_S = 1.5  # after so long a value that was sent shows in Live, or was lost
PARAMETER, PARAMETERS = f"{GET}/parameter/value", f"{GET}/parameters/value"


def open_ableton(
    spec: SynthSpec,
    track: str = "",
    device: str = "",
    at: LiveAddress = HERE,
    clock: Clock = time.monotonic,
) -> AbletonTarget:
    """The device of the open set that holds a spec's plugin.

    ``track`` and ``device`` are names, or numbers from 1; without them it is looked for. Raises
    TargetError when Live does not answer or the device is not to be found.
    """
    live = AbletonOsc(at)
    try:
        live.check()
        return AbletonTarget(live, find_device(live, spec, track, device), spec, clock)
    except BaseException:
        live.close()
        raise


class AbletonTarget:
    """A plugin's configured parameters in Live."""

    def __init__(self, live: AbletonOsc, device: LiveDevice, spec: SynthSpec, clock: Clock) -> None:
        """Reads the device's panel and listens to it; TargetError when it goes away meanwhile."""
        self.device, self._live, self._clock = device, live, clock
        self._ids = device.track, device.number
        self._dials, missing, count = dials(live, device, spec)
        self._named = {dial.index: name for name, dial in self._dials.items()}
        self._values = [0.0] * count
        self._echoes, self._again = EchoFilterByOrder(clock), set[int]()
        self._stirred: dict[int, float] = {}  # when something else than us moved it last
        self._questions = deque[float](maxlen=8)  # when the values were asked for
        self._asked, self._unanswered = clock(), float("inf")  # since when a question is open
        self.capabilities = Capabilities(
            reads=True,
            listens=True,
            pace_hz=PACE_HZ,
            missing=tuple(missing),
            advice=how_to_configure(device, spec, missing),
        )
        # All of them and not ours alone: a bulk write sends the others back as they are. Ints, for
        # AbletonOSC uses the index as it comes, and a float is none.
        for index in range(count):
            live.send("/live/device/start_listen/parameter/value", *self._ids, index)
        self._read()

    def __str__(self) -> str:
        return str(self.device)

    def apply(self, changes: Sequence[ParameterChange]) -> None:
        """Write the values; by one message when they are many."""
        wanted = {
            self._dials[change.name].index: self._dials[change.name].to_live(change.native)
            for change in changes
            if change.name in self._dials
        }
        self._again -= wanted.keys()
        self._write(wanted)

    def read(self) -> Mapping[str, float]:
        """Native values as Live has them now; waits for them, a second or two."""
        self._read()
        return {name: one.to_native(self._values[one.index]) for name, one in self._dials.items()}

    def moved(self) -> Mapping[str, float]:
        """Native values of what was turned in Live; TargetError when the device is gone."""
        turned: dict[int, float] = {}
        for path, values in self._live.hear():
            if path == "/live/startup":
                raise TargetError("Live was started again, or opened another set")
            if tuple(values[:2]) == self._ids:
                self._unanswered = float("inf")
                self._hear(path, values[2:], turned)
        self._poll()
        return {self._named[i]: self._dials[self._named[i]].to_native(v) for i, v in turned.items()}

    def close(self) -> None:
        """Stop listening and give the reply port back."""
        with contextlib.suppress(TargetError):
            for index in range(len(self._values)):
                self._live.send("/live/device/stop_listen/parameter/value", *self._ids, index)
        self._live.close()

    # -- writing -----------------------------------------------------------------------------------

    def _write(self, wanted: Mapping[int, float]) -> None:
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
        """Whether to write everything up to the last that is wanted, by one message.

        It begins at Device On and has no gaps, so what is not wanted is written as it was: worth it
        while most is wanted, and nothing else is being moved by a hand or by automation.
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
        self._values = self._checked(self._live.ask(PARAMETERS, *self._ids))
        # Reports that came before this answer tell older values, such as those that a new listener
        # is greeted with: heard later they would pass for a hand's.
        self._live.hear()

    def _hear(self, path: str, values: Sequence[object], turned: dict[int, float]) -> None:
        """One report of this device; what a hand turned is added to ``turned``."""
        if path == PARAMETER and len(values) == 2:
            index, value = values
            # Other programs may make Live say other things at this address.
            if isinstance(index, int) and isinstance(value, int | float) and math.isfinite(value):
                if 0 <= index < len(self._values):
                    self._report(index, float(value), turned)
        elif path == PARAMETERS:
            self._compare(self._checked(values), turned)
        elif path == f"{GET}/name" and values != [self.device.name]:
            raise TargetError(f"{self.device} was moved, renamed or deleted")

    def _report(self, index: int, value: float, turned: dict[int, float]) -> None:
        name = self._named.get(index)
        if name and self._echoes.take(index, value, self._dials[name].span, ROUNDING):
            if not self._echoes.expects(index):
                self._values[index] = value  # as the plugin took it
            return
        if value != self._values[index]:
            self._stirred[index] = self._clock()
            self._values[index] = value
            if name:
                turned[index] = value
        self._again.discard(index)

    def _compare(self, values: Sequence[float], turned: dict[int, float]) -> None:
        """What Live has against what we believe it has: packets get lost."""
        if self._questions:  # answered after all that was sent before it has been followed
            self._echoes.settle(self._questions.popleft() - SETTLING_S)
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
                else:  # what was sent may have been lost; what Live keeps to after that is a hand's
                    lost[index] = self._values[index]
                    self._again.add(index)
        self._write(lost)

    def _poll(self) -> None:
        now = self._clock()
        if now - self._unanswered > AWAY_S:
            raise TargetError(f"Live no longer answers for {self.device}")
        if now - self._asked >= POLL_S:
            self._asked, self._unanswered = now, min(now, self._unanswered)
            self._live.send(f"{GET}/name", *self._ids)
            self._live.send(PARAMETERS, *self._ids)
            self._questions.append(now)

    def _checked(self, values: Sequence[object]) -> list[float]:
        if len(values) != len(self._values):
            raise TargetError(f"the configured parameters of {self.device} changed")
        return numbers(values)
