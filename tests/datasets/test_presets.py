"""Laws of human presets: exact conversion, one order everywhere, damage named and contained.

amsynth's banks and its plugin are the real ones; where they are missing those tests skip.
"""

import itertools
import json
import random
import re
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from datasets.errors import PatchwrightError, RenderError, SpecError, StoreError
from datasets.foreign_files import MAX_BYTES
from datasets.preset_files import (
    RACKS,
    READERS,
    STATES,
    bank_parameters,
    h2p_parameters,
    read_bank,
    read_h2p,
)
from datasets.presets import (
    NEAR,
    Preset,
    PresetBank,
    near_duplicates,
    project,
    read_presets,
    replaced,
)
from datasets.spec import FloatArray, NotePolicy, Parameter, SynthSpec, load_spec
from plugin_bridge.preset_files.registry import FORMATS, ValueFormat
from tests.fakes.fake_synth import fake_synth
from tests.programs.real_plugins import amsynth

BANKS = Path("/usr/share/amsynth/banks")
VITAL = load_spec("vital-64")
DIVA = load_spec("diva-64")
MARKER = "// Section for ugly compressed binary Data"
GRID = 65535
files_may_be_reused = settings(
    deadline=None,
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def amsynth_spec() -> SynthSpec:
    """All 41 parameters of amsynth, as the banks store them."""
    parameters = [
        Parameter(p.name, "stepped", "", "", values=tuple(np.linspace(0, 1, p.steps).tolist()))
        if p.steps
        else Parameter(p.name, "continuous", "", "")
        for p in bank_parameters()
    ]
    template = {"controls": {}, "presets": [str(BANKS)]}
    plugin = ("amsynth_vst",)
    return SynthSpec(
        "amsynth-41",
        1,
        "dawdreamer",
        "",
        44100,
        2,
        NotePolicy(),
        template,
        tuple(parameters),
        plugin,
    )


@pytest.fixture(scope="module")
def banks() -> Path:
    amsynth()
    assert BANKS.is_dir(), "amsynth is installed without its banks"
    return BANKS


@pytest.fixture(scope="module")
def everything(banks: Path) -> PresetBank:
    return read_presets(banks, amsynth_spec())


def bank_text(count: int = 3, parameters: int = 41) -> str:
    """A bank whose k-th preset has the unit value k / 10 everywhere."""
    lines = ["amSynth"]
    for k in range(count):
        lines.append(f"<preset> <name> sound {k}")
        for p in bank_parameters()[:parameters]:
            lines.append(f"<parameter> {p.name} {p.low + k / 10 * (p.high - p.low):.6g}")
    return "\n".join([*lines, "EOF", ""])


def vital_text(native: Mapping[str, float], name: str = "mine") -> str:
    return json.dumps({"preset_name": name, "settings": {**native, "wavetables": [], "lfos": []}})


def h2p_text(native: Mapping[str, float]) -> str:
    """A Diva preset with the given normalised values."""
    lines = ["/*@Meta", "Author:", "'A = B'", "*/", "#AM=Diva", "#Vers=10001", "#nm=24", "#ms=none"]
    rows = [p for p in h2p_parameters() if p.name in native]
    for module, group in itertools.groupby(rows, lambda p: p.file_key.partition(".")[0]):
        lines.append(f"#cm={module}")
        for p in group:
            value = p.file_low + native[p.name] * (p.file_high - p.file_low)
            lines.append(f"{p.file_key.partition('.')[2]}={value:.2f}")
    return "\n".join(
        [*lines, "#cm=FX1", "Module='Chorus1'", MARKER, "VCF1=garbage that is not read"]
    )


def save(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="latin-1")
    return path


# --- amsynth's banks and the plugin they are for


def test_all_banks_are_read_and_the_distinct_presets_kept(
    banks: Path, everything: PresetBank
) -> None:
    files = sorted(banks.iterdir())
    assert len(files) == 28
    assert sum(len(read_bank(file)) for file in files) == 3482
    assert len(everything) == len(everything.unit) == 3303
    assert not everything.skipped
    assert len({row.tobytes() for row in everything.unit}) == 3303
    assert np.array_equal(amsynth_spec().snap(everything.unit), everything.unit)
    assert {p.source for p in everything.presets} <= {file.name for file in files}


def test_older_banks_take_the_defaults_of_what_they_lack(banks: Path) -> None:
    lengths = set()
    for file in sorted(banks.iterdir()):
        blocks = file.read_text().split("<preset> <name> ")[1:]
        for block, (_, native) in zip(blocks, read_bank(file), strict=True):
            lengths.add(block.count("<parameter>"))
            assert len(native) == 41
    assert lengths == {36, 40, 41}


PROBE = """
import json, sys, tempfile, dawdreamer
from pathlib import Path
plugin_path, task = sys.argv[1], json.load(sys.stdin)
engine = dawdreamer.RenderEngine(44100, 512)
plugin = engine.make_plugin_processor("synth", plugin_path)
names = [row["name"] for row in plugin.get_parameters_description()]
folder = tempfile.mkdtemp()
def raw():
    plugin.save_state(folder + "/state.fxp")
    lines = Path(folder, "state.fxp").read_bytes().decode("latin-1").splitlines()
    return [line.split()[1:] for line in lines if line.startswith("<parameter>")]
answer = {"names": names, "start": raw(), "sweep": [], "presets": []}
for position in range(len(names)):
    before = plugin.get_parameter(position)
    seen = []
    for step in range(task["points"]):
        plugin.set_parameter(position, step / (task["points"] - 1))
        seen.append(raw()[position][1])
    plugin.set_parameter(position, before)
    answer["sweep"].append(seen)
for vector in task["vectors"]:
    for position, value in enumerate(vector):
        plugin.set_parameter(position, value)
    answer["presets"].append(raw())
Path(sys.argv[2]).write_text(json.dumps(answer))
"""


def test_the_plugin_shows_every_preset_as_its_bank_has_it(banks: Path, tmp_path: Path) -> None:
    """Set the native values, save the plugin's state: its raw text is the bank's, for 120 presets.

    The same run checks the table of ranges: ends, steps, and the defaults of a fresh plugin.
    """
    raw, native = [], []
    for file in sorted(banks.iterdir()):
        for block in file.read_text().split("<preset> <name> ")[1:]:
            raw.append(dict(re.findall(r"<parameter> (\S+) (\S+)", block)))
        native += [values for _, values in read_bank(file)]
    chosen = random.Random(1).sample(range(len(raw)), 120)
    table = bank_parameters()
    task = {"points": 101, "vectors": [[native[i][p.name] for p in table] for i in chosen]}
    answer_file = tmp_path / "answer.json"
    subprocess.run(
        [sys.executable, "-c", PROBE, str(amsynth()), str(answer_file)],
        input=json.dumps(task),
        text=True,
        check=True,
        capture_output=True,
        timeout=120,
    )
    answer = json.loads(answer_file.read_text())
    assert answer["names"] == [p.name for p in table]
    for p, seen, (_, start) in zip(table, answer["sweep"], answer["start"], strict=True):
        assert (float(seen[0]), float(seen[-1])) == (p.low, p.high), p.name
        assert len(set(seen)) == (p.steps or 101), p.name
        assert p.default is None or p.default == float(start), p.name
    for i, state in zip(chosen, answer["presets"], strict=True):
        for p, (name, shown) in zip(table, state, strict=True):
            wanted = float(raw[i].get(p.name, p.default or 0.0))
            wanted = float(round(wanted)) if p.steps else wanted
            assert name == p.name
            assert float(shown) == pytest.approx(wanted, abs=2e-5 * (p.high - p.low)), p.name


def test_near_duplicates_of_the_banks_are_few(everything: PresetBank) -> None:
    first = near_duplicates(everything.unit)
    assert len(set(first.tolist())) == 3205
    assert np.bincount(first).max() == 5  # no chain joins what is unlike


# --- the readers


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(0, GRID), min_size=64, max_size=64))
def test_a_vital_preset_comes_back_exactly(
    tmp_path_factory: pytest.TempPathFactory, ticks: list[int]
) -> None:
    unit = VITAL.snap(np.array(ticks, np.float32) / np.float32(GRID))
    text = vital_text(VITAL.to_native(unit), "Füllung")
    path = tmp_path_factory.mktemp("vital") / "any.vital"
    path.write_text(text, encoding="utf-8")
    bank = read_presets(path, VITAL)
    assert bank.presets[0].name == "Füllung"
    assert bank.presets[0].source == "any.vital"
    assert np.array_equal(bank.unit[0], unit)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(0, 100), min_size=64, max_size=64))
def test_a_diva_preset_comes_back_to_the_digits_of_its_file(
    tmp_path_factory: pytest.TempPathFactory, percents: list[int]
) -> None:
    unit = np.array(percents, np.float32) / np.float32(100)
    path = tmp_path_factory.mktemp("diva") / "Pad.h2p"
    bank = read_presets(save(path, h2p_text(DIVA.to_native(unit))), DIVA)
    assert bank.presets[0].name == "Pad"
    assert np.abs(bank.unit[0] - unit).max() < 1e-3


def test_a_bank_of_any_age_comes_back(tmp_path: Path) -> None:
    for parameters in (36, 40, 41):
        path = save(tmp_path / f"{parameters}.bank", bank_text(11, parameters))
        for k, (name, native) in enumerate(read_bank(path)):
            assert name == f"sound {k}"
            rows = bank_parameters()
            assert [native[p.name] for p in rows[:parameters]] == pytest.approx(
                [k / 10] * parameters, abs=1e-5
            )
            for p in rows[parameters:]:
                assert p.default is not None
                assert native[p.name] == (p.default - p.low) / (p.high - p.low)


def test_diva_presets_may_lack_keys_and_hold_comments(tmp_path: Path) -> None:
    text = f"#cm=VCF1\nFreq=90.00 // half way\n//Res=1\n\nRes=25\n#cm=FX1\nModule='P'\n{MARKER}\n?"
    ((name, native),) = read_h2p(save(tmp_path / "old.h2p", text))
    assert (name, native) == ("old", {"VCF1: Frequency": 0.5, "VCF1: Resonance": 0.25})


# One public patch in both forms, where the two are not plainly x / 100: see preset_tables/diva-h2p.
@pytest.mark.parametrize(
    ("name", "value", "native"),
    [
        ("VCF1: Frequency", 150.0, 1.0),
        ("HPF: Frequency", 30.0, 0.0),
        ("VCF1: FilterFM", 0.0, 0.5),
        ("VCF1: FreqModDepth", 0.0, 0.5),
        ("LFO1: Rate", 0.0, 0.5),
        ("OSC: Shape1", 5.0, 0.5),
        ("OSC: Tune2", 0.0, 0.5),
        ("OSC: PWModDepth", 0.0, 0.5),
        ("Plate2: Size", 150.0, 0.75),
        ("VCA1: ModDepth", 0.0, 0.5),
    ],
)
def test_diva_keys_agree_with_a_patch_known_in_both_forms(
    name: str, value: float, native: float
) -> None:
    (row,) = [p for p in h2p_parameters() if p.name == name]
    assert (value - row.file_low) / (row.file_high - row.file_low) == native
    assert DIVA.template["controls"][name] == native


# --- projection


def test_values_beyond_the_ranges_go_to_their_ends() -> None:
    spec = fake_synth()
    native = {"level": 1e300, "brightness": -1e300, "octave": 0.4, "decay": 0.8}
    assert project(Preset("loud", "x", native), spec).tolist() == [1.0, 0.0, 0.5, 1.0]


def test_what_a_preset_lacks_is_the_templates_then_the_resting_value_then_the_low_end() -> None:
    parameters = (
        Parameter("fixed", "continuous", "", "", 0.0, 2.0, rest=0.5),
        Parameter("resting", "continuous", "", "", 0.0, 2.0, rest=0.5),
        Parameter("low", "continuous", "", "", 1.0, 2.0, rest=0.0),
        Parameter("given", "stepped", "", "", values=(3.0, 4.0, 5.0)),
        Parameter("first", "stepped", "", "", values=(3.0, 4.0, 5.0)),
    )
    template = {"controls": {"fixed": 1.5, "given": 3.0}}
    spec = SynthSpec("mine", 1, "fake", "", 22050, 1, NotePolicy(), template, parameters)
    unit = project(Preset("p", "x", {"given": 4.2}), spec)
    assert unit.tolist() == [0.75, 0.25, 0.0, 0.5, 0.0]


@pytest.mark.parametrize("name", ["vital-16", "diva-64", "surge-xt-32"])
def test_projection_undoes_to_native(name: str) -> None:
    spec = load_spec(name)
    for seed in range(20):
        unit = spec.snap(np.random.default_rng(seed).integers(0, GRID + 1, len(spec)) / GRID)
        back = project(Preset("p", "x", spec.to_native(unit)), spec)
        assert np.abs(back - unit).max() < 1e-6
        assert back.dtype == np.float32


def test_minus_zero_is_zero() -> None:
    unit = project(Preset("p", "x", {"env_1_attack": -0.0}), load_spec("vital-16"))
    assert not np.signbit(unit).any()


# --- folders


def test_every_order_of_writing_gives_the_same_bank(tmp_path: Path) -> None:
    rows = {f"{folder}{k}.vital": k / 10 for k in range(5) for folder in ("b/", "a/Ü/", "", "B/")}
    banks = []
    for seed in range(3):
        names = list(rows)
        random.Random(seed).shuffle(names)
        for name in names:
            text = vital_text({"level": 0.2 + 0.8 * rows[name], "decay": 0.1}, name)
            path = tmp_path / str(seed) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        banks.append(read_presets(tmp_path / str(seed), fake_synth()))
    for bank in banks:
        assert [p.source for p in bank.presets] == [f"{k}.vital" for k in range(5)]
        assert np.array_equal(bank.unit, banks[0].unit)
        assert len(bank) == len(bank.unit) == 5


def test_sources_are_relative_and_sorted_by_code_point(tmp_path: Path) -> None:
    for k, name in enumerate(["b/x.vital", "B/x.VITAL", "a.vital", "b.vital", "notes.txt"]):
        save(tmp_path / name, vital_text({"level": 0.2 + k / 10}))
    sources = [p.source for p in read_presets(tmp_path, fake_synth()).presets]
    assert sources == ["B/x.VITAL", "a.vital", "b.vital", "b/x.vital"]


def test_only_the_parameters_of_the_spec_are_kept(tmp_path: Path) -> None:
    path = save(tmp_path / "a.vital", vital_text({"level": 0.5, "unknown": 3.0}))
    assert read_presets(path, fake_synth()).presets[0].native == {"level": 0.5}


def test_a_damaged_file_loses_no_other_and_is_named(tmp_path: Path) -> None:
    save(tmp_path / "a.bank", bank_text())
    save(tmp_path / "b/cut.bank", bank_text()[:500])
    save(tmp_path / "c.vital", vital_text({"osc_1_level": 0.5}))
    save(tmp_path / "d.fxp", "CcnK")
    bank = read_presets(tmp_path, amsynth_spec())
    assert [p.source for p in bank.presets] == ["a.bank"] * 3
    assert [line.partition(":")[0] for line in bank.skipped] == ["b/cut.bank", "c.vital", "d.fxp"]
    assert "cut off" in bank.skipped[0]
    assert "sets no parameter of amsynth-41" in bank.skipped[1]
    assert "only the plugin can read" in bank.skipped[2]
    for name in ("b/cut.bank", "c.vital", "d.fxp"):
        with pytest.raises((StoreError, SpecError), match=Path(name).name):
            read_presets(tmp_path / name, amsynth_spec())


def test_states_are_read_through_the_plugin(tmp_path: Path) -> None:
    def read_state(path: Path) -> Mapping[str, float]:
        if path.stem == "refused":
            raise RenderError(f"{path.name}: the plugin refused it")
        return {"level": 0.2 + int(path.stem) / 10, "decay": np.nan if path.stem == "3" else 0.1}

    for name in ("1.fxp", "2.vstpreset", "3.fxp", "refused.fxp"):
        save(tmp_path / name, "state")
    bank = read_presets(tmp_path, fake_synth(), read_state)
    assert [p.name for p in bank.presets] == ["1", "2"]
    assert bank.unit[:, 0].tolist() == pytest.approx([0.125, 0.25])
    assert [line.partition(":")[0] for line in bank.skipped] == ["3.fxp", "refused.fxp"]


def test_one_table_of_formats_for_data_and_for_conversion() -> None:
    offered = {one.suffix.lower() for one in FORMATS}
    assert offered == {*READERS, *STATES, *RACKS}
    for one in FORMATS:
        if isinstance(one, ValueFormat) and one.suffix != ".fxp":  # read in it, not by the plugin
            assert READERS[one.suffix.lower()] is one.read


def test_single_presets_and_banks_of_vital_are_data_too(tmp_path: Path) -> None:
    single = bank_text(1).replace("amSynth\n", "amSynth1.0preset\n").replace("EOF\n", "")
    save(tmp_path / "one.amSynthPreset", single)
    assert len(read_presets(tmp_path, amsynth_spec())) == 1
    assert len(read_presets(tmp_path / "one.amSynthPreset", amsynth_spec())) == 1
    with zipfile.ZipFile(tmp_path / "mine.vitalbank", "w") as archive:
        for level in (0.1, 0.9):
            text = vital_text({"osc_1_level": level}, name=f"level {level}")
            archive.writestr(f"Mine/Presets/{level}.vital", text)
    bank = read_presets(tmp_path / "mine.vitalbank", VITAL)
    assert [preset.name for preset in bank.presets] == ["level 0.1", "level 0.9"]
    save(tmp_path / "rack.adg", "")
    with pytest.raises(StoreError, match=r"rack\.adg: .*preset convert rack\.adg"):
        read_presets(tmp_path / "rack.adg", VITAL)


def test_a_vital_bank_that_is_a_bomb_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.vitalbank"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.vital", b" " * (MAX_BYTES + 1))
    with pytest.raises(StoreError, match=r"bomb\.vitalbank, 'a\.vital' is too large"):
        read_presets(path, VITAL)


@pytest.mark.parametrize("mark", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_changes_nothing(tmp_path: Path, mark: str) -> None:
    for suffix, (text, spec) in HEALTHY.items():
        path = save(tmp_path / f"plain{suffix}", text)
        marked = tmp_path / f"marked{suffix}"
        marked.write_bytes(text.replace("\n", "\r\n").encode(mark))
        assert np.array_equal(read_presets(marked, spec).unit, read_presets(path, spec).unit)


def test_an_empty_folder_is_an_empty_bank_and_nothing_is_an_error(tmp_path: Path) -> None:
    bank = read_presets(tmp_path, fake_synth())
    assert len(bank) == 0
    assert bank.unit.shape == (0, 4)
    with pytest.raises(StoreError, match="absent"):
        read_presets(tmp_path / "absent", fake_synth())
    with pytest.raises(StoreError, match=r"notes\.txt.*\.vital"):
        read_presets(save(tmp_path / "notes.txt", ""), fake_synth())


# --- damage


@pytest.mark.parametrize(
    ("name", "text", "named"),
    [
        ("a.bank", "", "amsynth bank"),
        ("a.bank", "amSynth\nEOF extra", "line 2"),
        ("a.bank", "amSynth\n<parameter> amp_attack 1\nEOF", "line 2"),
        ("a.bank", "amSynth\n<preset> <name> x\n<parameter> amp_attack\nEOF", "line 3"),
        ("a.bank", "amSynth\n<preset> <name> x\n<parameter> amp_attack nan\nEOF", "'nan'"),
        ("a.bank", "amSynth\n<preset> <name> x\n<parameter> amp_attack 1\nEOF", "amp_decay"),
        ("a.bank", bank_text().replace("amp_decay", "amp_attack"), "amp_attack.*twice"),
        ("a.bank", bank_text().replace("EOF", "<parameter> wobble 1\nEOF"), "wobble"),
        ("a.bank", bank_text().replace("EOF", ""), "EOF"),
        ("a.vital", "{", "not JSON"),
        ("a.vital", "[" * 100_000, "not JSON"),
        ("a.vital", "[]", "settings"),
        ("a.vital", '{"settings": [1]}', "settings"),
        ("a.vital", '{"settings": {"amp_attack": 1e999}}', "amp_attack"),
        ("a.vital", '{"settings": {"amp_attack": 1' + "0" * 400 + "}}", "amp_attack"),
        ("a.vital", '{"settings": {"amp_attack": "1"}}', "sets no parameter"),
        ("a.h2p", "", "cut off"),
        ("a.h2p", f"#AM=Zebra2\n#cm=VCF1\nFreq=1\n{MARKER}", "Zebra2"),
        ("a.h2p", f"#cm=VCF1\nFreq\n{MARKER}", "line 2"),
        ("a.h2p", f"#cm=VCF1\nFreq=high\n{MARKER}", r"VCF1\.Freq.*'high'"),
        ("a.h2p", f"#cm=main\nCcOp=1\n{MARKER}", "no parameter that a Diva spec learns"),
    ],
)
def test_damage_names_the_file_and_the_place(
    tmp_path: Path, name: str, text: str, named: str
) -> None:
    with pytest.raises((StoreError, SpecError), match=rf"a\..*{named}"):
        read_presets(save(tmp_path / name, text), amsynth_spec())


# --- values that a spec cannot take


def test_a_value_outside_the_learned_range_is_named(tmp_path: Path) -> None:
    text = vital_text({"osc_1_transpose": -5, "filter_1_cutoff": 20, "env_1_attack": 1.6})
    bank = read_presets(save(tmp_path / "mine.vital", text), VITAL)
    assert (len(bank), bank.changed) == (1, 1)
    assert replaced(bank.presets[0], VITAL) == {
        "osc_1_transpose": "-5 becomes 0 (steps -24, -12, 0, 7, 12, 24)",
        "filter_1_cutoff": "20 becomes 28 (range 28 to 128)",
        "env_1_attack": "1.6 becomes 1.2 (range 0 to 1.2)",
    }


def test_a_preset_within_the_ranges_has_no_warning(tmp_path: Path) -> None:
    unit = VITAL.snap(np.random.default_rng(2).random(len(VITAL)))
    bank = read_presets(save(tmp_path / "mine.vital", vital_text(VITAL.to_native(unit))), VITAL)
    assert bank.changed == 0


def test_a_file_that_is_too_big_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("datasets.foreign_files.MAX_BYTES", 2**20)
    path = save(tmp_path / "a.vital", " " * (2**20 + 1))
    with pytest.raises(StoreError, match="1 MB"):
        read_presets(path, VITAL)


HEALTHY = {
    ".bank": (bank_text(2), amsynth_spec()),
    ".vital": (vital_text(VITAL.to_native(np.zeros(64))), VITAL),
    ".h2p": (h2p_text(DIVA.to_native(np.full(64, 0.5))), DIVA),
}


@pytest.mark.parametrize("suffix", HEALTHY)
def test_a_file_cut_anywhere_is_refused_or_whole(tmp_path: Path, suffix: str) -> None:
    text, spec = HEALTHY[suffix]
    whole = read_presets(save(tmp_path / f"whole{suffix}", text), spec).unit
    cuts = {*range(0, len(text), max(1, len(text) // 150)), *range(len(text) - 40, len(text))}
    for cut in sorted(cuts):
        try:
            found = read_presets(save(tmp_path / f"cut{suffix}", text[:cut]), spec).unit
        except (StoreError, SpecError) as error:
            assert f"cut{suffix}" in str(error)
        else:
            assert np.array_equal(found, whole), cut


@pytest.mark.parametrize("suffix", HEALTHY)
@files_may_be_reused
@given(data=st.data())
def test_a_damaged_file_never_raises_another_error(
    tmp_path: Path, suffix: str, data: st.DataObject
) -> None:
    text, spec = HEALTHY[suffix]
    content = bytearray(text.encode())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content)))
        length = data.draw(st.integers(0, 40))
        content[at : at + length] = data.draw(st.binary(max_size=12))
    path = tmp_path / f"damaged{suffix}"
    path.write_bytes(bytes(content))
    check_reads_or_refuses(path, spec)


@pytest.mark.parametrize("suffix", HEALTHY)
@files_may_be_reused
@given(content=st.one_of(st.binary(max_size=300), st.text(max_size=200).map(str.encode)))
@example(content=b'{"settings": {"osc_1_level": NaN}}')
@example(content=b"\xff\xfe\x00")
def test_any_bytes_are_read_or_refused(tmp_path: Path, suffix: str, content: bytes) -> None:
    path = tmp_path / f"any{suffix}"
    path.write_bytes(content)
    check_reads_or_refuses(path, HEALTHY[suffix][1])


def check_reads_or_refuses(path: Path, spec: SynthSpec) -> None:
    try:
        bank = read_presets(path, spec)
    except PatchwrightError as error:
        assert path.name in str(error)
        return
    assert np.isfinite(bank.unit).all()
    assert np.array_equal(spec.snap(bank.unit), bank.unit)


# --- near-duplicates


def brute_force_groups(unit: FloatArray) -> list[int]:
    """The first row of each row's group, by walking every pair."""
    group = list(range(len(unit)))
    grid = np.rint(unit * np.float64(GRID)) / GRID
    for a, b in itertools.combinations(range(len(unit)), 2):
        if np.sqrt(np.mean(np.square(grid[a] - grid[b]))) < NEAR:
            old, new = max(group[a], group[b]), min(group[a], group[b])
            group = [new if g == old else g for g in group]
    return group


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10_000), st.integers(1, 40), st.integers(1, 30))
def test_groups_are_what_near_pairs_connect(seed: int, count: int, width: int) -> None:
    generator = np.random.default_rng(seed)
    centres = generator.random((4, width))
    spread = centres[generator.integers(4, size=count)] + generator.normal(0, 0.04, (count, width))
    # On the grid, where both ways of counting see exactly the same distances.
    unit = (np.rint(np.clip(spread, 0, 1) * GRID) / GRID).astype(np.float32)
    assert near_duplicates(unit).tolist() == brute_force_groups(unit)


@pytest.mark.parametrize(("difference", "groups"), [(0.0399, [0, 0]), (0.0401, [0, 1])])
def test_near_is_an_rms_of_a_twenty_fifth(difference: float, groups: list[int]) -> None:
    for width in (1, 4, 16):
        everywhere = np.full((2, width), 0.5, np.float32)
        everywhere[1] += difference
        assert near_duplicates(everywhere).tolist() == groups
        once = np.full((2, width), 0.5, np.float32)
        once[1, 0] += difference * np.sqrt(width)
        assert near_duplicates(once).tolist() == groups


def test_no_preset_and_one_preset_have_groups_too() -> None:
    assert near_duplicates(np.zeros((0, 3), np.float32)).tolist() == []
    assert near_duplicates(np.zeros((1, 3), np.float32)).tolist() == [0]


# --- the specs of plugins that are not at hand


def test_divas_three_sizes_are_the_papers() -> None:
    small, middle, big = (load_spec(f"diva-{size}") for size in (16, 32, 64))
    assert [len(spec) for spec in (small, middle, big)] == [16, 32, 64]
    assert big.parameters[:32] == middle.parameters
    assert "OSC: OscMix" in small.names and "OSC: OscMix" not in middle.names
    assert set(small.names) <= set(big.names)
    for spec in (small, middle, big):
        assert spec.template["controls"] == big.template["controls"]
        assert len(spec.template["controls"]) == 281
        assert [p.rest for p in spec.parameters] == [
            spec.template["controls"][name] for name in spec.names
        ]
        assert set(spec.names) <= {p.name for p in h2p_parameters()}


@pytest.mark.parametrize("name", ["diva-16", "diva-32", "diva-64", "surge-xt-32"])
def test_specs_without_their_plugin_say_so_and_are_normalised(name: str) -> None:
    spec = load_spec(name)
    assert "not tried on the plugin" in spec.description
    assert spec.plugin and spec.template["presets"]
    assert all(0 <= value <= 1 for value in spec.template["controls"].values())
    for p in spec.parameters:
        ends = p.values or (p.low, p.high)
        assert 0 <= min(ends) <= p.rest <= max(ends) <= 1, p.name
        assert len(p.labels) == len(p.values), p.name
    assert len(spec) == int(name.rpartition("-")[2])
