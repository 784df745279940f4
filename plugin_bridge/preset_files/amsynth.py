"""Read and write amsynth's presets: banks, single presets, and the state of its VST2.

The VST2's state is the same text, inside an ``.fxp``. Values are stored in amsynth's own units
(``datasets/preset_tables/amsynth-bank.toml``). amsynth reads them in single precision, so nine
digits are enough.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from datasets.errors import StoreError
from datasets.foreign_files import decoded, file_content
from datasets.preset_files import (
    BANK_HEADER,
    PRESET_LINE,
    SINGLE_HEADER,
    BankParameter,
    NamedPreset,
    bank_parameters,
    bank_presets,
)
from plugin_bridge.preset_files.state import PluginState, plain_name
from plugin_bridge.preset_files.vst2 import CONTAINER, parse_fxp, write_fxp

PLUGIN = "amsy"
BANK_SIZE = 128  # amsynth shows at most so many presets of a bank


def write_bank(presets: Sequence[NamedPreset], base: bytes | None = None) -> bytes:
    """Return a bank of presets, each with all 41 normalised values (0..1) by name.

    Args:
        presets: At most 128 presets.
        base: Content of any amsynth file; its presets supply the other lines, by name.

    Returns:
        Content of the bank.

    Raises:
        StoreError: There are too many presets, or a preset has wrong names.
    """
    if len(presets) > BANK_SIZE:
        raise StoreError(
            f"{len(presets)} presets: an amsynth bank holds {BANK_SIZE}; write fewer presets"
        )
    others = _other_lines(base)
    texts = [_preset(preset, others.get(preset[0], [])) for preset in presets]
    return "\n".join([BANK_HEADER, *texts, "EOF\n"]).encode()


def write_single(preset: NamedPreset, base: bytes | None = None) -> bytes:
    """Return one preset, in the form that amsynth exports and that its plugin saves.

    Args:
        preset: Name and all 41 normalised values.
        base: Content of any amsynth file; its only preset, or the one of this name, supplies the
            lines that are not parameters, such as the tuning's.

    Returns:
        Content of the file.

    Raises:
        StoreError: The preset has wrong names, or the base is not a file of amsynth.
    """
    others = _other_lines(base)
    only = next(iter(others.values())) if len(others) == 1 else others.get(preset[0], [])
    return f"{SINGLE_HEADER}\n{_preset(preset, only)}\n".encode()


def read_state(path: Path) -> list[NamedPreset]:
    """Return the one preset in an ``.fxp`` that a host saved from amsynth's VST2.

    Raises:
        StoreError: The file is damaged, or another plugin's.
    """
    source = f"{path.name}, state"
    presets = bank_presets(_state_lines(file_content(path), path.name), source)
    return [preset.native(source) for preset in presets]


def write_state(preset: NamedPreset, base: bytes | None = None) -> bytes:
    """Return an ``.fxp`` that hosts of amsynth's VST2 load; ``base`` is as in ``write_single``."""
    return write_fxp(PluginState(preset[0], "vst2", PLUGIN, write_single(preset, base)))


def _other_lines(base: bytes | None) -> dict[str, list[str]]:
    """Return the lines of a base file that are not parameters, by preset."""
    if base is None:
        return {}
    source = "the base file"
    lines = _state_lines(base, source) if base.startswith(CONTAINER) else _lines(base)
    presets = bank_presets(lines, source)
    return {preset.name: preset.others for preset in reversed(presets)}


def _state_lines(content: bytes, source: str) -> list[str]:
    """Return the lines of the text in an ``.fxp``; raise StoreError for another plugin's."""
    state = parse_fxp(content, source)
    if state.plugin != PLUGIN:
        raise StoreError(f"{source}: a state of plugin {state.plugin!r}, not of amsynth")
    return _lines(state.component.rstrip(b"\0"))


def _lines(content: bytes) -> list[str]:
    """Return the lines of a text."""
    return decoded(content, errors="replace").replace("\r\n", "\n").split("\n")


def _preset(preset: NamedPreset, others: Sequence[str]) -> str:
    """Return a preset's text; raise StoreError for an unknown or missing parameter."""
    name, native = preset
    known = {p.name for p in bank_parameters()}
    unknown = sorted(native.keys() - known)
    if unknown:
        raise StoreError(f"preset {name!r}: {unknown[0]!r} is not a parameter of amsynth 1.13")
    lines = [f"<parameter> {p.name} {_raw(p, native, name)}" for p in bank_parameters()]
    return "\n".join([f"{PRESET_LINE} {plain_name(name) or 'untitled'}", *lines, *others])


def _raw(parameter: BankParameter, native: Mapping[str, float], preset: str) -> str:
    """Return a parameter's value in amsynth's own unit, as text."""
    if parameter.name not in native:
        raise StoreError(f"preset {preset!r}: {parameter.name!r} is missing")
    value = min(max(native[parameter.name], 0.0), 1.0)
    raw = parameter.low + value * (parameter.high - parameter.low)
    return str(round(raw)) if parameter.steps else f"{raw:.9g}"
