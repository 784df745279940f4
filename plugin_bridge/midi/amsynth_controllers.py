"""Write amsynth's controllers file from a MIDI map.

amsynth reads the file when it starts. The file has one line per controller from 0: the name of a
parameter, or ``null`` (``MidiController.cpp`` of amsynth 1.13). Without the file amsynth follows
only CC 1 and CC 7. ``patchwright bridge amsynth-controllers`` writes the file from the shipped map.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from datasets.atomic_write import replace_file
from datasets.errors import StoreError
from plugin_bridge.midi.map import MidiMap
from plugin_bridge.sync.target import TargetError

CONTROLLERS = 128
OWN = {7: "master_vol"}  # amsynth's own controller, kept: a volume knob still works
FREE = "null"


def controllers_file(midi_map: MidiMap) -> bytes:
    """Return the content of the controllers file for a map of 7-bit controllers.

    Raises:
        TargetError: The map has a 14-bit controller or an NRPN, which amsynth does not support.
    """
    lines = [OWN.get(number, FREE) for number in range(CONTROLLERS)]
    for name, one in midi_map.assignments.items():
        if one.kind != "cc":
            raise TargetError(
                f"{name!r} uses {one.kind} {one.number}: amsynth follows only cc; choose a cc"
            )
        lines[one.number] = name
    return "".join(f"{line}\n" for line in lines).encode()


def controllers_path(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the path where amsynth 1.13 looks for the file."""
    home = Path(environment.get("HOME") or Path.home())
    return Path(environment.get("XDG_CONFIG_HOME") or home / ".config") / "amsynth" / "controllers"


def install(midi_map: MidiMap, path: Path) -> Path | None:
    """Write the controllers file, and keep a copy of an old file beside it.

    Args:
        midi_map: Map to write.
        path: Path of the controllers file.

    Returns:
        Path of the copy; None if there was no old file, or an equal one.

    Raises:
        TargetError: The map does not fit amsynth, or the file cannot be written.
    """
    content, kept = controllers_file(midi_map), None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and path.read_bytes() != content:
            kept = _free_name(path)
            replace_file(kept, path.read_bytes())
        replace_file(path, content)
    except (OSError, StoreError) as error:
        raise TargetError(f"{path}: cannot write amsynth's controllers ({error})") from error
    return kept


def _free_name(path: Path) -> Path:
    """Return an unused file name beside ``path``, so that no earlier copy is lost."""
    number = 1
    while (one := path.with_name(f"{path.name}.before-{number}")).exists():
        number += 1
    return one
