"""Write a whole ``.vital`` preset file back with some of its controls changed.

This works without the synth. When Vital saves a patch, it rounds numbers and drops fields that it
does not know, so we edit the file's own JSON.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np

from datasets.spec import Parameter

MACROS = tuple(f"macro_control_{n}" for n in range(1, 5))  # Vital's four macros, in every preset


def macro_parameters() -> tuple[Parameter, ...]:
    """Return Vital's four macros as parameters, native 0..1."""
    return tuple(Parameter(name, "continuous", "macros", "") for name in MACROS)


def moved_patch(text: str, native: Mapping[str, float], title: str) -> bytes:
    """Return a preset file with other control values and another title.

    Args:
        text: The content of a ``.vital`` file: JSON with ``settings``.
        native: Values by control name, in control units. A control keeps the file's own number if
            both are equal in single precision, the precision that Vital holds.
        title: The new ``preset_name``. Author, style, comments and version stay as they are.

    Returns:
        The file; exactly the bytes of ``text`` when nothing changes.
    """
    patch = json.loads(text)
    settings = patch["settings"]
    moved = {name: value for name, value in native.items() if not _same(settings, name, value)}
    if not moved and patch.get("preset_name") == title:
        return text.encode()
    settings |= moved
    patch["preset_name"] = title
    return json.dumps(patch).encode()


def _same(settings: Mapping[str, object], name: str, value: float) -> bool:
    """Return whether a control has that value in the file; a missing control has the value 0."""
    held = settings.get(name, 0.0)
    return isinstance(held, int | float) and np.float32(held) == np.float32(value)
