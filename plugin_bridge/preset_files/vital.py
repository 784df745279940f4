"""Vital's ``.vital``: JSON whose ``settings`` hold the controls, wavetables, LFOs and routings.

A file needs all of that to load whole, so it is written over another one: the spec's template as
Vital itself writes it, or any file of the player's.
"""

from __future__ import annotations

import json

from datasets.errors import StoreError
from datasets.preset_files import NamedPreset, vital_patch
from plugin_bridge.preset_files.state import plain_name


def write_vital(preset: NamedPreset, base: bytes) -> bytes:
    """``base`` (a whole ``.vital`` file) with the preset's name and control values, native units.

    All else of ``base`` stays. StoreError names a control that it has not.
    """
    name, native = preset
    patch = vital_patch(base, "the base file")
    settings = patch["settings"]
    for control, value in native.items():
        if type(settings.get(control)) not in (int, float):
            raise StoreError(f"preset {name!r}: the base file has no control {control!r}")
        settings[control] = float(value)
    patch["preset_name"] = plain_name(name) or "untitled"
    return json.dumps(patch).encode()
