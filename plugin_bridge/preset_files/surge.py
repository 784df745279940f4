"""Read and write Surge XT patches (``.fxp``): a VST2 header, sizes, XML, wavetables.

Unverified: we had no Surge and no patch of its own. Written from Surge's own description of the
file (``PatchFileHeaderStructs.h``) and ``preset_tables/surge-fxp.toml``. A patch that is written
over one that Surge saved keeps everything else in it: effects, LFOs, modulation, wavetables. If no
value differs, it keeps every byte.

The table is true for revisions 15 to 25, and for some parameters only with one oscillator type.
Other values have another meaning, so they are never read or written: an error names them.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement, tostring

from datasets.errors import StoreError
from datasets.foreign_files import file_content, finite
from datasets.preset_files import NamedPreset, table
from plugin_bridge.preset_files.state import Fields, PluginState, plain_name
from plugin_bridge.preset_files.vst2 import parse_fxp, write_fxp
from plugin_bridge.preset_files.xml_text import parse_xml

PLUGIN = "cjs3"
TAG = b"sub3"
OLDEST, NEWEST = 15, 25  # XML revisions: before 15 filter types had other numbers; 25 is XT 1.3.4
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
    only: str = ""  # key of an oscillator's type: the row is true only for type 0, Classic

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

    def read(self, element: Element, where: str) -> float:
        """Return the normalised value of an element; a deactivated one has its lowest value.

        Raises:
            StoreError: The value is not a number, or a step that is not in the table.
        """
        where = f"{where}, {self.key}"
        value = finite(element.get("value", ""), where)
        if self.steps and not self.low <= value <= self.high:
            raise StoreError(
                f"{where}: {value:g} is not in the table's {self.low:g}..{self.high:g}. Choose "
                "another type in Surge and save the patch again"
            )
        return self.native(self.low if self.active and element.get("deactivated") == "1" else value)


@cache
def surge_parameters() -> tuple[SurgeParameter, ...]:
    """Return the parameters with a known place in a patch (``preset_tables/surge-fxp.toml``)."""
    return tuple(SurgeParameter(**row) for row in table("surge-fxp"))


def check_patch(path: Path) -> None:
    """Check that a file is a Surge patch of any revision, with any types.

    Raises:
        StoreError: The file is damaged, or another plugin's.
    """
    _document(parse_fxp(file_content(path), path.name), path.name)


def read_patch(path: Path) -> list[NamedPreset]:
    """Return the one patch in Surge's ``.fxp``: normalised values, 0..1, by VST3 name.

    Parameters that are not in the table are ignored.

    Raises:
        StoreError: The file is damaged, has no known parameter, or has a revision or a type with
            other values than the table's.
    """
    state = parse_fxp(file_content(path), path.name)
    root, _ = _document(state, path.name)
    _check_revision(root, path.name)
    native: dict[str, float] = {}
    for parameter in surge_parameters():
        element = root.find(f"parameters/{parameter.key}")
        if element is not None:
            _check_type(root, parameter, path.name)
            native[parameter.name] = parameter.read(element, path.name)
    if not native:
        raise StoreError(f"{path.name}: has no parameter of Surge that is in surge-fxp.toml")
    return [(_title(root) or state.name or path.stem, native)]


def write_patch(preset: NamedPreset, base: bytes | None = None) -> bytes:
    """Return a preset's normalised values as Surge's ``.fxp``.

    With a base patch, everything else in it is kept, and values that are equal too. Without one,
    the patch has only these values, and Surge must use its own defaults for all others.

    Args:
        preset: Name and values.
        base: Content of a patch that Surge saved.

    Returns:
        Content of the new file; exactly ``base`` if it has these values and this name.

    Raises:
        StoreError: A parameter has no known place, the base is not a Surge patch, or it has a
            revision or a type with other values than the table's.
    """
    name, native = preset
    if base is None:
        root, wavetables, held = _empty(), bytes(WAVETABLE_SIZES), ""
    else:
        state = parse_fxp(base, "the base file")
        root, wavetables = _document(state, "the base file")
        held = _title(root) or state.name
    changed = _set_values(root, native, name)
    if base is not None and not changed and name == held:
        return base
    meta = root.find("meta")
    if meta is not None and name != held:
        meta.set("name", plain_name(name))
    text = tostring(root, encoding="UTF-8", xml_declaration=True)
    chunk = TAG + struct.pack("<I", len(text)) + wavetables[:WAVETABLE_SIZES]
    chunk += text + wavetables[WAVETABLE_SIZES:]
    return write_fxp(PluginState(name, "vst2", PLUGIN, chunk))


def _title(root: Element) -> str:
    """Return the whole name of a patch; the file's header holds only 27 letters of it."""
    meta = root.find("meta")
    return "" if meta is None else meta.get("name", "")


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


def _check_revision(root: Element, source: str) -> None:
    """Raise StoreError if the table does not describe the patch's revision."""
    text = root.get("revision", "")
    if not (text.isascii() and text.isdecimal() and OLDEST <= int(text[:9]) <= NEWEST):
        raise StoreError(
            f"{source}: revision {text[:40]!r} of the patch: its values are known for revisions "
            f"{OLDEST} to {NEWEST} only. Open it in Surge XT 1.3 and save it again"
        )


def _check_type(root: Element, parameter: SurgeParameter, source: str) -> None:
    """Raise StoreError if the patch's oscillator type gives a parameter another meaning."""
    element = root.find(f"parameters/{parameter.only}") if parameter.only else None
    if element is not None and finite(element.get("value", ""), f"{source}, {parameter.only}"):
        raise StoreError(
            f"{source}: {parameter.only} is {element.get('value')}, so {parameter.key} is not "
            f"{parameter.name!r}: it is only with type 0. Choose type 0 (Classic) in Surge and "
            "save the patch again"
        )


def _empty() -> Element:
    """Return the XML of a patch without parameters."""
    root = Element("patch", revision=str(NEWEST))
    SubElement(root, "meta", name="", category="patchwright", comment="", author="")
    SubElement(root, "parameters")
    return root


def _set_values(root: Element, native: Mapping[str, float], preset: str) -> bool:
    """Set the values of a patch's parameters; return whether one changed.

    Raises:
        StoreError: A parameter is unknown, or the patch's revision or type does not fit it.
    """
    known = {p.name: p for p in surge_parameters()}
    unknown = sorted(native.keys() - known.keys())
    if unknown:
        raise StoreError(
            f"preset {preset!r}: no place in a Surge patch is known for {unknown[0]!r}; "
            "leave it out"
        )
    parameters = root.find("parameters")
    assert parameters is not None  # the document was checked, or is ours
    changed = [known[name] for name in native if _differs(root, known[name], native[name])]
    if changed:
        _check_revision(root, "the base file")
    for parameter in changed:
        _set_value(parameters, parameter, native[parameter.name])
    for parameter in changed:  # after all types are set
        _check_type(root, parameter, "the base file")
    return bool(changed)


def _differs(root: Element, parameter: SurgeParameter, value: float) -> bool:
    """Return whether a patch has another value than this one, in the digits of a file."""
    element = root.find(f"parameters/{parameter.key}")
    if element is None:
        return True
    try:
        _check_type(root, parameter, "the base file")
        held = parameter.read(element, "the base file")
    except StoreError:  # not a value of the table
        return True
    return parameter.text(held) != parameter.text(value)


def _set_value(parameters: Element, parameter: SurgeParameter, value: float) -> None:
    """Set one value, its type, and that it is active."""
    element = parameters.find(parameter.key)
    if element is None:
        element = SubElement(parameters, parameter.key)
    element.set("type", WHOLE if parameter.steps else FLOAT)
    element.set("value", parameter.text(value))
    if parameter.active:
        element.set("deactivated", "0")
