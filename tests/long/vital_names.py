"""Write ``plugin_bridge/sync/vital.toml``: ``python -m tests.long.vital_names``."""

from __future__ import annotations

import json

import vita

HEAD = """\
# Vital's controls as a host sees them. Each line gives the plugin's name of a control, and the
# control's own values at the host's 0 and 1. The values between are on a straight line.
# `python -m tests.long.vital_names > plugin_bridge/sync/vital.toml` reads them all from the engine.
# A test compares. The source of the plugin says that the line is straight and that the name is the
# one on the display. Not tried in a host.
"""


def table() -> str:
    """Return the content of the whole file."""
    synth = vita.Synth()
    lines = [HEAD]
    for name in sorted(synth.get_controls()):
        control = synth.get_control_details(name)
        low, high = round(control.min, 6), round(control.max, 6)
        lines.append(f"{name} = {json.dumps([control.display_name, low, high])}\n")
    return "".join(lines)


if __name__ == "__main__":
    print(table(), end="")
