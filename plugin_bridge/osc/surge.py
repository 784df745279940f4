"""Control Surge XT through its own OSC interface.

Facts from Surge XT 1.3's "OSC Specification" and from ``src/surge-xt/osc`` of its source:

- It receives on UDP 53280 and sends to 53281. Both are off until the user switches them on.
- Every number is an OSC float. A float parameter is sent as its normalised value 0..1, a whole
  number or a switch as the number itself.
- ``/q`` before an address asks for its value.
- ``/error`` reports what was wrong.

Not tried on the synth itself.
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

HEARS_ON, TELLS_ON = 53280, 53281  # Surge's defaults; each instance needs its own two ports
PACE_HZ = 60.0  # Surge reads messages once per audio block; more brings nothing for a moved knob
LOAD, QUERY, ERROR = "/patch/load", "/q", "/error"
MARGIN, SPAN = 0.005, 0.99  # normalised value of a whole number (Parameter::intScaledToFloat)
ERRORS_KEPT = 32
LOADING_S, LOOK_S = 2.0, 0.01  # longest wait for a patch to load; time between two checks


@dataclass(frozen=True)
class Float:
    """Describe a float parameter: its OSC value is the plugin's normalised value, 0..1."""

    address: str

    @property
    def feedback(self) -> str:
        """Return the address: Surge reports a value at the address that sets it."""
        return self.address

    def encode(self, change: ParameterChange) -> float:
        """Return the native value, clipped to 0..1."""
        return min(max(float(change.native), 0.0), 1.0)

    def decode(self, value: float) -> float:
        """Return the value, clipped to 0..1."""
        return min(max(value, 0.0), 1.0)


@dataclass(frozen=True)
class Whole(Float):
    """Describe a whole number or a switch, sent as the number itself (as an OSC float).

    Its normalised value is 0.005 + 0.99 x (number - low) / (high - low).
    """

    low: float
    high: float

    def encode(self, change: ParameterChange) -> float:
        """Return the number whose normalised value is nearest to the change's native value."""
        at = min(max((change.native - MARGIN) / SPAN, 0.0), 1.0)
        return float(round(self.low + at * (self.high - self.low)))

    def decode(self, value: float) -> float:
        """Return the normalised value of a number."""
        at = (round(value) - self.low) / (self.high - self.low)
        return MARGIN + SPAN * min(max(at, 0.0), 1.0)


class SurgeTarget(OscTarget):
    """Control Surge XT, and store the messages of its ``/error`` for ``errors``."""

    def __init__(
        self,
        socket: OscSocket,
        wires: Mapping[str, Float],
        capabilities: Capabilities,
        listened: Sequence[str],
    ) -> None:
        """Set up the target; it sends nothing now.

        Args:
            socket: Open socket; the target closes it.
            wires: Wire of each parameter by name.
            capabilities: What the target can do.
            listened: Names of the parameters to receive.
        """
        super().__init__(
            socket, wires, capabilities, listened, query=QUERY.__add__, title="Surge XT"
        )
        self._errors: deque[str] = deque(maxlen=ERRORS_KEPT)
        self._loaded = False

    def prepare(self, controls: Mapping[str, float]) -> None:
        """Set the fixed part of a spec's patch; controls that are not in the map are skipped.

        A knob works as learned only on the patch that it was learned on.

        Args:
            controls: ``template["controls"]`` of the spec: native values by name.
        """
        self.apply([ParameterChange(name, value, value, "") for name, value in controls.items()])

    def load_patch(self, path: Path) -> None:
        """Load a patch (``.fxp``) on this machine; it replaces all earlier settings.

        Surge loads a patch in another thread and then reports its path. Settings that are sent
        during the load would be lost, so this waits for the report, up to 2 s.

        Raises:
            TargetError: The file does not exist.
        """
        file = path.expanduser().resolve().with_name(path.name.removesuffix(".fxp") + ".fxp")
        if not file.is_file():
            raise TargetError(f"{file}: patch not found; give the path of a .fxp file")
        self._drain()
        self._loaded, until = False, time.monotonic() + LOADING_S
        self.socket.send(LOAD, str(file).removesuffix(".fxp"))
        while not self._loaded and time.monotonic() < until:
            time.sleep(LOOK_S)
            self._drain()

    def errors(self) -> list[str]:
        """Return Surge's error messages since the last call."""
        self._drain()
        reported, self._errors = list(self._errors), deque(maxlen=ERRORS_KEPT)
        return reported

    def receive_other(self, path: str, arguments: tuple[object, ...]) -> None:
        """Store messages of ``/error``, and note that a patch was loaded; ignore all others."""
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
    """Open Surge XT for a model's parameters.

    The map may have more parameters than the model. Those can be set (see ``prepare``) but are not
    received.

    Args:
        names: Parameter names of the model, as the plugin shows them.
        host: IP address or name of Surge's machine.
        port: UDP port of Surge's OSC input.
        listen_port: UDP port of Surge's OSC output.
        mapping: Shipped map by its name, or the path of a mapping file.

    Returns:
        The target.

    Raises:
        TargetError: Surge is not there, a port is in use, or the map is wrong.
    """
    wires = surge_wires(mapping)
    missing = tuple(name for name in names if name not in wires)
    advice = (
        f"Surge's OSC has no documented address for {', '.join(missing)}: set them in Surge's own "
        "window"
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
    """Return the wires of a mapping file by parameter name.

    Raises:
        TargetError: The map is wrong; the message names the entry and the problem.
    """
    wires = dict[str, Float]()
    for name, entry in read_map(mapping)["parameters"].items():
        try:
            wires[name] = _wire(entry)
        except TargetError as error:
            raise TargetError(f"{mapping}: {name!r}: {error}") from error
    return wires


def _wire(entry: Mapping[str, Any]) -> Float:
    """Return the wire of one entry; raise TargetError if a key or a value is wrong."""
    only_keys(entry, ("address", "whole"))
    address = entry.get("address")
    if not isinstance(address, str) or not address.startswith("/param/"):
        raise TargetError(f"address must start with /param/, got {address!r}")
    if "whole" not in entry:
        return Float(address)
    return Whole(address, *numbers(entry, "whole", (0, 1)))
