"""Write amsynth's controller file from a MIDI map.

amsynth reads it when it starts: one line per controller from 0, the name of its parameter or
``null`` (``MidiController.cpp`` of amsynth 1.13). Without it amsynth follows CC 1 and 7 alone.
``patchwright bridge amsynth-controllers`` writes the shipped map there.
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
OWN = {7: "master_vol"}  # amsynth's own, kept: a volume knob goes on working
FREE = "null"


def controllers_file(midi_map: MidiMap) -> bytes:
    """The file for a map of plain controllers; TargetError for 14-bit ones and NRPNs."""
    lines = [OWN.get(number, FREE) for number in range(CONTROLLERS)]
    for name, one in midi_map.assignments.items():
        if one.kind != "cc":
            raise TargetError(f"{name!r} uses {one.kind} {one.number}: amsynth follows only cc")
        lines[one.number] = name
    return "".join(f"{line}\n" for line in lines).encode()


def controllers_path(environment: Mapping[str, str] = os.environ) -> Path:
    """Where amsynth 1.13 looks for it."""
    home = Path(environment.get("HOME") or Path.home())
    return Path(environment.get("XDG_CONFIG_HOME") or home / ".config") / "amsynth" / "controllers"


def install(midi_map: MidiMap, path: Path) -> Path | None:
    """Write the file; the old one is kept beside it, whose path is returned."""
    content, kept = controllers_file(midi_map), None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and path.read_bytes() != content:
            kept = _free_name(path)
            replace_file(kept, path.read_bytes())
        replace_file(path, content)
    except (OSError, StoreError) as error:
        raise TargetError(f"amsynth's controllers cannot be written: {error}") from error
    return kept


def _free_name(path: Path) -> Path:
    """A name beside ``path`` that no file has: an earlier copy is not lost either."""
    number = 1
    while (one := path.with_name(f"{path.name}.before-{number}")).exists():
        number += 1
    return one
