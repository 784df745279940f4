"""Write Vital's ``.vital``: JSON with controls, wavetables, LFOs and routings in ``settings``.

A complete file needs all of them. So the module writes over another file: the spec's template in
Vital's own form, or any preset file of the user's.
"""

from __future__ import annotations

import json

from datasets.errors import StoreError
from datasets.preset_files import NamedPreset, vital_patch
from plugin_bridge.preset_files.state import plain_name


def write_vital(preset: NamedPreset, base: bytes) -> bytes:
    """Return ``base`` with the preset's name and control values (native units).

    Args:
        preset: Name and values.
        base: Content of a complete ``.vital`` file; everything else in it is kept.

    Returns:
        Content of the new file.

    Raises:
        StoreError: The base file does not have a control.
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
