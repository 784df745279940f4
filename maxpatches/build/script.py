"""Join the JavaScript sources and generated tables into one file.

It is one file because Max does not document whether [js] may ``require`` others in a frozen device.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from datasets.spec import SynthSpec, available_specs, load_spec
from plugin_bridge import protocol
from plugin_bridge.protocol import INCOMING, OUTGOING, Address

SOURCES = Path(__file__).parent.parent / "js"
ORDER = ("server", "knobs", "plugin", "sketch", "ways", "main")
HEAD = """// patchwright in Max: built by `python -m maxpatches.build` from js/ and the protocol.
// Plain ES5 for [js], which runs in Max 8 and Live 11 as well as in Max 9 and Live 12.
"""


def script() -> str:
    """Return the whole file."""
    sources = [(SOURCES / f"{name}.js").read_text(encoding="utf-8") for name in ORDER]
    return "\n".join([HEAD, tables(), *sources])


def tables() -> str:
    """Return the protocol's addresses by name, and the plugin's names of Vital's controls."""
    rows: list[tuple[str, str, Mapping[str, object]]] = [
        ("Addresses that the device sends; N is a number from 1.", "SENT", addresses(INCOMING)),
        ("Addresses that the device receives.", "RECEIVED", addresses(OUTGOING)),
        ("Vital's controls: the plugin's name and the range of each.", "HOSTED", vital()),
    ]
    return "\n".join(f"// {doc}\nvar {name} = {_object(table)};\n" for doc, name, table in rows)


def addresses(table: tuple[Address, ...]) -> dict[str, str]:
    """Return the path of each address by its name in ``plugin_bridge/protocol.py``."""
    named = {value: name for name, value in vars(protocol).items() if isinstance(value, Address)}
    return {named[address]: address.path for address in table}


def vital() -> dict[str, tuple[str, float, float]]:
    """Return display name, lowest and highest value of Vital's controls, by the name in a spec.

    The embedded engine sets controls in their own units. The plugin shows a host the display names,
    and counts 0..1 between the same ends, linearly for every scale (Vital's published source,
    ``value_bridge.h``). The names come from the engine, which only the build needs.
    """
    import vita

    synth = vita.Synth()
    details = {name: synth.get_control_details(name) for name in _vital_names()}
    return {name: (d.display_name, _short(d.min), _short(d.max)) for name, d in details.items()}


def _vital_names() -> list[str]:
    specs: list[SynthSpec] = [load_spec(name) for name in available_specs()]
    return sorted({name for spec in specs if spec.engine == "vita" for name in spec.names})


def _short(value: float) -> float:
    """Return a float32 with as few digits as identify it."""
    return float(f"{value:.7g}")


def _object(rows: Mapping[str, object]) -> str:
    lines = [f"    {json.dumps(key)}: {json.dumps(value)}" for key, value in rows.items()]
    return "{\n" + ",\n".join(lines) + "\n}"
