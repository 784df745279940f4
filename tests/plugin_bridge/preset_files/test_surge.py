"""Surge patches: what was not asked to change stays, and unknown revisions and types are named."""

import struct
from pathlib import Path
from xml.etree.ElementTree import Element, fromstring, tostring

import numpy as np
import pytest

from datasets.errors import StoreError
from datasets.spec import load_spec
from plugin_bridge.preset_files import surge, vst2
from plugin_bridge.preset_files.state import PluginState
from renderer.plugins.patch_template import on_patch

LONG = "A name that is longer than twenty-seven letters"
CLASSIC = {"a_osc1_type": "0", "a_osc1_param0": "0.25", "a_filter1_cutoff": "12.5"}
WINDOW = CLASSIC | {"a_osc1_type": "6", "a_osc1_param0": "-60"}


def patch(values: dict[str, str], revision: str = "22", more: str = "") -> bytes:
    """A patch with these values, written as Surge writes it, with a wavetable after the XML."""
    elements = "".join(f'<{key} type="0" value="{value}" />' for key, value in values.items())
    xml = (
        f'<?xml version="1.0" encoding="UTF-8" ?><patch revision="{revision}"><meta name="{LONG}" '
        f'category="Leads" /><parameters>{elements}{more}</parameters></patch>'
    ).encode()
    chunk = b"sub3" + struct.pack("<7I", len(xml), 9, 0, 0, 0, 0, 0) + xml + b"wavetable"
    return vst2.write_fxp(PluginState(LONG, "vst2", surge.PLUGIN, chunk))


def saved(folder: Path, content: bytes) -> Path:
    path = folder / "mine.fxp"
    path.write_bytes(content)
    return path


def element(content: bytes, key: str) -> Element:
    """An element of a written patch."""
    chunk = vst2.parse_fxp(content, "x").component
    (size,) = struct.unpack("<I", chunk[4:8])
    found = fromstring(chunk[32 : 32 + size]).find(f"parameters/{key}")
    assert found is not None
    return found


def test_a_patch_over_itself_keeps_every_byte(tmp_path: Path) -> None:
    more = '<a_lowcut type="2" value="-20.0" deactivated="1" /><a_osc2_pitch value="-11.5" />'
    content = patch(CLASSIC, more=more)
    ((name, native),) = surge.read_patch(saved(tmp_path, content))
    assert name == LONG
    assert surge.write_patch((name, native), content) == content


def test_one_value_changes_alone(tmp_path: Path) -> None:
    more = '<a_lowcut type="2" value="-20.0" deactivated="1" /><a_osc2_pitch value="-11.5" />'
    content = patch(CLASSIC, more=more)
    ((name, native),) = surge.read_patch(saved(tmp_path, content))
    written = surge.write_patch((name, native | {"A Filter 1 Cutoff": 1.0}), content)
    assert element(written, "a_filter1_cutoff").attrib == {"type": "2", "value": "70"}
    assert element(written, "a_lowcut").attrib["deactivated"] == "1"
    assert element(written, "a_osc2_pitch").attrib["value"] == "-11.5"  # beyond the usual range
    assert surge.read_patch(saved(tmp_path, written))[0][0] == LONG
    assert written.endswith(b"wavetable")


def test_what_is_switched_off_reads_as_off_and_a_new_value_switches_it_on(tmp_path: Path) -> None:
    more = '<a_lowcut type="2" value="-20.0" deactivated="1" />'
    content = patch({"a_filter1_cutoff": "0"}, more=more)
    ((name, native),) = surge.read_patch(saved(tmp_path, content))
    assert native["A Highpass"] == 0.0
    written = surge.write_patch((name, native | {"A Highpass": 1.0}), content)
    assert element(written, "a_lowcut").attrib["deactivated"] == "0"


@pytest.mark.parametrize("revision", ["11", "14", "26", "", "x", "9" * 5000])
def test_an_unknown_revision_is_named_and_never_written(tmp_path: Path, revision: str) -> None:
    content = patch(CLASSIC, revision)
    path = saved(tmp_path, content)
    surge.check_patch(path)
    with pytest.raises(StoreError, match=rf"mine\.fxp: revision '{revision[:40]}' .* 15 to 25"):
        surge.read_patch(path)
    with pytest.raises(StoreError, match="the base file: revision"):
        surge.write_patch((LONG, {"A Filter 1 Cutoff": 0.1}), content)


def test_another_oscillator_type_is_named(tmp_path: Path) -> None:
    path = saved(tmp_path, patch(WINDOW))
    surge.check_patch(path)
    with pytest.raises(StoreError, match=r"a_osc1_type is 6, so a_osc1_param0 is not"):
        surge.read_patch(path)
    with pytest.raises(StoreError, match="the base file: a_osc1_type is 6"):
        surge.write_patch((LONG, {"A Osc 1 Shape": 0.5}), patch(WINDOW))


def test_with_the_type_all_its_values_are_written(tmp_path: Path) -> None:
    classic = {"A Osc 1 Type": 0.005, "A Osc 1 Shape": 0.0}  # -60 is clipped to 0: not equal to it
    written = surge.write_patch((LONG, classic), patch(WINDOW))
    assert element(written, "a_osc1_type").attrib["value"] == "0"
    assert element(written, "a_osc1_param0").attrib == {"type": "2", "value": "-1"}
    path = saved(tmp_path, written)
    assert surge.read_patch(path)[0][1]["A Osc 1 Shape"] == 0.0


def test_an_unknown_step_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"a_filter1_type: 40 is not in the table's 0\.\.33"):
        surge.read_patch(saved(tmp_path, patch(CLASSIC | {"a_filter1_type": "40"})))


def own_patch() -> bytes:
    """A player's patch with all parameters of ``surge-xt-32``, and much that we do not know."""
    spec = load_spec("surge-xt-32")
    more = (
        '<volume type="2" value="-2.5"><modrouting source="17" depth="0.5" /></volume>'
        '<fx1_type type="0" value="4" /><fx1_p0 type="2" value="0.125" temposync="1" />'
    )
    unit = np.random.default_rng(4).random(len(spec))
    native = spec.to_native(spec.snap(unit)) | {"A Filter 1 Type": 0.5}
    return surge.write_patch((LONG, native), patch({}, more=more))


def parts(content: bytes) -> tuple[dict[str, bytes], bytes]:
    """Each element of a patch's XML by its path, and the wavetables after it."""
    chunk = vst2.parse_fxp(content, "x").component
    (size,) = struct.unpack("<I", chunk[4:8])
    root = fromstring(chunk[32 : 32 + size])
    parameters = root.find("parameters")
    assert parameters is not None
    found = {one.tag: tostring(one) for one in [*root, *parameters] if one is not parameters}
    return found, chunk[8:32] + chunk[32 + size :]


def test_a_spec_on_a_patch_moves_only_its_own_parameters(tmp_path: Path) -> None:
    spec, content = load_spec("surge-xt-32"), own_patch()
    ((name, native),) = surge.read_patch(saved(tmp_path, content))
    template = on_patch(spec, spec.template, native)
    held = template.spec.to_native(template.unit)
    assert surge.write_patch((name, held), content) == content
    moved = np.where(template.unit < 0.5, template.unit + 0.3, template.unit - 0.3)
    other = template.spec.to_native(template.spec.snap(moved))
    written = surge.write_patch((name, other), content)
    (before, tables), (after, kept) = parts(content), parts(written)
    keys = {p.key for p in surge.surge_parameters() if p.name in spec.names}
    changed = {key for key in before | after if before.get(key) != after.get(key)}
    assert changed and changed <= keys and kept == tables
    assert surge.write_patch((name, held), written) == surge.write_patch((name, held), content)
