"""Join the JavaScript sources and generated tables into one file.

One file, because what [js] may ``require`` from inside a frozen device is not documented.
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
// Plain ES5 for [js], so that Max 8 and Live 11 run it as Max 9 and Live 12 do.
"""


def script() -> str:
    """The whole file."""
    sources = [(SOURCES / f"{name}.js").read_text(encoding="utf-8") for name in ORDER]
    return "\n".join([HEAD, tables(), *sources])


def tables() -> str:
    """Addresses that are told and heard by their names in the protocol, and Vital's own names."""
    rows: list[tuple[str, str, Mapping[str, object]]] = [
        ("Addresses that the device sends; N is a number from 1.", "TOLD", addresses(INCOMING)),
        ("Addresses that it hears.", "HEARD", addresses(OUTGOING)),
        ("Vital's controls: the plugin's name of each, and the range it spans.", "HOSTED", vital()),
    ]
    return "\n".join(f"// {doc}\nvar {name} = {_object(table)};\n" for doc, name, table in rows)


def addresses(table: tuple[Address, ...]) -> dict[str, str]:
    """Path by the name that an address has in ``plugin_bridge/protocol.py``."""
    named = {value: name for name, value in vars(protocol).items() if isinstance(value, Address)}
    return {named[address]: address.path for address in table}


def vital() -> dict[str, tuple[str, float, float]]:
    """Display name, lowest and highest value of Vital's controls, by the name that a spec has.

    The embedded engine sets controls in their own units; the plugin shows a host their display
    names, and counts 0..1 between the same ends, straight whatever the control's scale (so Vital's
    published source, ``value_bridge.h``). Read from the engine: needed for a build, never to play.
    """
    import vita

    synth = vita.Synth()
    details = {name: synth.get_control_details(name) for name in _vital_names()}
    return {name: (d.display_name, _short(d.min), _short(d.max)) for name, d in details.items()}


def _vital_names() -> list[str]:
    specs: list[SynthSpec] = [load_spec(name) for name in available_specs()]
    return sorted({name for spec in specs if spec.engine == "vita" for name in spec.names})


def _short(value: float) -> float:
    """A float32 in as few digits as tell it apart."""
    return float(f"{value:.7g}")


def _object(rows: Mapping[str, object]) -> str:
    lines = [f"    {json.dumps(key)}: {json.dumps(value)}" for key, value in rows.items()]
    return "{\n" + ",\n".join(lines) + "\n}"
