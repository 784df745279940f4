"""Read and write amsynth's presets: banks, single presets, and the state of its VST2.

The VST2's state is the same text, inside an ``.fxp``. Values are stored in amsynth's own units
(``datasets/preset_tables/amsynth-bank.toml``). amsynth reads them in single precision, so nine
digits are enough.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from datasets.errors import StoreError
from datasets.preset_files import (
    BANK_HEADER,
    PRESET_LINE,
    SINGLE_HEADER,
    BankParameter,
    NamedPreset,
    bank_parameters,
    bank_presets,
    file_content,
)
from plugin_bridge.preset_files.state import PluginState, plain_name
from plugin_bridge.preset_files.vst2 import parse_fxp, write_fxp

PLUGIN = "amsy"
BANK_SIZE = 128  # amsynth shows at most so many presets of a bank


def write_bank(presets: Sequence[NamedPreset]) -> bytes:
    """Return a bank of at most 128 presets, each with all 41 normalised values (0..1) by name.

    Raises:
        StoreError: There are too many presets, or a preset has wrong names.
    """
    if len(presets) > BANK_SIZE:
        raise StoreError(
            f"{len(presets)} presets: an amsynth bank holds {BANK_SIZE}; write fewer presets"
        )
    return "\n".join([BANK_HEADER, *map(_preset, presets), "EOF\n"]).encode()


def write_single(preset: NamedPreset) -> bytes:
    """Return one preset, in the form that amsynth exports and that its plugin saves."""
    return f"{SINGLE_HEADER}\n{_preset(preset)}\n".encode()


def read_state(path: Path) -> list[NamedPreset]:
    """Return the one preset in an ``.fxp`` that a host saved from amsynth's VST2.

    Raises:
        StoreError: The file is damaged, or another plugin's.
    """
    state = parse_fxp(file_content(path), path.name)
    if state.plugin != PLUGIN:
        raise StoreError(f"{path.name}: a state of plugin {state.plugin!r}, not of amsynth")
    lines = state.component.rstrip(b"\0").decode("utf-8", "replace").split("\n")
    return bank_presets(lines, f"{path.name}, state")


def write_state(preset: NamedPreset) -> bytes:
    """Return an ``.fxp`` that hosts of amsynth's VST2 load."""
    return write_fxp(PluginState(preset[0], "vst2", PLUGIN, write_single(preset)))


def _preset(preset: NamedPreset) -> str:
    """Return a preset's text; raise StoreError for an unknown or missing parameter."""
    name, native = preset
    known = {p.name for p in bank_parameters()}
    unknown = sorted(native.keys() - known)
    if unknown:
        raise StoreError(f"preset {name!r}: {unknown[0]!r} is not a parameter of amsynth 1.13")
    lines = [f"<parameter> {p.name} {_raw(p, native, name)}" for p in bank_parameters()]
    return "\n".join([f"{PRESET_LINE} {plain_name(name) or 'untitled'}", *lines])


def _raw(parameter: BankParameter, native: Mapping[str, float], preset: str) -> str:
    """Return a parameter's value in amsynth's own unit, as text."""
    if parameter.name not in native:
        raise StoreError(f"preset {preset!r}: {parameter.name!r} is missing")
    value = min(max(native[parameter.name], 0.0), 1.0)
    raw = parameter.low + value * (parameter.high - parameter.low)
    return str(round(raw)) if parameter.steps else f"{raw:.9g}"
