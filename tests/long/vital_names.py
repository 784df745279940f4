"""Read ``plugin_bridge/sync/vital.toml`` off the engine: ``python -m tests.long.vital_names``."""

from __future__ import annotations

import json

import vita

HEAD = """\
# Vital's controls as a host sees them: what the plugin calls each, and the control's own values at
# the host's 0 and 1, between which it is a straight line. All of them, read off the engine by
# `python -m tests.long.vital_names > plugin_bridge/sync/vital.toml`; a test compares. That the line
# is straight and the name is the display's is how the plugin's source has it; not tried in a host.
"""


def table() -> str:
    """The whole file."""
    synth = vita.Synth()
    lines = [HEAD]
    for name in sorted(synth.get_controls()):
        control = synth.get_control_details(name)
        low, high = round(control.min, 6), round(control.max, 6)
        lines.append(f"{name} = {json.dumps([control.display_name, low, high])}\n")
    return "".join(lines)


if __name__ == "__main__":
    print(table(), end="")
