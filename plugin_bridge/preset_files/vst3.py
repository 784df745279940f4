"""Read and write VST3 files (``.vstpreset``): the states of component and controller.

Layout (Steinberg's ``vstpresetfile.h``; little-endian):

1. ``VST3``, version 1, class id as 32 hexadecimal digits, place of the list.
2. The states.
3. ``List``, count, and for each state its name (``Comp``, ``Cont``), place and size.
"""

from __future__ import annotations

import re
import struct
from pathlib import Path

from datasets.errors import StoreError
from datasets.foreign_files import file_content
from plugin_bridge.preset_files.state import Fields, PluginState

HEADER_BYTES = 48
MAX_ENTRIES = 128
COMPONENT, CONTROLLER = b"Comp", b"Cont"


def read_vstpreset(path: Path) -> PluginState:
    """Return the state in a ``.vstpreset`` file; StoreError gives the byte of an error."""
    state = parse_vstpreset(file_content(path), path.name)
    return PluginState(path.stem, "vst3", state.plugin, state.component, state.controller)


def parse_vstpreset(content: bytes, source: str) -> PluginState:
    """Return the state in the bytes of a ``.vstpreset`` file; it has no preset name.

    Raises:
        StoreError: The bytes are damaged; the message names ``source`` and the byte.
    """
    fields = Fields(content, source)
    fields.magic(b"VST3", "VST3 preset (.vstpreset)")
    version = fields.number("<i", "the version")
    if version != 1:
        raise StoreError(f"{source}, byte 4: version {version} is not supported, only version 1")
    plugin = class_id(fields.take(32, "the class id").decode("ascii", "replace"), source)
    entries = _entries(fields)
    if COMPONENT not in entries:
        raise StoreError(f"{source}: the list has no 'Comp', so the patch is missing")
    component, controller = (entries.get(key, (0, 0)) for key in (COMPONENT, CONTROLLER))
    return PluginState(
        "",
        "vst3",
        plugin,
        Fields(content, source, component[0]).take(component[1], "the component's state"),
        Fields(content, source, controller[0]).take(controller[1], "the controller's state"),
    )


def write_vstpreset(state: PluginState) -> bytes:
    """Return the bytes of a ``.vstpreset`` file.

    Raises:
        StoreError: The state is not a VST3's.
    """
    if state.kind != "vst3":
        raise StoreError(f"a {state.kind} state cannot be written as .vstpreset: use .fxp")
    places, at = [], HEADER_BYTES
    for key, part in ((COMPONENT, state.component), (CONTROLLER, state.controller)):
        places.append(struct.pack("<4sqq", key, at, len(part)))  # also an empty one, as JUCE does
        at += len(part)
    identity = class_id(state.plugin, "the state").encode("ascii")
    head = struct.pack("<4si32sq", b"VST3", 1, identity, at)
    body = state.component + state.controller
    return head + body + struct.pack("<4si", b"List", len(places)) + b"".join(places)


def class_id(text: str, source: str) -> str:
    """Return a class id in upper case; ``source`` names the file in an error.

    Raises:
        StoreError: The id is not 32 hexadecimal digits.
    """
    if not re.fullmatch("[0-9A-Fa-f]{32}", text, flags=re.ASCII):
        raise StoreError(f"{source}: class id {text!r} is not 32 hexadecimal digits")
    return text.upper()


def _entries(fields: Fields) -> dict[bytes, tuple[int, int]]:
    """Return (place, size) by name from the list of states."""
    place = fields.number("<q", "the place of the list")
    if not HEADER_BYTES <= place <= len(fields.content):
        raise StoreError(f"{fields.source}, byte 40: the list at {place} is outside the file")
    rest = Fields(fields.content, fields.source, place)
    rest.magic(b"List", "list of states")
    count = rest.number("<i", "the number of states")
    if not 0 <= count <= MAX_ENTRIES:
        raise StoreError(f"{fields.source}, byte {place + 4}: {count} states, not 0..{MAX_ENTRIES}")
    entries: dict[bytes, tuple[int, int]] = {}
    for _ in range(count):
        at = rest.at
        key, start, size = struct.unpack("<4sqq", rest.take(20, "an entry of the list"))
        if not (0 <= start <= len(fields.content) and 0 <= size <= len(fields.content) - start):
            raise StoreError(f"{fields.source}, byte {at}: {key!r} is outside the file")
        entries[key] = (start, size)
    return entries
