"""Connect one server and one target, in both directions.

The server's values are the true ones. When the user moves a parameter in the target, the link
sends the value to the server as if a person had moved a knob. For 0.3 s after that it does not
send the server's values of this parameter to the target, because they would pull the knob back.
Locks and gestures are handled by the server.
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

HOLD_S = 0.3  # After a move in the target, ignore the server for so long.
SAME = 1e-4  # Share of the range: smaller differences are rounding errors.
GATHER_S = 0.001  # Wait for more packets: a knob's changes come in several.
PARTIAL_S = 1.0  # Wait for the whole preset.
LISTEN_S = 0.01  # Longest wait for the server, and time between two looks at the target.
RETRY_S = 2.0  # Time between two attempts to open a missing target.
FOREIGN = 0.02  # Share of the range: above it the target has another preset.
MOST_NAMED = 8  # Most parameters to name in one line.

Tell = Callable[[str], None]


@dataclass
class _UserMove:
    """Describe a parameter that the user is moving in the target."""

    until: float  # time at which the server controls it again
    unit: float
    news: ParameterChange | None = None  # newest value from the server since then


class Link:
    """Connect the server to a target until closed; continue when either of them comes back."""

    def __init__(
        self,
        server: tuple[str, int],
        open_target: Callable[[], Target],
        spec: SynthSpec,
        tell: Tell,
        token: str = "",
        clock: Clock = time.monotonic,
    ) -> None:
        """Open the socket to the server; the first step opens the target.

        Args:
            server: IP address and UDP port of the server.
            open_target: Opens the target; raises TargetError while there is none.
            spec: Spec of the server's model. The server of a Vital model may also play a whole
                Vital preset; the link then carries its four macros.
            tell: Receives lines for the user.
            token: Token of the server, if it has one.
            clock: Returns the time in seconds.
        """
        parameters = with_macros(spec).parameters
        self._parameters = {parameter.name: parameter for parameter in parameters}
        self._learned = frozenset(spec.names)
        self._macros = self._parameters.keys() - self._learned  # empty except for Vital
        self._played: Set[str] = self._learned  # the set that the server uses now
        self._open, self._spec, self._tell, self._clock = open_target, spec, tell, clock
        self._server = Subscription(server, tell, token, clock)
        self._target: Target | None = None
        self._pace = RateLimiter(float("inf"), clock)
        self._holds: dict[str, float] = {}  # unit values that the target has or will get
        self._user_moves: dict[str, _UserMove] = {}
        self._beyond = set[str]()  # parameters whose range was reported
        self._begun = False  # the target has the server's preset
        self._partial: float | None = None  # time at which a part of the preset arrived
        self._retry = -float("inf")
        self._status = ""  # last status line
        self._unknown: set[str] = set()

    @property
    def target(self) -> Target | None:
        """Return the target, or None while there is none."""
        return self._target

    def run(self, stopped: Event) -> None:
        """Run until the event is set."""
        while not stopped.is_set():
            self.step()

    def step(self, wait_s: float = LISTEN_S) -> None:
        """Receive, deliver what is due and send changes back; wait ``wait_s`` seconds at most."""
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
        """Close the target and the subscription."""
        if self._target is not None:
            self._target.close()
            self._target = None
        self._server.close()

    # -- open and lose the target ------------------------------------------------------------------

    def _find(self) -> None:
        """Open the target, if there is none and the pause is over."""
        if self._target is not None or self._clock() - self._retry < RETRY_S:
            return
        self._retry = self._clock()
        self._target = self._open()
        self._retry = self._clock()  # opening may take longer than the pause
        self._pace = RateLimiter(self._target.capabilities.pace_hz, self._clock)
        self._holds, self._user_moves = {}, {}
        self._begun, self._partial = False, None
        self._say(f"connected to {self._target}")
        if self._target.capabilities.advice:
            self._tell(self._target.capabilities.advice)

    def _lose(self, error: TargetError) -> None:
        """Close the target after an error, and report the error."""
        if self._target is not None:
            self._target.close()
        self._target, self._retry = None, self._clock()
        self._pace = RateLimiter(float("inf"), self._clock)
        self._say(f"{error}. The bridge continues as soon as this works.")

    def _say(self, text: str) -> None:
        """Report a status line, unless it is the same as the last one."""
        if text != self._status:
            self._status = text
            self._tell(text)

    # -- carry changes in both directions ----------------------------------------------------------

    def _carry(self, target: Target, news: Sequence[ParameterChange]) -> None:
        """Carry changes in both directions."""
        if not self._begun:
            news = self._begin(target)
        self._take(news)
        self._release()
        self._bring_back(target.moved())
        changes = self._pace.take()
        if changes:
            target.apply(changes)

    def _begin(self, target: Target) -> Sequence[ParameterChange]:
        """Return all of the server's values, as soon as they have all arrived."""
        values = self._server.values
        if not values:
            return []
        if self._partial is None:
            self._partial = self._clock()
        whole = self._played <= values.keys()
        # A server that plays another model never sends the missing values.
        if not whole and self._clock() - self._partial < PARTIAL_S:
            return []
        self._begun = True
        self._compare(target)
        return [change for change in values.values() if change.name in self._played]

    def _compare(self, target: Target) -> None:
        """Report it when the target has another preset than the server."""
        held = target.read() if target.capabilities.reads else {}
        pairs = {name: (unit, self._server_unit(name)) for name, unit in self._units(held).items()}
        other = [n for n, (a, b) in pairs.items() if b is not None and abs(a - b) > FOREIGN]
        if other and self._played is self._learned:
            self._tell(
                f"{len(other)} of {len(pairs)} parameters differ from the server's preset "
                f"({_some(other)}). The bridge sets them now. Parameters that are not learned keep "
                "their values, and a knob works only on the patch it was learned on. If it sounds "
                "wrong, load the preset file (from `patchwright match`, or saved by the server) "
                "and restart the bridge."
            )

    def _server_unit(self, name: str) -> float | None:
        """Return the server's unit value of a parameter, or None if it is unknown."""
        known = name in self._server.values and name in self._played
        return self._server.values[name].unit if known else None

    def _notice(self, news: Sequence[ParameterChange]) -> None:
        """Detect when the server changes between the model's presets and a whole preset file."""
        kinds = [
            kind for change in news for kind in (self._learned, self._macros) if change.name in kind
        ]
        if not kinds or kinds[-1] is self._played:
            return
        self._played = kinds[-1]
        self._holds, self._user_moves = {}, {}
        for name in self._parameters:
            self._pace.forget(name)
        self._tell(
            f"the server plays presets of {self._spec.name}: load one of its files in the plugin"
            if self._played is self._learned
            else "the server plays a whole Vital preset: load that file in the plugin (from the "
            "match, or saved by the server); the bridge then carries its four macros"
        )

    def _take(self, news: Sequence[ParameterChange]) -> None:
        """Queue the server's changes for the target."""
        self._warn([change.name for change in news if change.name not in self._parameters])
        for change in news:
            if change.name not in self._played:
                continue
            move = self._user_moves.get(change.name)
            if move is not None:
                move.news = change
            elif self._holds.get(change.name) != change.unit:
                self._holds[change.name] = change.unit
                self._pace.put([change])

    def _warn(self, unknown: Sequence[str]) -> None:
        """Report parameters that the bridge's model does not have, each once."""
        if not self._unknown.issuperset(unknown):
            self._unknown.update(unknown)
            self._tell(
                f"the server sends parameters that {self._spec.name} does not have "
                f"({_some(unknown)}): restart the bridge with the server's --model"
            )

    def _release(self) -> None:
        """Give the server control of parameters again that the user has stopped moving."""
        now = self._clock()
        for name in [name for name, move in self._user_moves.items() if move.until <= now]:
            move = self._user_moves.pop(name)
            answer = move.news
            if answer is None or abs(answer.unit - move.unit) <= SAME:
                self._holds[name] = move.unit if answer is None else answer.unit
            else:
                self._take([answer])

    def _bring_back(self, moved: Mapping[str, float]) -> None:
        """Send what the user moved in the target to the server."""
        self._report_beyond(moved)
        for name, unit in self._units(moved).items():
            held = self._holds.get(name)
            if name not in self._user_moves and held is not None and abs(held - unit) <= SAME:
                continue  # the target only rounded our value
            self._pace.forget(name)
            self._user_moves[name] = _UserMove(self._clock() + HOLD_S, unit)
            self._server.set(name, unit)

    def _report_beyond(self, moved: Mapping[str, float]) -> None:
        """Report a value outside the learned range; each parameter once."""
        for name in sorted(self._played & moved.keys() - self._beyond):
            parameter, native = self._parameters[name], moved[name]
            if not -SAME <= parameter.from_native(native) <= 1 + SAME:
                self._beyond.add(name)
                self._tell(f"{name} {parameter.replaced(native)} in the server")

    def _units(self, native: Mapping[str, float]) -> dict[str, float]:
        """Return unit values by name, clipped to the learned range."""
        return {
            name: min(max(self._parameters[name].from_native(value), 0.0), 1.0)
            for name, value in native.items()
            if name in self._played
        }


def _some(names: Sequence[str]) -> str:
    """Return the first names as text, and how many more there are."""
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more
