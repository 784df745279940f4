"""REAPER through its OSC control surface.

REAPER knows a parameter by its number in the plugin, from 1. It tells the names of the effect that
the surface has selected, so that is asked for when the target is opened. Facts from REAPER's
``Default.ReaperOSC`` and the surface's source in Cockos' WDL: normalised values 0..1 as OSC
floats, every value told up to twice, several messages in a bundle. Not tried in REAPER.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from plugin_bridge.osc.osc_target import Linear, OscTarget, checked
from plugin_bridge.osc.socket import OscSocket
from plugin_bridge.protocol import LOOPBACK
from plugin_bridge.sync.target import Capabilities, TargetError

HEARS_ON = 8000  # "local listen port" of REAPER's surface
TELLS_ON = 9010  # its "device port"; 9000, which people often enter, is our own server's
PACE_HZ = 30.0  # REAPER serves control surfaces about so often
VALUE = "/track/{track}/fx/{fx}/fxparam/{parameter}/value"
NAME = re.compile(r"/fxparam/(\d{1,5})/name")
SELECT_TRACK, SELECT_FX = "/device/track/select", "/device/fx/select"
COUNT, BANK = "/device/fxparam/count", "/device/fxparam/bank/select"
ASKED = 256  # parameters, where the plugin's number of them is not known
FIRST_S, QUIET_S, ANSWER_S = 0.5, 0.3, 5.0  # REAPER serves surfaces every 30 ms or so


@dataclass(frozen=True)
class Placed:
    """Where a model's parameters are among an effect's: numbers from 1 by name."""

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
    """The effect ``fx`` (from 1) of track ``track`` (from 1; 0 is the master).

    The names that REAPER tells say where each parameter is; ``order``, all the plugin's parameters
    in its own order, is believed where REAPER tells none. TargetError when neither is known,
    REAPER is not there, or a port is taken.
    """
    if track < 0 or fx < 1:
        raise TargetError(f"track must be 0 or more and fx 1 or more, got {track} and {fx}")
    socket = checked(OscSocket(host, port, listen_port))
    try:
        told = ask_names(socket, track, fx, len(order))
        placed = place(names, told, order)
    except BaseException:
        socket.close()
        raise
    wires = {name: _wire(track, fx, number) for name, number in placed.numbers.items()}
    known = _capabilities(placed, bool(told), track, fx)
    return OscTarget(socket, wires, known, title=f"REAPER, effect {fx} of track {track},")


def ask_names(socket: OscSocket, track: int, fx: int, count: int) -> dict[int, str]:
    """Parameter names by number, as REAPER tells them; empty when it does not answer.

    Only the surface's own selection changes, not REAPER's.
    """
    # REAPER tells a name no third time, unless a message to its address has come in between.
    for number in range(1, (count or ASKED) + 1):
        socket.send(f"/fxparam/{number}/name")
    socket.send(COUNT, count or ASKED)
    socket.send(SELECT_TRACK, track)
    socket.send(SELECT_FX, fx)
    socket.send(BANK, 1)
    told = dict[int, str]()
    for path, arguments in socket.until_quiet(FIRST_S, QUIET_S, ANSWER_S):
        place_of = NAME.fullmatch(path)
        if place_of and arguments and isinstance(arguments[0], str) and arguments[0]:
            told[int(place_of[1])] = arguments[0]
    return told


def place(names: Sequence[str], told: Mapping[int, str], order: Sequence[str]) -> Placed:
    """The number of each name; what REAPER told counts more than the plugin's order.

    A name that several parameters have is the one at its place in ``order``, else the first.
    """
    if not told and not order:
        raise TargetError(
            "REAPER told no parameter names: add an OSC control surface whose device port is the "
            "one heard on here, and check the numbers of track and effect"
        )
    numbers, missing = dict[str, int](), list[str]()
    expected = {name: number for number, name in reversed([*enumerate(order, 1)])}
    by_name = {name: number for number, name in sorted(told.items(), reverse=True)}
    for name in names:
        number = expected.get(name)
        if told and (number is None or told.get(number) != name):
            number = by_name.get(name)
        if number is None:
            missing.append(name)
        else:
            numbers[name] = number
    return Placed(numbers, tuple(missing))


def _wire(track: int, fx: int, number: int) -> Linear:
    address = VALUE.format(track=track, fx=fx, parameter=number)
    return Linear(address, feedback=address)


def _capabilities(placed: Placed, told: bool, track: int, fx: int) -> Capabilities:
    advice = ""
    if placed.missing:
        advice = (
            f"effect {fx} of track {track} has no parameter called {', '.join(placed.missing)}: "
            "check the numbers of track and effect, and that it is the model's plugin"
        )
    elif not told:
        advice = (
            "REAPER told no names, so the plugin's own order is trusted: give the surface's "
            "device port as the port heard on here"
        )
    return Capabilities(
        reads=False, listens=True, pace_hz=PACE_HZ, missing=placed.missing, advice=advice
    )
