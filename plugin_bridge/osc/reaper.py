"""Control an effect in REAPER through its OSC control surface.

REAPER identifies a parameter by its number in the plugin, from 1. It sends the parameter names of
the effect that the surface has selected. The bridge selects the effect and reads the names when
the target is opened. Tracks and effects have numbers only, so another effect may come to the number
of ours. The target therefore asks for its names again while it runs.

Facts from REAPER's ``Default.ReaperOSC`` and from the surface's source in Cockos' WDL. Values are
normalised 0..1 and sent as OSC floats. Each value arrives up to twice. A bundle holds several
messages. Not tried in REAPER.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from plugin_bridge.osc.osc_target import Linear, OscTarget, checked
from plugin_bridge.osc.socket import OscSocket
from plugin_bridge.protocol import LOOPBACK
from plugin_bridge.sync.target import Capabilities, TargetError

HEARS_ON = 8000  # The surface's "local listen port": REAPER receives here.
TELLS_ON = 9010  # Its "device port": REAPER sends here. The usual 9000 is our server's port.
PACE_HZ = 30.0  # REAPER updates control surfaces about so often.
VALUE = "/track/{track}/fx/{fx}/fxparam/{parameter}/value"
NAME = re.compile(r"/fxparam/(\d{1,5})/name")
SELECT_TRACK, SELECT_FX = "/device/track/select", "/device/fx/select"
COUNT, BANK = "/device/fxparam/count", "/device/fxparam/bank/select"
ASKED = 256  # names to ask for if the plugin's number of parameters is unknown
FIRST_S, QUIET_S, ANSWER_S = 0.5, 0.3, 5.0  # REAPER updates surfaces about every 30 ms
CHECK_S = 1.0  # between two questions whether the effect is still at its place
CHECKED = 8  # names to ask for in each check


@dataclass(frozen=True)
class Placed:
    """Hold the numbers of a model's parameters in an effect, from 1, and the missing names."""

    numbers: Mapping[str, int] = field(default_factory=dict)
    missing: tuple[str, ...] = ()


def open_reaper(
    names: Sequence[str],
    track: int,
    fx: int,
    order: Sequence[str] = (),
    host: str = LOOPBACK,
    port: int = HEARS_ON,
    listen_port: int = TELLS_ON,
) -> OscTarget:
    """Open one effect on one track.

    The names that REAPER sends give the number of each parameter. If REAPER sends no names, the
    function uses ``order`` instead.

    Args:
        names: Parameter names of the model.
        track: Number of the track from 1; 0 is the master.
        fx: Number of the effect on the track, from 1.
        order: All parameter names, in the plugin's order.
        host: IP address or name of REAPER's machine.
        port: UDP port that REAPER receives on.
        listen_port: UDP port that REAPER sends to.

    Returns:
        The target.

    Raises:
        TargetError: There are no names from either source, REAPER is not there, a port is in use,
            or a number is out of range.
    """
    if track < 0 or fx < 1:
        raise TargetError(f"track {track}, fx {fx}: track must be 0 or more, and fx 1 or more")
    socket = checked(OscSocket(host, port, listen_port))
    try:
        reported = ask_names(socket, track, fx, len(order))
        placed = place(names, reported, order)
    except BaseException:
        socket.close()
        raise
    return ReaperTarget(socket, placed, track, fx, bool(reported))


class ReaperTarget(OscTarget):
    """Control one effect in REAPER, and notice when another effect is at its place."""

    def __init__(
        self, socket: OscSocket, placed: Placed, track: int, fx: int, named: bool = True
    ) -> None:
        """Set up the target; it sends nothing now.

        Args:
            socket: Open socket; the target closes it.
            placed: Numbers of the parameters.
            track: Number of the track from 1; 0 is the master.
            fx: Number of the effect, from 1.
            named: Whether REAPER has sent the names; without names nothing can be checked.
        """
        wires = {name: _wire(track, fx, number) for name, number in placed.numbers.items()}
        known = _capabilities(placed, named, track, fx)
        super().__init__(socket, wires, known, title=f"REAPER, effect {fx} of track {track},")
        self._place = track, fx
        named_at = {number: name for name, number in placed.numbers.items()}
        self._expected = named_at if named else {}
        self._others = dict[int, str]()  # names that are not the expected ones
        self._doubts, self._checked = 0, time.monotonic()

    def moved(self) -> Mapping[str, float]:
        """Return what changed there since the last call.

        Raises:
            TargetError: Another effect is at the place of ours.
        """
        moved = super().moved()
        if self._expected and time.monotonic() - self._checked >= CHECK_S:
            self._check()
        return moved

    def receive_other(self, path: str, arguments: tuple[object, ...]) -> None:
        """Compare the names that REAPER sends with the expected ones."""
        place_of = NAME.fullmatch(path)
        expected = self._expected.get(int(place_of[1])) if place_of else None
        if place_of is None or expected is None or not arguments:
            return
        name = arguments[0]
        if name == expected:
            self._others.pop(int(place_of[1]), None)
        elif isinstance(name, str) and name:
            self._others[int(place_of[1])] = name

    def _check(self) -> None:
        """Select the effect and ask for its names; the answers are compared at the next check.

        One check with other names is no proof: somebody may have selected another effect on the
        surface. The check selects ours again.
        """
        self._checked = time.monotonic()
        self._doubts = self._doubts + 1 if self._others else 0
        if self._doubts > 1:
            number, name = next(iter(self._others.items()))
            raise TargetError(
                f"{self}: another effect is there now, its parameter {number} is {name!r}, not "
                f"{self._expected[number]!r}. Move it back, or start the bridge with the new "
                "numbers of the track and the effect"
            )
        _ask(self.socket, *self._place, [*self._others, *self._expected][:CHECKED])


def ask_names(socket: OscSocket, track: int, fx: int, count: int) -> dict[int, str]:
    """Ask REAPER for parameter names, and return them by number.

    This changes the selection of the OSC surface only, not REAPER's own selection.

    Args:
        socket: Socket to REAPER.
        track: Number of the track from 1; 0 is the master.
        fx: Number of the effect, from 1.
        count: Number of names to ask for; 0 asks for 256.

    Returns:
        Names by number from 1; empty if REAPER does not answer.
    """
    _ask(socket, track, fx, range(1, (count or ASKED) + 1), count or ASKED)
    reported = dict[int, str]()
    for path, arguments in socket.until_quiet(FIRST_S, QUIET_S, ANSWER_S):
        place_of = NAME.fullmatch(path)
        if place_of and arguments and isinstance(arguments[0], str) and arguments[0]:
            reported[int(place_of[1])] = arguments[0]
    return reported


def _ask(socket: OscSocket, track: int, fx: int, numbers: Iterable[int], count: int = 0) -> None:
    """Ask for the names of parameters: REAPER sends them once the effect is selected.

    Args:
        socket: Socket to REAPER.
        track: Number of the track.
        fx: Number of the effect.
        numbers: Numbers of the parameters.
        count: Number of parameters that the surface shows; 0 leaves it as it is.
    """
    # REAPER sends a name only twice, but sends it again after a message to the name's address.
    for number in numbers:
        socket.send(f"/fxparam/{number}/name")
    if count:
        socket.send(COUNT, count)
    socket.send(SELECT_TRACK, track)
    socket.send(SELECT_FX, fx)
    socket.send(BANK, 1)


def place(names: Sequence[str], reported: Mapping[int, str], order: Sequence[str]) -> Placed:
    """Return the number of each name; REAPER's names take priority over the plugin's order.

    If several parameters have the same name, the one at that name's place in ``order`` is used, or
    else the first.

    Args:
        names: Parameter names of the model.
        reported: Names by number, as REAPER sent them.
        order: All parameter names, in the plugin's order.

    Returns:
        Numbers by name, and the names that were not found.

    Raises:
        TargetError: Both ``reported`` and ``order`` are empty.
    """
    if not reported and not order:
        raise TargetError(
            "REAPER sent no parameter names: add an OSC control surface in it whose device port "
            "is the bridge's --listen-port, and check the numbers of the track and the effect"
        )
    numbers, missing = dict[str, int](), list[str]()
    expected = {name: number for number, name in reversed([*enumerate(order, 1)])}
    by_name = {name: number for number, name in sorted(reported.items(), reverse=True)}
    for name in names:
        number = expected.get(name)
        if reported and (number is None or reported.get(number) != name):
            number = by_name.get(name)
        if number is None:
            missing.append(name)
        else:
            numbers[name] = number
    return Placed(numbers, tuple(missing))


def _wire(track: int, fx: int, number: int) -> Linear:
    """Return the wire of a parameter by its number."""
    address = VALUE.format(track=track, fx=fx, parameter=number)
    return Linear(address, feedback=address)


def _capabilities(placed: Placed, named: bool, track: int, fx: int) -> Capabilities:
    """Return what the target can do, with advice for missing or unconfirmed names."""
    advice = ""
    if placed.missing:
        advice = (
            f"effect {fx} of track {track} has no parameter called {', '.join(placed.missing)}: "
            "check the numbers of the track and the effect, and that it is the model's plugin"
        )
    elif not named:
        advice = (
            "REAPER sent no parameter names, so the bridge uses the plugin's own order. Set the "
            "surface's device port to the bridge's --listen-port"
        )
    return Capabilities(
        reads=False, listens=True, pace_hz=PACE_HZ, missing=placed.missing, advice=advice
    )
