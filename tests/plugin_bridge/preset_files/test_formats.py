"""Laws of preset files: what is written is read again, on the format's own grid."""

import gzip
import json
import struct
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from xml.etree.ElementTree import fromstring

import numpy as np
import pytest
import vita

from datasets.errors import StoreError
from datasets.preset_files import NamedPreset, read_bank, read_h2p, read_vital
from datasets.presets import Preset, project
from datasets.sampler import sample
from datasets.spec import SynthSpec, load_spec
from plugin_bridge.preset_files import amsynth, diva, surge, vital, vst2, vst3
from plugin_bridge.preset_files.ableton import Exposed, read_adg, write_adg
from plugin_bridge.preset_files.registry import FORMATS, UNVERIFIED, format_of, standing, synth_of
from plugin_bridge.preset_files.state import PluginState, plain_name
from renderer.engines.vita import VitaEngine, template_patch

COUNT = 500
SINGLE = np.float32(2**-23)  # the grid of numbers in single precision, over 0..1
NEKOBI = "2046504473616C636B654E4400000000"


def drawn(spec: SynthSpec, count: int = COUNT, fixed: bool = False) -> list[NamedPreset]:
    """Presets of the sampler, native by name; with ``fixed`` also what the template fixes."""
    controls: Mapping[str, float] = spec.template["controls"] if fixed else {}
    units = [sample(spec, seed=3, index=i).unit for i in range(count)]
    return [(f"drawn {i}", {**controls, **spec.to_native(unit)}) for i, unit in enumerate(units)]


def apart(spec: SynthSpec, one: NamedPreset, other: NamedPreset) -> float:
    """The largest difference of two presets in unit space."""
    vectors = [project(Preset(name, "", native), spec) for name, native in (one, other)]
    return float(np.abs(vectors[0] - vectors[1]).max())


def vital_base(spec: SynthSpec) -> bytes:
    """The spec's template as a whole file."""
    return json.dumps(template_patch(json.loads(vita.Synth().to_json()), spec)).encode()


def bytes_of(count: int, length: int = 700) -> list[bytes]:
    """``count`` states as a plugin might save them: any bytes, any length, none among them."""
    random = np.random.default_rng(5)
    return [random.bytes(int(random.integers(0, length))) if i else b"" for i in range(count)]


def test_vital_presets_come_back_whole(tmp_path: Path) -> None:
    spec, path = load_spec("vital-64"), tmp_path / "one.vital"
    base = vital_base(spec)
    for preset in drawn(spec):
        path.write_bytes(vital.write_vital(preset, base))
        ((name, native),) = read_vital(path)
        assert name == preset[0]
        assert {key: native[key] for key in preset[1]} == preset[1]  # JSON keeps every bit
    assert json.loads(path.read_bytes())["settings"].keys() == json.loads(base)["settings"].keys()


def test_vital_itself_holds_what_we_wrote() -> None:
    spec = load_spec("vital-64")
    engine, base = VitaEngine(spec), vital_base(spec)
    for preset in drawn(spec, 15):
        engine.load_preset(vital.write_vital(preset, base))
        held = engine.read()
        assert max(abs(held[key] - value) for key, value in preset[1].items()) < 1e-5
    assert apart(spec, preset, ("held", held)) < 1e-6


def test_a_file_that_vital_saved_is_read(tmp_path: Path) -> None:
    spec, path = load_spec("vital-32"), tmp_path / "saved.vital"
    engine = VitaEngine(spec)
    native = drawn(spec, 1)[0][1]
    engine.set(native)
    path.write_bytes(engine.preset("of its own"))
    ((name, read),) = read_vital(path)
    assert name == "of its own"
    assert apart(spec, (name, native), (name, read)) <= SINGLE


def test_a_control_that_vital_lacks_is_named() -> None:
    base = vital_base(load_spec("vital-16"))
    with pytest.raises(StoreError, match="wobble"):
        vital.write_vital(("x", {"wobble": 1.0}), base)
    for damaged in (b"[" * 100_000, b"{}", b"\xff", b'{"settings": 3}'):
        with pytest.raises(StoreError, match="base file"):
            vital.write_vital(("x", {}), damaged)


@pytest.mark.parametrize("kind", ["bank", "preset", "fxp"])
def test_amsynth_presets_come_back(tmp_path: Path, kind: str) -> None:
    spec, path = load_spec("amsynth-34"), tmp_path / f"presets.{kind}"
    presets = drawn(spec, fixed=True)
    found: list[NamedPreset] = []
    if kind == "bank":
        for start in range(0, COUNT, amsynth.BANK_SIZE):
            path.write_bytes(amsynth.write_bank(presets[start : start + amsynth.BANK_SIZE]))
            found += read_bank(path)
    else:
        write = amsynth.write_single if kind == "preset" else amsynth.write_state
        read = read_bank if kind == "preset" else amsynth.read_state
        for preset in presets:
            path.write_bytes(write(preset))
            found += read(path)
    assert [name for name, _ in found] == [name for name, _ in presets]
    # Nine digits are single precision, over a range of 32 at most.
    assert max(apart(spec, *pair) for pair in zip(presets, found, strict=True)) <= SINGLE
    assert all(native.keys() == presets[0][1].keys() for _, native in found)


def test_a_bank_that_is_too_long_or_lacks_a_parameter_is_refused() -> None:
    preset = drawn(load_spec("amsynth-34"), 1, fixed=True)[0]
    with pytest.raises(StoreError, match="holds 128"):
        amsynth.write_bank([preset] * 129)
    with pytest.raises(StoreError, match="'osc_mix' is missing"):
        amsynth.write_single(("x", {k: v for k, v in preset[1].items() if k != "osc_mix"}))
    with pytest.raises(StoreError, match="not a parameter of amsynth"):
        amsynth.write_single(("x", preset[1] | {"wobble": 0.5}))


def test_names_cannot_break_a_file(tmp_path: Path) -> None:
    preset = drawn(load_spec("amsynth-34"), 1, fixed=True)[0]
    path = tmp_path / "names.bank"
    names = ["two\nlines", "EOF", "", "\x00bell\x07", "ö" * 100, "<preset> <name> x"]
    path.write_bytes(amsynth.write_bank([(name, preset[1]) for name in names]))
    read = [name for name, _ in read_bank(path)]
    assert read == ["two lines", "EOF", "untitled", "bell", "ö" * 64, "<preset> <name> x"]
    state = PluginState("ö" * 20, "vst2", "abcd", b"x")
    assert vst2.parse_fxp(vst2.write_fxp(state), "x").name == "ö" * 13  # 27 bytes at most


@pytest.mark.parametrize("over", [False, True])
def test_diva_presets_come_back(tmp_path: Path, over: bool) -> None:
    spec, path = load_spec("diva-64"), tmp_path / "one.h2p"
    presets = drawn(spec)
    # A file as Diva saves it: other keys, carriage returns, a tail that is no text.
    saved = (
        diva.write_h2p(presets[0]).replace(b"\n", b"\r\n").replace(b"#cm=ENV1", b"#cm=ENV1\r\nX=7")
    )
    base = saved + bytes(range(256)) if over else None
    for preset in presets:
        path.write_bytes(diva.write_h2p(preset, base))
        assert apart(spec, preset, read_h2p(path)[0]) <= SINGLE
    if over:
        assert path.read_bytes().endswith(bytes(range(256))) and b"\nX=7\r\n" in path.read_bytes()
        assert len(path.read_bytes().split(b"\r\n")) == len(saved.split(b"\r\n"))


def test_diva_names_what_it_cannot_write() -> None:
    with pytest.raises(StoreError, match="'Wobble'"):
        diva.write_h2p(("x", {"Wobble": 0.1}))
    with pytest.raises(StoreError, match="#AM=Diva"):
        diva.write_h2p(("x", {"ENV1: Attack": 0.1}), b"#AM=Zebra2\n")
    with pytest.raises(StoreError, match=r"ENV1\.Atk"):
        diva.write_h2p(("x", {"ENV1: Attack": 0.1}), b"#AM=Diva\n")


@pytest.mark.parametrize("over", [False, True])
def test_surge_patches_come_back(tmp_path: Path, over: bool) -> None:
    spec, path = load_spec("surge-xt-32"), tmp_path / "one.fxp"
    controls = {k: v for k, v in spec.template["controls"].items() if k != "FX Chain Bypass"}
    presets = [(name, {**controls, **native}) for name, native in drawn(spec)]
    base = surge_saved() if over else None
    for preset in presets:
        path.write_bytes(surge.write_patch(preset, base))
        ((name, native),) = surge.read_patch(path)
        assert name == preset[0]
        # Steps fall on their steps; times go up to 0.77 of the range: the grid is that much finer.
        assert apart(spec, preset, (name, native)) <= 9 * SINGLE
    assert native.keys() == preset[1].keys()
    if over:
        content = path.read_bytes()
        assert content.endswith(b"wavetables" * 9) and b"<modrouting" in content
        assert b'<a_filter1_type type="0" value=' in content
        assert b'deactivated="0"' in content and b'deactivated="1"' not in content


def surge_saved() -> bytes:
    """A patch as Surge saves it: parameters and routings that we do not know, and wavetables."""
    xml = (
        b'<?xml version="1.0" encoding="UTF-8" ?><patch revision="21"><meta name="Init" />'
        b'<parameters><volume type="2" value="-2.0" />'
        b'<a_filter1_type type="0" value="0" deactivated="1" />'
        b'<a_filter1_cutoff type="2" value="3.0"><modrouting source="9" depth="0.5" />'
        b"</a_filter1_cutoff></parameters></patch>"
    )
    chunk = b"sub3" + struct.pack("<7I", len(xml), 90, 0, 0, 0, 0, 0) + xml + b"wavetables" * 9
    return vst2.write_fxp(PluginState("Init", "vst2", "cjs3", chunk))


def test_surge_steps_are_where_the_vst3_has_them() -> None:
    """By the values that surge-xt-32 fixes and learns, which others read off the plugin."""
    spec = load_spec("surge-xt-32")
    known = {p.name: p for p in surge.surge_parameters()}
    routing = known["A FM Routing"]
    assert routing.text(spec.template["controls"]["A FM Routing"]) == "1"  # 2 > 1
    assert routing.native(1) == pytest.approx(spec.template["controls"]["A FM Routing"])
    for name, whole in [("A Osc 1 Octave", range(-3, 4)), ("A Osc 1 Unison Voices", range(1, 5))]:
        values = spec.parameters[spec.names.index(name)].values
        assert [known[name].text(value) for value in values] == [str(i) for i in whole]


def test_surge_header_is_the_one_that_surge_declares(tmp_path: Path) -> None:
    content = surge.write_patch(("Bass", {"A Filter 1 Cutoff": 1.0}))
    head = struct.unpack(">4si4si4sii28si", content[:60])
    assert head[0] == b"CcnK" and head[2] == b"FPCh" and head[4] == b"cjs3"
    assert head[7].rstrip(b"\0") == b"Bass" and head[8] == len(content) - 60
    assert head[1] == len(content) - 8
    tag, size, *wavetables = struct.unpack("<4s7I", content[60:92])
    assert tag == b"sub3" and size == len(content) - 92 and wavetables == [0] * 6
    root = fromstring(content[92:])
    element = root.find("parameters/a_filter1_cutoff")
    assert element is not None and element.attrib == {"type": "2", "value": "70"}


def test_states_come_back_to_the_byte(tmp_path: Path) -> None:
    path = tmp_path / "a state"
    for part, other in zip(bytes_of(COUNT), reversed(bytes_of(COUNT)), strict=True):
        three = PluginState(path.stem, "vst3", NEKOBI, part, other)
        path.write_bytes(vst3.write_vstpreset(three))
        assert vst3.read_vstpreset(path) == three
        path.write_bytes(write_adg(three))
        assert read_adg(path) == three
        two = PluginState("some name", "vst2", "abcd", part)
        path.write_bytes(vst2.write_fxp(two))
        assert vst2.read_fxp(path) == two


def test_parameters_of_a_vst2_come_back(tmp_path: Path) -> None:
    path = tmp_path / "parameters.fxp"
    for _, native in drawn(load_spec("amsynth-34")):
        values = tuple(np.array(list(native.values()), np.float32).tolist())
        state = PluginState("x", "vst2", "abcd", parameters=values)
        path.write_bytes(vst2.write_fxp(state))
        assert vst2.read_fxp(path) == state


def test_racks_are_equal_to_the_byte_and_obey_what_crashes_live() -> None:
    state = PluginState("A & B", "vst3", NEKOBI, b"component", b"controller")
    exposed = [Exposed(1000 + i, i % 17 - 1) for i in range(128)]
    assert write_adg(state, exposed) == write_adg(state, exposed)
    root = fromstring(gzip.decompress(write_adg(state, exposed)))
    assert root.tag == "Ableton" and len(list(root.iter("Vst3Preset"))) == 1
    assert len(list(root.iter("PluginParameterSettings"))) == 128
    for settings in root.iter("PluginParameterSettings"):
        span = settings.find("MidiControllerRange")
        assert span is not None and [end.tag for end in span] == ["Min", "Max"]
    fields = [root.find(f".//Uid/Fields.{i}") for i in range(4)]
    numbers = [int(field.attrib["Value"]) for field in fields if field is not None]
    assert struct.pack(">4i", *numbers).hex().upper() == NEKOBI
    with pytest.raises(StoreError, match="over 128 crash Live"):
        write_adg(state, [Exposed(i) for i in range(129)])
    with pytest.raises(StoreError, match="too long for an"):
        write_adg(PluginState("x", "vst3", NEKOBI, bytes(9 * 2**20)))
    with pytest.raises(StoreError, match="macro 16"):
        write_adg(state, [Exposed(1, 16)])


def test_a_state_goes_only_into_containers_of_its_kind() -> None:
    two = PluginState("x", "vst2", "amsy", b"x")
    three = PluginState("x", "vst3", NEKOBI, b"x")
    for write in (partial(vst3.write_vstpreset, two), partial(write_adg, two)):
        with pytest.raises(StoreError, match="vst2"):
            write()
    with pytest.raises(StoreError, match="vst3"):
        vst2.write_fxp(three)
    with pytest.raises(StoreError, match="four characters"):
        vst2.write_fxp(PluginState("x", "vst2", "amsynth", b"x"))
    with pytest.raises(StoreError, match="32 hexadecimal"):
        vst3.write_vstpreset(PluginState("x", "vst3", "short", b"x"))


def test_every_format_is_found_by_its_synth_and_ending() -> None:
    assert len({f.name for f in FORMATS}) == len(FORMATS)
    specs = {name: synth_of(load_spec(name)) for name in ("vital-32", "amsynth-34", "diva-16")}
    assert specs == {"vital-32": "Vital", "amsynth-34": "amsynth", "diva-16": "Diva"}
    assert synth_of(load_spec("surge-xt-32")) == "Surge XT"
    assert format_of(Path("x.FXP"), "amsynth").name == "amsynth-fxp"
    assert format_of(Path("x.fxp"), "Surge XT").name == "surge-fxp"
    assert format_of(Path("x.fxp"), "Nekobi").name == "vst2-fxp"
    assert format_of(Path("x.fxp"), "amsynth", "vst2-fxp").name == "vst2-fxp"
    with pytest.raises(StoreError, match=r"not a preset format for Vital: use vital \(\.vital\)"):
        format_of(Path("x.bank"), "Vital")


def test_what_could_not_be_tried_says_so() -> None:
    unverified = {f.name for f in FORMATS if standing(f) == UNVERIFIED}
    assert unverified == {"vital-bank", "diva-h2p", "surge-fxp", "live-rack"}
    assert plain_name("  a\tb ") == "a b"
