"""Find and open the MIDI ports of this machine.

The ports are mido's, over python-rtmidi: ALSA or JACK on Linux, CoreMIDI, Windows MM. The module
imports rtmidi only when it looks for a port.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import mido

from plugin_bridge.sync.target import TargetError

RTMIDI = "mido.backends.rtmidi"
ALSA_NUMBERS = re.compile(r" \d+:\d+$")
ALSA_SEQUENCER = Path("/dev/snd/seq")


class MidiOutputPort(Protocol):
    """Send to a MIDI port of mido."""

    def send(self, message: Any) -> None:  # noqa: ANN401  mido is untyped
        """Send one message."""

    def close(self) -> None:
        """Close the port."""


class MidiInputPort(Protocol):
    """Receive from a MIDI port of mido."""

    def iter_pending(self) -> Iterator[Any]:
        """Return an iterator over the messages that have arrived; never wait."""

    def close(self) -> None:
        """Close the port."""


def open_output(name: str) -> MidiOutputPort:
    """Open a port to send to, by its name or a part of it."""
    backend, full = _port(name, "get_output_names")
    port: MidiOutputPort = backend.open_output(full)
    return port


def open_input(name: str) -> MidiInputPort:
    """Open a port to receive from, by its name or a part of it."""
    backend, full = _port(name, "get_input_names")
    port: MidiInputPort = backend.open_input(full)
    return port


def is_present(port: MidiOutputPort | MidiInputPort) -> bool:
    """Return whether the synth or device of an open port is still there.

    ALSA and JACK accept messages to a port whose other end has gone, and report no error. A port
    that cannot be asked counts as present.
    """
    lister, name = getattr(port, "_rt", None), getattr(port, "name", None)  # mido: no public way
    if lister is None or name is None:
        return True
    try:
        return name in lister.get_ports()
    except Exception:  # the MIDI system itself has ended; each backend raises different errors
        return False


def midi_ports() -> tuple[list[str], list[str]]:
    """Return the names of the output ports, and those of the input ports."""
    names = [_names(kind) for kind in ("get_output_names", "get_input_names")]
    return [n for _, n in names[0]], [n for _, n in names[1]]


def _port(name: str, kind: str) -> tuple[Any, str]:
    """Return the backend and full name of one port; raise TargetError if there is not one."""
    found = _names(kind)
    exact = [one for one in found if one[1] == name]
    matching = exact or [one for one in found if name in one[1]]
    if not matching:  # ALSA gives a synth that restarts another number
        matching = [one for one in found if _unnumbered(one[1]) == _unnumbered(name)]
    if len(matching) == 1 or exact:
        return matching[0]
    ports = ", ".join(full for _, full in found) or "none"
    problem = "matches several MIDI ports" if matching else "is not the name of a MIDI port"
    raise TargetError(f"{name!r} {problem}; use one of: {ports}")


def _unnumbered(name: str) -> str:
    """Return the name of a port without ALSA's numbers of client and port at its end."""
    return ALSA_NUMBERS.sub("", name)


def _names(kind: str) -> list[tuple[Any, str]]:
    """Return the backend and name of each port, for all MIDI systems that rtmidi supports here."""
    found: list[tuple[Any, str]] = []
    for backend in _backends():
        try:
            found += [(backend, name) for name in getattr(backend, kind)()]
        except Exception:  # ALSA without a sequencer or JACK without a server: no ports
            continue
    return found


def _backends() -> list[Any]:
    """Return mido's backends for this machine; raise TargetError if rtmidi is missing."""
    try:
        import rtmidi
    except ImportError as error:
        raise TargetError(
            f"python-rtmidi: cannot load it ({error}); install it to use MIDI"
        ) from error
    names = {
        rtmidi.API_LINUX_ALSA: "LINUX_ALSA",
        rtmidi.API_UNIX_JACK: "UNIX_JACK",
        rtmidi.API_MACOSX_CORE: "MACOSX_CORE",
        rtmidi.API_WINDOWS_MM: "WINDOWS_MM",
    }
    apis = [names[api] for api in rtmidi.get_compiled_api() if api in names]
    if not ALSA_SEQUENCER.exists() and "LINUX_ALSA" in apis:
        apis.remove("LINUX_ALSA")  # rtmidi prints an error for each port without it
    return [mido.Backend(f"{RTMIDI}/{api}") for api in apis]
