"""Surge XT patches (``.fxp``): a VST2 header, sizes, XML, wavetables.

Unverified: written after Surge's own description of the file (``PatchFileHeaderStructs.h``) and
``preset_tables/surge-fxp.toml``; neither Surge nor one of its patches was at hand. A patch written
over one that Surge saved keeps all else of it: effects, LFOs, modulation, wavetables.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement, tostring

from datasets.errors import StoreError
from datasets.preset_files import NamedPreset, file_content, finite, table
from plugin_bridge.preset_files.state import Fields, PluginState, plain_name
from plugin_bridge.preset_files.vst2 import parse_fxp, write_fxp
from plugin_bridge.preset_files.xml_text import parse_xml

PLUGIN = "cjs3"
TAG = b"sub3"
REVISION = "25"  # of the XML, that of Surge XT 1.3.4; Surge converts what is older than itself
WAVETABLE_SIZES = 24  # bytes: two scenes of three oscillators
FLOAT, WHOLE = "2", "0"  # as the XML tells types


@dataclass(frozen=True)
class SurgeParameter:
    """A parameter's element in the XML: value = low + native * (high - low)."""

    name: str  # as the VST3 shows it
    key: str  # of the element
    low: float
    high: float
    steps: bool = False  # whole numbers
    active: bool = False  # the element can be marked as not in use

    def text(self, native: float) -> str:
        """The XML's value of a normalised one."""
        inside = min(max(native, 0.0), 1.0)
        if self.steps:  # 0.005..0.995 are the steps' middles; beyond lie the outermost ones
            inside = min(max((inside - 0.005) / 0.99, 0.0), 1.0)
            return str(round(self.low + inside * (self.high - self.low)))
        return f"{self.low + inside * (self.high - self.low):.9g}"

    def native(self, value: float) -> float:
        """The normalised value, 0..1, of the XML's; what lies beyond its range goes to the end."""
        share = min(max((value - self.low) / (self.high - self.low), 0.0), 1.0)
        return 0.005 + 0.99 * share if self.steps else share


@cache
def surge_parameters() -> tuple[SurgeParameter, ...]:
    """The Surge parameters whose place in a patch is known (``preset_tables/surge-fxp.toml``)."""
    return tuple(SurgeParameter(**row) for row in table("surge-fxp"))


def read_patch(path: Path) -> list[NamedPreset]:
    """The one patch of Surge's ``.fxp``: normalised values, 0..1, by VST3 name.

    Only the parameters of the table are taken; StoreError tells where a damaged file is.
    """
    state = parse_fxp(file_content(path), path.name)
    root, _ = _document(state, path.name)
    native: dict[str, float] = {}
    for parameter in surge_parameters():
        element = root.find(f"parameters/{parameter.key}")
        if element is not None:
            where = f"{path.name}, {parameter.key}"
            native[parameter.name] = parameter.native(finite(element.get("value", ""), where))
    if not native:
        raise StoreError(f"{path.name} holds no parameter of Surge that a spec learns")
    return [(state.name or path.stem, native)]


def write_patch(preset: NamedPreset, base: bytes | None = None) -> bytes:
    """A preset's normalised values as Surge's ``.fxp``.

    With ``base``, a patch that Surge saved, all else of it stays; without, the patch holds only
    these values, and Surge has to take its own defaults for the others.
    """
    name, native = preset
    if base is None:
        root, wavetables = _empty(), bytes(WAVETABLE_SIZES)
    else:
        root, wavetables = _document(parse_fxp(base, "the base file"), "the base file")
    _set_values(root, native, name)
    meta = root.find("meta")
    if meta is not None:
        meta.set("name", plain_name(name))
    text = tostring(root, encoding="UTF-8", xml_declaration=True)
    chunk = TAG + struct.pack("<I", len(text)) + wavetables[:WAVETABLE_SIZES]
    chunk += text + wavetables[WAVETABLE_SIZES:]
    return write_fxp(PluginState(name, "vst2", PLUGIN, chunk))


def _document(state: PluginState, source: str) -> tuple[Element, bytes]:
    """The patch as XML; and the wavetables' sizes followed by the wavetables, byte for byte."""
    if state.plugin != PLUGIN:
        raise StoreError(f"{source} is a preset of plugin {state.plugin!r}, not of Surge")
    fields = Fields(state.component, f"{source}, patch")
    fields.magic(TAG, "Surge patch")
    size = fields.number("<I", "the size of the XML")
    sizes = fields.take(WAVETABLE_SIZES, "the wavetables' sizes")
    root = parse_xml(fields.take(size, "the XML").rstrip(b"\0"), source)
    if root.tag != "patch" or root.find("parameters") is None:
        raise StoreError(f"{source}: its XML has no 'patch' with 'parameters': no Surge patch")
    return root, sizes + state.component[fields.at :]


def _empty() -> Element:
    root = Element("patch", revision=REVISION)
    SubElement(root, "meta", name="", category="patchwright", comment="", author="")
    SubElement(root, "parameters")
    return root


def _set_values(root: Element, native: Mapping[str, float], preset: str) -> None:
    known = {p.name: p for p in surge_parameters()}
    parameters = root.find("parameters")
    assert parameters is not None  # of a document that was checked, or of our own
    for name, value in native.items():
        if name not in known:
            raise StoreError(
                f"preset {preset!r}: no place in Surge's patches is known for {name!r}"
            )
        parameter = known[name]
        element = parameters.find(parameter.key)
        if element is None:
            kind = WHOLE if parameter.steps else FLOAT
            element = SubElement(parameters, parameter.key, type=kind)
        element.set("value", parameter.text(value))
        if parameter.active:
            element.set("deactivated", "0")
