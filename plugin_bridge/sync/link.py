"""Connect one server and one target, in both directions.

The server holds the truth. A value moved in the target is sent to it as a hand's; for a moment that
hand has the parameter to itself, so that the server's answers to where it was do not fight it.
Locks and gestures are the server's matter.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from threading import Event

from datasets.spec import SynthSpec
from plugin_bridge.sync.host_parameters import with_macros
from plugin_bridge.sync.rate_limiter import Clock, RateLimiter
from plugin_bridge.sync.subscription import Subscription
from plugin_bridge.sync.target import ParameterChange, Target, TargetError

HOLD_S = 0.3  # a hand that moved a parameter has it to itself for so long
SAME = 1e-4  # of a parameter's range: values that are equal but for digits lost on the way
GATHER_S = 0.001  # what a knob changes comes in several packets: the rest is waited for
PARTIAL_S = 1.0  # the whole preset is waited for so long
LISTEN_S = 0.01  # longest wait for the server: the target is asked so often what was moved
RETRY_S = 2.0  # a target that is away is looked for so often
FOREIGN = 0.02  # of a parameter's range: beyond that the target holds another preset
MOST_NAMED = 8  # parameters in one line of text

Tell = Callable[[str], None]


@dataclass
class _Hand:
    """A parameter that is being moved in the target."""

    until: float
    unit: float
    news: ParameterChange | None = None  # what the server said of it meanwhile


class Link:
    """Joins the server to a target until it is closed; goes on when either goes and comes back."""

    def __init__(
        self,
        server: tuple[str, int],
        open_target: Callable[[], Target],
        spec: SynthSpec,
        tell: Tell,
        token: str = "",
        clock: Clock = time.monotonic,
    ) -> None:
        """Open the subscription; the target is opened by the first step.

        Args:
            server: IP and UDP port of the server.
            open_target: Raises TargetError while there is none.
            spec: Of the model that the server plays; a whole preset file of Vital may take its
                place there, and then its macros are carried.
            tell: Takes lines to read.
            token: The server's, if it has one.
            clock: Seconds.
        """
        parameters = with_macros(spec).parameters
        self._parameters = {parameter.name: parameter for parameter in parameters}
        self._learned = frozenset(spec.names)
        self._macros = self._parameters.keys() - self._learned  # empty but for Vital
        self._played: Set[str] = self._learned  # what is current in the server: either of the two
        self._open, self._spec, self._tell, self._clock = open_target, spec, tell, clock
        self._server = Subscription(server, tell, token, clock)
        self._target: Target | None = None
        self._pace = RateLimiter(float("inf"), clock)
        self._holds: dict[str, float] = {}  # unit values that the target holds or is to be given
        self._hands: dict[str, _Hand] = {}
        self._begun = False  # whether the target has been given the server's preset
        self._partial: float | None = None  # since when a part of it is known
        self._retry = -float("inf")
        self._said = ""  # the last trouble told
        self._unknown: set[str] = set()

    @property
    def target(self) -> Target | None:
        """The target while it is there."""
        return self._target

    def run(self, stopped: Event) -> None:
        """Carry on until the event is set."""
        while not stopped.is_set():
            self.step()

    def step(self, wait_s: float = LISTEN_S) -> None:
        """Hear, deliver what may be delivered, and carry back; waits ``wait_s`` at most."""
        due_s = self._pace.wait_s
        news = self._server.hear(wait_s if due_s is None else min(wait_s, due_s))
        if news and wait_s > 0:
            news += self._server.hear(GATHER_S)
        self._notice(news)
        try:
            self._find()
            if self._target is not None:
                self._carry(self._target, news)
        except TargetError as error:
            self._lose(error)

    def close(self) -> None:
        """Let go of both."""
        if self._target is not None:
            self._target.close()
            self._target = None
        self._server.close()

    # -- the target comes and goes -----------------------------------------------------------------

    def _find(self) -> None:
        if self._target is not None or self._clock() - self._retry < RETRY_S:
            return
        self._retry = self._clock()
        self._target = self._open()
        self._retry = self._clock()  # opening may have taken longer than the pause
        self._pace = RateLimiter(self._target.capabilities.pace_hz, self._clock)
        self._holds, self._hands = {}, {}
        self._begun, self._partial = False, None
        self._say(f"joined to {self._target}")
        if self._target.capabilities.advice:
            self._tell(self._target.capabilities.advice)

    def _lose(self, error: TargetError) -> None:
        if self._target is not None:
            self._target.close()
        self._target, self._retry = None, self._clock()
        self._pace = RateLimiter(float("inf"), self._clock)
        self._say(f"{error}; this goes on as soon as it is there")

    def _say(self, text: str) -> None:
        if text != self._said:
            self._said = text
            self._tell(text)

    # -- there and back ----------------------------------------------------------------------------

    def _carry(self, target: Target, news: Sequence[ParameterChange]) -> None:
        if not self._begun:
            news = self._begin(target)
        self._take(news)
        self._release()
        self._bring_back(target.moved())
        changes = self._pace.take()
        if changes:
            target.apply(changes)

    def _begin(self, target: Target) -> Sequence[ParameterChange]:
        """All that the server holds, as soon as it has told all of it."""
        values = self._server.values
        if not values:
            return []
        if self._partial is None:
            self._partial = self._clock()
        whole = self._played <= values.keys()
        # A server that plays another model never tells the rest.
        if not whole and self._clock() - self._partial < PARTIAL_S:
            return []
        self._begun = True
        self._compare(target)
        return [change for change in values.values() if change.name in self._played]

    def _compare(self, target: Target) -> None:
        """Say so when the target holds another preset than the server plays."""
        held = target.read() if target.capabilities.reads else {}
        pairs = {name: (unit, self._told(name)) for name, unit in self._units(held).items()}
        other = [n for n, (a, b) in pairs.items() if b is not None and abs(a - b) > FOREIGN]
        if other and self._played is self._learned:
            self._tell(
                f"{len(other)} of {len(pairs)} parameters differ from the server's preset "
                f"({_some(other)}) and are set now. What is not learned stays as it is there, and "
                "a knob works only on the patch it was learned on: if it sounds wrong, load the "
                "preset file (of `patchwright match`, or kept by the server) and restart this"
            )

    def _told(self, name: str) -> float | None:
        known = name in self._server.values and name in self._played
        return self._server.values[name].unit if known else None

    def _notice(self, news: Sequence[ParameterChange]) -> None:
        """Follow the server from its model's presets to a whole preset file, or back."""
        kinds = [
            kind for change in news for kind in (self._learned, self._macros) if change.name in kind
        ]
        if not kinds or kinds[-1] is self._played:
            return
        self._played = kinds[-1]
        self._holds, self._hands = {}, {}
        for name in self._parameters:
            self._pace.forget(name)
        self._tell(
            f"the server plays presets of {self._spec.name}: load one of its files in the plugin"
            if self._played is self._learned
            else "the server plays a whole preset file of Vital: load that file in the plugin (of "
            "the match, or kept by the server), and its four macros are carried"
        )

    def _take(self, news: Sequence[ParameterChange]) -> None:
        """What the server told, on its way to the target."""
        self._warn([change.name for change in news if change.name not in self._parameters])
        for change in news:
            if change.name not in self._played:
                continue
            hand = self._hands.get(change.name)
            if hand is not None:
                hand.news = change
            elif self._holds.get(change.name) != change.unit:
                self._holds[change.name] = change.unit
                self._pace.put([change])

    def _warn(self, unknown: Sequence[str]) -> None:
        if not self._unknown.issuperset(unknown):
            self._unknown.update(unknown)
            self._tell(
                f"the server plays parameters that {self._spec.name} does not have "
                f"({_some(unknown)}): end this and start it with the server's --model"
            )

    def _release(self) -> None:
        """Let go of parameters that no hand has moved for a while, and settle where they stand."""
        now = self._clock()
        for name in [name for name, hand in self._hands.items() if hand.until <= now]:
            hand = self._hands.pop(name)
            answer = hand.news
            if answer is None or abs(answer.unit - hand.unit) <= SAME:
                self._holds[name] = hand.unit if answer is None else answer.unit
            else:
                self._take([answer])

    def _bring_back(self, moved: Mapping[str, float]) -> None:
        """Send what was moved in the target to the server."""
        for name, unit in self._units(moved).items():
            held = self._holds.get(name)
            if name not in self._hands and held is not None and abs(held - unit) <= SAME:
                continue  # its own rounding of what it was given
            self._pace.forget(name)
            self._hands[name] = _Hand(self._clock() + HOLD_S, unit)
            self._server.set(name, unit)

    def _units(self, native: Mapping[str, float]) -> dict[str, float]:
        """Unit values by name; beyond the learned range they stand at its end."""
        return {
            name: min(max(self._parameters[name].from_native(value), 0.0), 1.0)
            for name, value in native.items()
            if name in self._played
        }


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more
