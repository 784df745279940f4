"""Read and write VST2 files (``.fxp``): a plugin's state, or its parameters.

Layout (big-endian; the header of JUCE, Surge and every VST2 host):

1. ``CcnK`` and the size of everything after it.
2. The kind of content: ``FPCh`` (a preset's state), ``FBCh`` (a bank's state, which DawDreamer
   writes for both) or ``FxCk`` (parameters).
3. Version 1, plugin id, plugin version, count.
4. For a preset: 28 bytes for the name. For a bank: 128 empty bytes.
5. The size of the state, and the state.
"""

from __future__ import annotations

import math
import struct
from pathlib import Path

from datasets.errors import StoreError
from datasets.foreign_files import file_content
from plugin_bridge.preset_files.state import Fields, PluginState, plain_name
from renderer.plugins.fxp import ended

CONTAINER = b"CcnK"
PRESET_STATE, BANK_STATE, PRESET_PARAMETERS, BANK_PARAMETERS = b"FPCh", b"FBCh", b"FxCk", b"FxBk"
NAME_BYTES = 28
BANK_BYTES = 128  # reserved bytes in a bank's header
MAX_PARAMETERS = 100_000


def read_fxp(path: Path) -> PluginState:
    """Return the state in an ``.fxp`` file; StoreError gives the byte of an error."""
    return parse_fxp(file_content(path), path.name)


def parse_fxp(content: bytes, source: str) -> PluginState:
    """Return the state in the bytes of an ``.fxp`` file; ``source`` names it in errors.

    Raises:
        StoreError: The bytes are damaged, or a bank of many presets.
    """
    fields = Fields(content, source)
    fields.magic(CONTAINER, "VST2 preset (.fxp)")
    fields.number(">i", "its size")  # 0 in Surge's files; no program reads it
    kind = fields.take(4, "the kind of content")
    if kind == BANK_PARAMETERS:
        raise StoreError(f"{source}, byte 8: a bank of many presets; save one of them as .fxp")
    if kind not in (PRESET_STATE, BANK_STATE, PRESET_PARAMETERS):
        raise StoreError(f"{source}, byte 8: {kind!r} is not FPCh, FBCh or FxCk")
    fields.number(">i", "the version")
    plugin = fields.take(4, "the plugin's id").decode("latin-1")
    fields.number(">i", "the plugin's version")
    count = fields.number(">i", "the count")
    if kind == BANK_STATE:
        fields.take(BANK_BYTES, "the rest of the header")
        return PluginState("", "vst2", plugin, _chunk(fields))
    name = fields.take(NAME_BYTES, "the name").partition(b"\0")[0].decode("utf-8", "replace")
    if kind == PRESET_STATE:
        return PluginState(name, "vst2", plugin, _chunk(fields))
    return PluginState(name, "vst2", plugin, parameters=_parameters(fields, count))


def write_fxp(state: PluginState) -> bytes:
    """Return the bytes of an ``.fxp`` file.

    Raises:
        StoreError: The state is not a VST2's.
    """
    if state.kind != "vst2":
        raise StoreError(f"a {state.kind} state cannot be written as .fxp: use .vstpreset")
    values = state.parameters
    if values:
        kind, count, body = PRESET_PARAMETERS, len(values), struct.pack(f">{len(values)}f", *values)
    else:
        kind, count = PRESET_STATE, 0
        body = struct.pack(">i", len(state.component)) + state.component
    return ended(fxp_header(kind, state.plugin, count, state.name, len(body)) + body)


def fxp_header(kind: bytes, plugin: str, count: int, name: str, body: int) -> bytes:
    """Return the first 56 bytes of a preset file.

    Args:
        kind: Kind of content, such as ``FPCh``.
        plugin: Plugin id, four characters.
        count: Number of parameters; 0 for a state.
        name: Name of the preset.
        body: Number of bytes after the header.

    Returns:
        The header.
    """
    letters = plain_name(name).encode("utf-8")[: NAME_BYTES - 1]
    title = letters.decode("utf-8", "ignore").encode("utf-8")  # do not cut a letter in two
    size = 48 + body  # everything except the first 8 bytes
    head = struct.pack(">4si4si4sii", CONTAINER, size, kind, 1, plugin_id(plugin), 1, count)
    return head + title.ljust(NAME_BYTES, b"\0")


def plugin_id(plugin: str) -> bytes:
    """Return the four bytes of a VST2's id.

    Raises:
        StoreError: The id does not have four characters.
    """
    letters = plugin.encode("latin-1", "replace")
    if len(letters) != 4:
        raise StoreError(
            f"{plugin!r} is not a VST2 plugin id: give four characters, such as 'amsy'"
        )
    return letters


def _chunk(fields: Fields) -> bytes:
    """Read a state and its size."""
    return fields.take(fields.number(">i", "the state's size"), "the state")


def _parameters(fields: Fields, count: int) -> tuple[float, ...]:
    """Read the parameters; raise StoreError for a wrong number or a value that is not finite."""
    if not 0 < count <= MAX_PARAMETERS:
        raise StoreError(f"{fields.source}, byte 24: {count} parameters, not 1..{MAX_PARAMETERS}")
    values = struct.unpack(f">{count}f", fields.take(4 * count, "the parameters"))
    wrong = [i for i, value in enumerate(values) if not math.isfinite(value)]
    if wrong:
        raise StoreError(f"{fields.source}, parameter {wrong[0]}: not a finite number")
    return values
