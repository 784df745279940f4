"""Read and write Surge XT patches (``.fxp``): a VST2 header, sizes, XML, wavetables.

Unverified: we had no Surge and no patch of its own. Written from Surge's own description of the
file (``PatchFileHeaderStructs.h``) and ``preset_tables/surge-fxp.toml``. A patch that is written
over one that Surge saved keeps everything else in it: effects, LFOs, modulation, wavetables.
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
REVISION = "25"  # XML revision of Surge XT 1.3.4; Surge converts older revisions
WAVETABLE_SIZES = 24  # bytes: two scenes of three oscillators
FLOAT, WHOLE = "2", "0"  # types in the XML


@dataclass(frozen=True)
class SurgeParameter:
    """Describe a parameter's XML element: value = low + native * (high - low)."""

    name: str  # the VST3's name
    key: str  # tag of the element
    low: float
    high: float
    steps: bool = False  # values are whole numbers
    active: bool = False  # the element has an attribute for 'deactivated'

    def text(self, native: float) -> str:
        """Return the XML's text of a normalised value."""
        inside = min(max(native, 0.0), 1.0)
        if self.steps:  # 0.005 is the first step, 0.995 the last
            inside = min(max((inside - 0.005) / 0.99, 0.0), 1.0)
            return str(round(self.low + inside * (self.high - self.low)))
        return f"{self.low + inside * (self.high - self.low):.9g}"

    def native(self, value: float) -> float:
        """Return the normalised value, 0..1, of a number in the XML, clipped to its range."""
        share = min(max((value - self.low) / (self.high - self.low), 0.0), 1.0)
        return 0.005 + 0.99 * share if self.steps else share


@cache
def surge_parameters() -> tuple[SurgeParameter, ...]:
    """Return the parameters with a known place in a patch (``preset_tables/surge-fxp.toml``)."""
    return tuple(SurgeParameter(**row) for row in table("surge-fxp"))


def read_patch(path: Path) -> list[NamedPreset]:
    """Return the one patch in Surge's ``.fxp``: normalised values, 0..1, by VST3 name.

    Parameters that are not in the table are ignored.

    Raises:
        StoreError: The file is damaged, or has no known parameter.
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
        raise StoreError(f"{path.name}: has no parameter of Surge that is in surge-fxp.toml")
    return [(state.name or path.stem, native)]


def write_patch(preset: NamedPreset, base: bytes | None = None) -> bytes:
    """Return a preset's normalised values as Surge's ``.fxp``.

    With a base patch, everything else in it is kept. Without one, the patch has only these values,
    and Surge must use its own defaults for all others.

    Args:
        preset: Name and values.
        base: Content of a patch that Surge saved.

    Returns:
        Content of the new file.

    Raises:
        StoreError: A parameter has no known place, or the base is not a Surge patch.
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
    """Return the patch's XML, and the unchanged bytes of all wavetables with their sizes."""
    if state.plugin != PLUGIN:
        raise StoreError(f"{source}: a preset of plugin {state.plugin!r}, not of Surge")
    fields = Fields(state.component, f"{source}, patch")
    fields.magic(TAG, "Surge patch")
    size = fields.number("<I", "the size of the XML")
    sizes = fields.take(WAVETABLE_SIZES, "the wavetables' sizes")
    root = parse_xml(fields.take(size, "the XML").rstrip(b"\0"), source)
    if root.tag != "patch" or root.find("parameters") is None:
        raise StoreError(f"{source}: the XML has no 'patch' with 'parameters': not a Surge patch")
    return root, sizes + state.component[fields.at :]


def _empty() -> Element:
    """Return the XML of a patch without parameters."""
    root = Element("patch", revision=REVISION)
    SubElement(root, "meta", name="", category="patchwright", comment="", author="")
    SubElement(root, "parameters")
    return root


def _set_values(root: Element, native: Mapping[str, float], preset: str) -> None:
    """Set the values of a patch's parameters; raise StoreError for an unknown one."""
    known = {p.name: p for p in surge_parameters()}
    parameters = root.find("parameters")
    assert parameters is not None  # the document was checked, or is ours
    for name, value in native.items():
        if name not in known:
            raise StoreError(
                f"preset {preset!r}: no place in a Surge patch is known for {name!r}; leave it out"
            )
        parameter = known[name]
        element = parameters.find(parameter.key)
        if element is None:
            kind = WHOLE if parameter.steps else FLOAT
            element = SubElement(parameters, parameter.key, type=kind)
        element.set("value", parameter.text(value))
        if parameter.active:
            element.set("deactivated", "0")
