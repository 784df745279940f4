"""A whole ``.vital`` preset file for tests, written by the wheel."""

import json
from functools import cache
from typing import Any

import vita

MACRO_NAMES = ["Bright", "Macro 2", "Macro 3", "Macro 4"]


@cache
def vital_file(preset_name: str = "Mine") -> bytes:
    """A patch with macros moved and one wired, names, and numbers that Vital would round."""
    patch = json.loads(vita.Synth().to_json())
    patch |= {"preset_name": preset_name, "author": "me", "macro1": "Bright", "macro3": ""}
    patch["extra"] = [1]
    settings = patch["settings"]
    settings |= {"macro_control_1": 0.123456789, "macro_control_2": 1, "volume": 5000.1}
    settings["modulations"][0] |= {"source": "macro_control_1", "destination": "osc_1_level"}
    settings["modulation_1_amount"] = -0.7
    return json.dumps(patch, indent=1).encode()


def changed(file: bytes, **settings: object) -> dict[str, Any]:
    """The JSON of a file with other settings."""
    patch: dict[str, Any] = json.loads(file)
    patch["settings"] |= settings
    return patch
