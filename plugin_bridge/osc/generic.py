"""Control any program that receives OSC, described by a mapping file.

    host = "192.168.1.20"        # 127.0.0.1 by default
    port = 7000
    listen_port = 7001           # only if the program sends values back
    pace_hz = 30                 # most updates per second; 30 by default

    [parameters]
    cutoff = { address = "/synth/cutoff" }                          # native value, as a float
    mix    = { address = "/synth/mix", space = "unit" }             # 0..1 of the learned range

    wave   = { address = "/synth/wave", type = "int", scale = [0, 3], native = [0.0, 1.0] }
    drive  = { address = "/synth/drive", scale = [0, 100], feedback = "/synth/drive/now" }

``scale`` holds the numbers to send at both ends of ``native`` (for ``unit``: at 0 and 1). Without
``scale`` the value is sent unchanged.

``feedback`` is the address at which the program sends the
value back, in the same numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from plugin_bridge.osc.osc_target import Linear, OscTarget, checked
from plugin_bridge.osc.socket import OscSocket
from plugin_bridge.protocol import LOOPBACK
from plugin_bridge.sync.parameter_maps import numbers, only_keys, read_map
from plugin_bridge.sync.target import Capabilities, TargetError

PACE_HZ = 30.0
HEAD_KEYS = ("host", "port", "listen_port", "pace_hz", "parameters")
KEYS = ("address", "space", "type", "scale", "native", "feedback")
UNIT = (0.0, 1.0)


def open_generic(names: Sequence[str], mapping: str | Path) -> OscTarget:
    """Open the program that a mapping file describes.

    Args:
        names: Parameter names of the model.
        mapping: Path of the mapping file.

    Returns:
        The target; its ``capabilities.missing`` lists the names that the file does not have.

    Raises:
        TargetError: The file is wrong (the message names the entry), or the program is not there.
    """
    data = read_map(mapping)
    try:
        only_keys(data, HEAD_KEYS)
        port, listen_port = _port(data, "port"), _port(data, "listen_port")
        pace_hz, host = data.get("pace_hz", PACE_HZ), data.get("host", LOOPBACK)
        if port is None:
            raise TargetError("port is missing: give the UDP port that the program listens on")
        if type(pace_hz) not in (int, float) or not 0 < pace_hz <= 1000:
            raise TargetError(f"pace_hz must be above 0 and at most 1000, got {pace_hz!r}")
        if not isinstance(host, str):
            raise TargetError(f"host must be a name or an address, got {host!r}")
        wires = generic_wires(data["parameters"])
        if listen_port is None and (reports := [n for n, w in wires.items() if w.feedback]):
            raise TargetError(
                f"{reports[0]!r} has a feedback address, but listen_port is missing: give the UDP "
                "port to receive it on"
            )
    except TargetError as error:
        raise TargetError(f"{mapping}: {error}") from error
    missing = tuple(name for name in names if name not in wires)
    known = Capabilities(
        reads=False,
        listens=listen_port is not None,
        pace_hz=float(pace_hz),
        missing=missing,
        advice=f"add {', '.join(missing)} to {mapping}" if missing else "",
    )
    socket = checked(OscSocket(host, port, listen_port))
    return OscTarget(socket, wires, known, listened=names, title=Path(mapping).stem)


def generic_wires(entries: Mapping[str, Mapping[str, Any]]) -> dict[str, Linear]:
    """Return the wire of each parameter in the table ``[parameters]``.

    Raises:
        TargetError: An entry is wrong; the message names it and the problem.
    """
    wires = dict[str, Linear]()
    for name, entry in entries.items():
        try:
            wires[name] = _wire(entry)
        except TargetError as error:
            raise TargetError(f"{name!r}: {error}") from error
    return wires


def _wire(entry: Mapping[str, Any]) -> Linear:
    """Return the wire of one entry; raise TargetError if a key or a value is wrong."""
    only_keys(entry, KEYS)
    address, feedback = entry.get("address"), entry.get("feedback", "")
    for key, path in (("address", address), ("feedback", feedback or "/")):
        if not isinstance(path, str) or not path.startswith("/") or not path.isascii():
            raise TargetError(f"{key} must start with / and be plain ASCII, got {path!r}")
    space = _one_of(entry, "space", ("native", "unit"))
    native = numbers(entry, "native", UNIT)
    low, high = numbers(entry, "scale", UNIT if space == "unit" else native)
    return Linear(
        address=str(address),
        feedback=str(feedback),
        low=low,
        high=high,
        native=native,
        unit=space == "unit",
        whole=_one_of(entry, "type", ("float", "int")) == "int",
    )


def _one_of(entry: Mapping[str, Any], key: str, known: tuple[str, ...]) -> str:
    """Return an entry's value of a key, by default the first of the known values."""
    value = entry.get(key, known[0])
    if value not in known:
        raise TargetError(f"{key} must be {' or '.join(known)}, got {value!r}")
    return str(value)


def _port(data: Mapping[str, Any], key: str) -> int | None:
    """Return a UDP port, or None if the key is missing; raise TargetError if it is invalid."""
    value = data.get(key)
    if value is not None and (type(value) is not int or not 0 <= value <= 65535):
        raise TargetError(f"{key} must be a UDP port (0..65535), got {value!r}")
    return value
