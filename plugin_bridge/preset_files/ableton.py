"""Read and write Ableton Live's ``.adg``: an instrument rack with a VST3's state (gzip, XML).

Experimental and unverified: we had no Live. The elements are those that two public projects report
to load in Live 12.4 (livebridge, ableton-push-hack). These projects also report what crashes Live,
and this module never writes it: more than 128 exposed parameters, and a macro's index with an empty
range.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from datasets.errors import StoreError
from datasets.foreign_files import file_content
from plugin_bridge.preset_files.state import PluginState, plain_name
from plugin_bridge.preset_files.vst3 import class_id
from plugin_bridge.preset_files.xml_text import MAX_BYTES, parse_xml

MAX_EXPOSED = 128  # more than that crashed Live
MACROS = 16
NO_MACRO = -1
WHOLE_RANGE = "1000000000"  # -WHOLE_RANGE..WHOLE_RANGE makes macro / 127 the parameter's 0..1
HEX_PER_LINE = 80
GZIP = 16 + zlib.MAX_WBITS
SCHEMA = {
    "MajorVersion": "5",
    "MinorVersion": "12.0_12402",
    "SchemaChangeCount": "5",
    "Creator": "Ableton Live 12.4.6",  # Live reads a file by its version; ours are like this one's
}


@dataclass(frozen=True)
class Exposed:
    """Describe a parameter that the rack shows without Live's Configure."""

    parameter_id: int  # the plugin's own VST3 id
    macro: int = NO_MACRO  # 0..15: the rack's macro that turns the parameter


def write_adg(state: PluginState, exposed: Sequence[Exposed] = ()) -> bytes:
    """Return a rack with one plugin; equal states give equal bytes.

    Raises:
        StoreError: The state is not a VST3's, is too large, or too many parameters are exposed.
    """
    if state.kind != "vst3":
        raise StoreError(f"a {state.kind} state cannot be written as .adg: use a VST3's state")
    if len(exposed) > MAX_EXPOSED:
        raise StoreError(
            f"{len(exposed)} parameters exposed: over {MAX_EXPOSED} crash Live; expose fewer"
        )
    root = Element("Ableton", SCHEMA)
    group = SubElement(root, "GroupDevicePreset")
    rack = SubElement(SubElement(group, "Device"), "InstrumentGroupDevice", Id="0")
    _fill_rack(rack, plain_name(state.name))
    branches = SubElement(group, "BranchPresets")
    branch = SubElement(branches, "InstrumentBranchPreset", Id="0")
    _value(branch, "Name", plain_name(state.name))
    plugin = SubElement(SubElement(branch, "DevicePresets"), "Vst3Preset", Id="0")
    _expose(SubElement(plugin, "ParameterSettings"), exposed)
    _fill_plugin(plugin, state)
    indent(root, "\t")
    return _packed(tostring(root, encoding="UTF-8", xml_declaration=True))


def read_adg(path: Path) -> PluginState:
    """Return the state of the first VST3 in a rack.

    Raises:
        StoreError: The file is damaged, or has no VST3.
    """
    root = parse_xml(_unpacked(path), path.name)
    preset = next(root.iter("Vst3Preset"), None)
    if preset is None:
        raise StoreError(f"{path.name}: has no Vst3Preset; use a rack with a VST3")
    name = preset.find("Name")
    return PluginState(
        path.stem if name is None else name.get("Value", path.stem),
        "vst3",
        _plugin(preset, path.name),
        _state(preset, "ProcessorState", path.name),
        _state(preset, "ControllerState", path.name),
    )


def _fill_rack(rack: Element, name: str) -> None:
    """Add a rack's name and its macros."""
    _value(rack, "UserName", name)
    _value(rack, "NumVisibleMacroControls", "8")
    for number in range(MACROS):
        macro = SubElement(rack, f"MacroControls.{number}")
        _value(macro, "Manual", "0")
        _range(macro, "0", "127")
    for number in range(MACROS):
        _value(rack, f"MacroDisplayNames.{number}", f"Macro {number + 1}")


def _fill_plugin(preset: Element, state: PluginState) -> None:
    """Add a plugin's identity and state."""
    _value(preset, "IsOn", "true")
    _value(preset, "StoredAllParameters", "true")
    identity = SubElement(preset, "Uid")
    fields = struct.unpack(">4i", bytes.fromhex(class_id(state.plugin, "the state")))
    for number, field in enumerate(fields):
        _value(identity, f"Fields.{number}", str(field))
    _value(preset, "DeviceType", "1")  # an instrument
    SubElement(preset, "ProcessorState").text = _hexadecimal(state.component)
    SubElement(preset, "ControllerState").text = _hexadecimal(state.controller)
    _value(preset, "Name", plain_name(state.name))


def _expose(settings: Element, exposed: Sequence[Exposed]) -> None:
    """Add the exposed parameters."""
    for place, parameter in enumerate(exposed):
        if not NO_MACRO <= parameter.macro < MACROS:
            raise StoreError(f"macro {parameter.macro} of parameter {place}: must be -1 or 0..15")
        entry = SubElement(settings, "PluginParameterSettings", Id=str(place))
        _value(entry, "Index", str(place))
        _value(entry, "VisualIndex", str(place))
        _value(entry, "ParameterId", str(parameter.parameter_id))
        _value(entry, "Type", "PluginFloatParameter")
        _value(entry, "MacroControlIndex", str(parameter.macro))
        # Never empty: an empty range with a macro's index crashed Live.
        _range(entry, f"-{WHOLE_RANGE}", WHOLE_RANGE)


def _value(parent: Element, tag: str, value: str) -> None:
    """Add an element with a value."""
    SubElement(parent, tag, Value=value)


def _range(parent: Element, low: str, high: str) -> None:
    """Add a controller range."""
    span = SubElement(parent, "MidiControllerRange")
    _value(span, "Min", low)
    _value(span, "Max", high)


def _hexadecimal(part: bytes) -> str | None:
    """Return bytes as lines of hexadecimal digits, or None if there are none."""
    digits = part.hex().upper()
    lines = (digits[i : i + HEX_PER_LINE] for i in range(0, len(digits), HEX_PER_LINE))
    return "\n".join(lines) or None


def _packed(text: bytes) -> bytes:
    """Compress XML with gzip."""
    if len(text) > MAX_BYTES:
        megabytes = len(text) // 2**20
        raise StoreError(
            f"{megabytes} MB of XML: the state is too long for an .adg; use .vstpreset"
        )
    packer = zlib.compressobj(wbits=GZIP)  # without the time that gzip's own header holds
    return packer.compress(text) + packer.flush()


def _unpacked(path: Path) -> bytes:
    """Return the XML in a file; refuse a decompression bomb before it fills the memory."""
    unpacker = zlib.decompressobj(wbits=GZIP)
    try:
        text = unpacker.decompress(file_content(path), MAX_BYTES + 1)
    except zlib.error as error:
        raise StoreError(f"{path.name}: not a gzip file, so not an .adg ({error})") from error
    if len(text) > MAX_BYTES:
        raise StoreError(
            f"{path.name}: refused, because it expands to over {MAX_BYTES // 2**20} MB"
        )
    if not unpacker.eof:
        raise StoreError(f"{path.name}: the gzip data is cut off after {len(text)} bytes of XML")
    return text


def _plugin(preset: Element, source: str) -> str:
    """Return the class id from the four numbers that Live stores."""
    numbers = []
    for place in range(4):
        field = preset.find(f"Uid/Fields.{place}")
        text = "" if field is None else field.get("Value", "")
        try:
            numbers.append(struct.pack(">i", int(text[:12])))
        except (ValueError, struct.error):
            raise StoreError(
                f"{source}: Uid/Fields.{place} is {text[:40]!r}, not a 32-bit number"
            ) from None
    return b"".join(numbers).hex().upper()


def _state(preset: Element, tag: str, source: str) -> bytes:
    """Return the bytes of an element with hexadecimal digits."""
    try:
        return bytes.fromhex("".join((preset.findtext(tag) or "").split()))
    except ValueError as error:
        raise StoreError(f"{source}: {tag} is not hexadecimal: {error}") from error
