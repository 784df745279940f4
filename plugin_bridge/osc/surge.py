"""Surge XT through its own OSC interface.

Facts from Surge XT 1.3's "OSC Specification" and ``src/surge-xt/osc`` of its source: it hears on
UDP 53280 and tells on 53281, both off until switched on; every number is sent as an OSC float, a
float parameter as its normalised value 0..1, a whole number or a switch as it is; ``/q`` before an
address asks for its value; ``/error`` says what was wrong. Not tried on the synth itself.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plugin_bridge.osc.osc_target import OscTarget, checked
from plugin_bridge.osc.socket import OscSocket
from plugin_bridge.protocol import LOOPBACK
from plugin_bridge.sync.parameter_maps import numbers, only_keys, read_map
from plugin_bridge.sync.target import Capabilities, ParameterChange, TargetError

HEARS_ON, TELLS_ON = 53280, 53281  # Surge's defaults; every instance needs ports of its own
PACE_HZ = 60.0  # Surge takes messages once per audio block; faster than a hand brings nothing
LOAD, QUERY, ERROR = "/patch/load", "/q", "/error"
MARGIN, SPAN = 0.005, 0.99  # of a whole number's normalised value (Parameter::intScaledToFloat)
ERRORS_KEPT = 32
LOADING_S, LOOK_S = 2.0, 0.01  # longest wait for a patch, and between two looks whether it is there


@dataclass(frozen=True)
class Float:
    """A float parameter: its OSC value is the plugin's normalised value, 0..1."""

    address: str

    @property
    def feedback(self) -> str:
        """Surge tells at the address it is told at."""
        return self.address

    def encode(self, change: ParameterChange) -> float:
        """The native value, within 0..1."""
        return min(max(float(change.native), 0.0), 1.0)

    def decode(self, value: float) -> float:
        """The same value."""
        return min(max(value, 0.0), 1.0)


@dataclass(frozen=True)
class Whole(Float):
    """A parameter of whole numbers or a switch, sent as the number itself (as an OSC float).

    Its normalised value is 0.005 + 0.99 x (number - low) / (high - low).
    """

    low: float
    high: float

    def encode(self, change: ParameterChange) -> float:
        """The number whose normalised value is nearest."""
        at = min(max((change.native - MARGIN) / SPAN, 0.0), 1.0)
        return float(round(self.low + at * (self.high - self.low)))

    def decode(self, value: float) -> float:
        """The normalised value of a number."""
        at = (round(value) - self.low) / (self.high - self.low)
        return MARGIN + SPAN * min(max(at, 0.0), 1.0)


class SurgeTarget(OscTarget):
    """Surge XT; what its ``/error`` said is kept for ``errors``."""

    def __init__(
        self,
        socket: OscSocket,
        wires: Mapping[str, Float],
        capabilities: Capabilities,
        listened: Sequence[str],
    ) -> None:
        super().__init__(
            socket, wires, capabilities, listened, query=QUERY.__add__, title="Surge XT"
        )
        self._errors: deque[str] = deque(maxlen=ERRORS_KEPT)
        self._loaded = False

    def prepare(self, controls: Mapping[str, float]) -> None:
        """Set the fixed part of a spec's patch (``template["controls"]``, native values).

        A knob means what was learnt only on the patch it was learnt on. Controls that the map
        does not name are passed over.
        """
        self.apply([ParameterChange(name, value, value, "") for name, value in controls.items()])

    def load_patch(self, path: Path) -> None:
        """Load a patch (``.fxp``) of this machine; what was set before is gone with it.

        Surge loads in a thread of its own and then tells the path: what is set meanwhile would be
        gone too, so that is waited for. TargetError when there is no such file.
        """
        file = path.expanduser().resolve().with_name(path.name.removesuffix(".fxp") + ".fxp")
        if not file.is_file():
            raise TargetError(f"no patch {file}: Surge loads .fxp files by their full path")
        self._drain()
        self._loaded, until = False, time.monotonic() + LOADING_S
        self.socket.send(LOAD, str(file).removesuffix(".fxp"))
        while not self._loaded and time.monotonic() < until:
            time.sleep(LOOK_S)
            self._drain()

    def errors(self) -> list[str]:
        """What Surge complained of since the last call, in its own words."""
        self._drain()
        said, self._errors = list(self._errors), deque(maxlen=ERRORS_KEPT)
        return said

    def heard_otherwise(self, path: str, arguments: tuple[object, ...]) -> None:
        """Keep what ``/error`` says, and that a patch was loaded; the rest is passed over."""
        self._loaded |= path == LOAD
        if path == ERROR and arguments:
            self._errors.append(str(arguments[0])[:300])


def open_surge(
    names: Sequence[str],
    host: str = LOOPBACK,
    port: int = HEARS_ON,
    listen_port: int = TELLS_ON,
    mapping: str | Path = "surge-xt",
) -> SurgeTarget:
    """Surge XT for a model's parameters, by the names that the plugin shows.

    What the map has beyond them (for ``prepare``) can be set and is not listened to.
    TargetError when Surge is not there, a port is taken or the map is wrong.
    """
    wires = surge_wires(mapping)
    missing = tuple(name for name in names if name not in wires)
    advice = (
        f"Surge's OSC has no documented address for {', '.join(missing)}: set them in its window"
    )
    known = Capabilities(
        reads=True,
        listens=True,
        pace_hz=PACE_HZ,
        missing=missing,
        advice=advice if missing else "",
    )
    return SurgeTarget(checked(OscSocket(host, port, listen_port)), wires, known, names)


def surge_wires(mapping: str | Path = "surge-xt") -> dict[str, Float]:
    """The addresses of a mapping file by parameter name; TargetError names what is wrong."""
    wires = dict[str, Float]()
    for name, entry in read_map(mapping)["parameters"].items():
        try:
            wires[name] = _wire(entry)
        except TargetError as error:
            raise TargetError(f"{mapping}: {name!r}: {error}") from error
    return wires


def _wire(entry: Mapping[str, Any]) -> Float:
    only_keys(entry, ("address", "whole"))
    address = entry.get("address")
    if not isinstance(address, str) or not address.startswith("/param/"):
        raise TargetError(f"address must begin with /param/, got {address!r}")
    if "whole" not in entry:
        return Float(address)
    return Whole(address, *numbers(entry, "whole", (0, 1)))
