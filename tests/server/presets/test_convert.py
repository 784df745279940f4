"""patchwright preset, at the front door: formats into each other, and what is refused."""

import itertools
import json
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

import patchwright
from datasets.errors import StoreError
from datasets.preset_files import read_bank, read_h2p, read_vital
from datasets.spec import SynthSpec, load_spec
from plugin_bridge.preset_files import amsynth as amsynth_files
from plugin_bridge.preset_files import diva, vital, vst3
from plugin_bridge.preset_files.registry import (
    FORMATS,
    UNVERIFIED,
    ValueFormat,
    format_of,
    standing,
)
from plugin_bridge.preset_files.state import PluginState
from renderer.workers.pool import RenderPool
from server.presets.convert import Conversion, convert, fitting, what_is_left_out
from tests import ROOT
from tests.plugin_bridge.preset_files.test_formats import NEKOBI, apart, drawn, vital_base
from tests.plugin_bridge.preset_files.test_fuzz import good
from tests.plugin_bridge.preset_files.test_surge import WINDOW, patch
from tests.programs.real_plugins import amsynth, nekobi
from tests.renderer.workers.test_state_reader import Save, hosted

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """`patchwright preset ...`: exit code, stdout, stderr."""

    def command(*arguments: str | Path) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["patchwright", "preset", *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            patchwright.main()
            raise SystemExit(0)  # where the command just returns
        said = capsys.readouterr()
        return int(stopped.value.code or 0), said.out.strip(), said.err.strip()

    return command


@pytest.fixture
def bank(tmp_path: Path) -> Path:
    """Three presets of amsynth."""
    path = tmp_path / "three.bank"
    presets = drawn(load_spec("amsynth-34"), 3, fixed=True)
    path.write_bytes(amsynth_files.write_bank(presets))
    return path


def test_a_preset_goes_through_every_amsynth_format(run: Run, bank: Path, tmp_path: Path) -> None:
    files = [tmp_path / f"x{suffix}" for suffix in (".fxp", ".amSynthPreset", ".bank")]
    for source, out in zip([bank, *files], files, strict=False):
        chosen = ("--preset", "drawn 1") if source == bank else ()
        code, said, _ = run("convert", source, "--model", "amsynth-34", "--out", out, *chosen)
        assert code == 0 and said.startswith(f"wrote {out}: amsynth-")
    (last,) = read_bank(files[-1])
    first = read_bank(bank)[1]
    assert last[0] == "drawn 1"
    assert apart(load_spec("amsynth-34"), first, last) < 1e-6


def test_formats_say_what_is_unverified(run: Run) -> None:
    code, table, _ = run("formats")
    rows = table.splitlines()[1:]
    assert code == 0
    assert [row.split()[0] for row in rows] == [f.name for f in FORMATS]
    for row, preset_format in zip(rows, FORMATS, strict=True):
        assert row.endswith(standing(preset_format))
    assert table.count(UNVERIFIED) == 4


def test_what_was_never_tried_says_so_when_it_is_written(run: Run, tmp_path: Path) -> None:
    source, out = tmp_path / "a.h2p", tmp_path / "b.h2p"
    preset = drawn(load_spec("diva-32"), 1)[0]
    source.write_bytes(diva.write_h2p(preset) + b"tail of the source")
    code, said, _ = run("convert", source, "--model", "diva-32", "--out", out)
    assert code == 0 and said == f"wrote {out}: diva-h2p ({UNVERIFIED})"
    assert out.read_bytes().endswith(b"tail of the source")  # it is written over itself
    assert apart(load_spec("diva-32"), preset, read_h2p(out)[0]) < 1e-6


@pytest.mark.parametrize(("osc", "revision"), [("0", "22"), ("6", "22"), ("0", "11")])
def test_a_surge_patch_to_itself_is_a_copy(
    run: Run, tmp_path: Path, osc: str, revision: str
) -> None:
    source, out = tmp_path / "a.fxp", tmp_path / "b.fxp"
    source.write_bytes(patch(WINDOW | {"a_osc1_type": osc}, revision))
    code, said, _ = run("convert", source, "--model", "surge-xt-32", "--out", out)
    assert code == 0 and said == f"wrote {out}: surge-fxp ({UNVERIFIED})"
    assert out.read_bytes() == source.read_bytes()


@pytest.mark.parametrize("name", [f.name for f in FORMATS if f.writable])
def test_every_format_to_itself_is_a_copy(run: Run, tmp_path: Path, name: str) -> None:
    (preset_format,) = (f for f in FORMATS if f.name == name)
    models = {"Vital": "vital-16", "amsynth": "amsynth-34", "Diva": "diva-16"}
    model = models.get(preset_format.synth, "surge-xt-32")
    source, out = tmp_path / f"a{preset_format.suffix}", tmp_path / f"b{preset_format.suffix}"
    source.write_bytes(good(name))
    wanted = ("convert", source, "--model", model, "--out", out, "--from", name, "--to", name)
    code, _, said = run(*wanted)
    assert code == 0, said
    assert out.read_bytes() == source.read_bytes()


def test_a_tuning_goes_through_every_amsynth_format(run: Run, bank: Path, tmp_path: Path) -> None:
    files = [tmp_path / f"x{suffix}" for suffix in (".amSynthPreset", ".fxp", ".bank")]
    tuned = b"<property> tuning_scl_file /home/me/my scale.scl\n"
    (preset, *_) = read_bank(bank)
    files[0].write_bytes(amsynth_files.write_single(preset) + tuned)
    for source, out in itertools.pairwise(files):
        assert run("convert", source, "--model", "amsynth-34", "--out", out)[0] == 0
        assert tuned in out.read_bytes()


def test_a_preset_of_a_vital_bank_keeps_its_wavetables(run: Run, tmp_path: Path) -> None:
    spec = load_spec("vital-16")
    source, out = tmp_path / "mine.vitalbank", tmp_path / "one.vital"
    with zipfile.ZipFile(source, "w") as archive:
        for number, preset in enumerate(drawn(spec, 3)):
            base = json.loads(vital.write_vital((f"sound {number}", preset[1]), vital_base(spec)))
            base["settings"]["lfos"][0]["name"] = f"curve {number}"
            archive.writestr(f"Mine/Presets/{number}.vital", json.dumps(base))
    wanted = ("convert", source, "--model", "vital-16", "--out", out)
    assert run(*wanted, "--preset", "sound 1")[0] == 0
    assert json.loads(out.read_bytes())["settings"]["lfos"][0]["name"] == "curve 1"
    code, _, said = run(*wanted)
    assert code == 2 and "3 presets, but the written format holds one" in said
    code, _, said = run("convert", out, "--model", "vital-16", "--out", tmp_path / "x.vitalbank")
    assert code == 2 and said == "error: x.vitalbank: vital-bank files can only be read"


def test_vital_files_keep_what_is_no_parameter(run: Run, tmp_path: Path) -> None:
    spec = load_spec("vital-32")
    base = json.loads(vital_base(spec))
    base["settings"]["lfos"][0]["name"] = "the player's own"
    source, over, out = (tmp_path / name for name in ("a.vital", "over.vital", "b.vital"))
    preset = drawn(spec, 1)[0]
    source.write_bytes(vital.write_vital(preset, vital_base(spec)))
    over.write_text(json.dumps(base))
    assert run("convert", source, "--model", "vital-32", "--out", out, "--over", over)[0] == 0
    written = json.loads(out.read_bytes())
    assert written["settings"]["lfos"][0]["name"] == "the player's own"
    assert {k: read_vital(out)[0][1][k] for k in preset[1]} == preset[1]


def test_what_cannot_be_written_over_is_named(run: Run, bank: Path, tmp_path: Path) -> None:
    source = tmp_path / "a.vital"
    base = vital_base(load_spec("vital-16"))
    source.write_bytes(vital.write_vital(drawn(load_spec("vital-16"), 1)[0], base))
    wanted = ("convert", source, "--model", "vital-16", "--out", tmp_path / "b.vital")
    code, _, said = run(*wanted, "--over", bank)
    assert code == 2 and said.startswith("error: three.bank: the base file is not a Vital preset")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ["three.bank", "--out", "x.fxp"],
            "holds one. Choose with --preset",
        ),
        (["three.bank", "--out", "x.fxp", "--preset", "9"], "no preset '9'"),
        (["three.bank", "--out", "x.vital"], "x.vital is not a preset format for amsynth"),
        (["three.bank", "--out", "x.adg", "--preset", "1", "--to", "nonsense"], "nonsense is no"),
        (["absent.bank", "--out", "x.fxp"], "cannot be read"),
        (["short.bank", "--out", "x.fxp"], "short.bank, line 13"),
        (["three.bank", "--out", "y.bank", "--over", "short.bank"], "short.bank: the base file"),
        (["three.bank", "--out", "nowhere/x.bank"], "nowhere"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_writes_nothing(
    run: Run, bank: Path, tmp_path: Path, arguments: list[str], words: str
) -> None:
    (tmp_path / "short.bank").write_bytes(bank.read_bytes()[:400])
    (tmp_path / "x.fxp").write_bytes(b"what was here before")
    files = [tmp_path / a if "." in a and not a.startswith("-") else a for a in arguments]
    code, _, said = run("convert", *files, "--model", "amsynth-34")
    assert code == 2 and said.startswith("error: ") and words in said
    assert len(said.splitlines()) == 1
    assert (tmp_path / "x.fxp").read_bytes() == b"what was here before"
    assert {p.name for p in tmp_path.iterdir()} == {"three.bank", "short.bank", "x.fxp"}


def test_an_unknown_model_is_named(run: Run, bank: Path) -> None:
    code, _, said = run("convert", bank, "--model", "absent", "--out", bank.with_suffix(".fxp"))
    assert code == 2 and "'absent': no such model" in said


def test_a_state_goes_into_a_live_rack_and_back_without_its_plugin(
    run: Run, tmp_path: Path
) -> None:
    source, rack, again = (tmp_path / n for n in ("a.vstpreset", "a.adg", "b.vstpreset"))
    content = vst3.write_vstpreset(PluginState("", "vst3", NEKOBI, b"patch", b"window"))
    source.write_bytes(content)
    code, said, _ = run("convert", source, "--model", "nekobi-8", "--out", rack)
    assert code == 0 and said.endswith(f"live-rack ({UNVERIFIED})")
    assert run("convert", rack, "--model", "nekobi-8", "--out", again)[0] == 0
    assert again.read_bytes() == content
    out = again.with_suffix(".fxp")
    code, _, said = run("convert", rack, "--model", "nekobi-8", "--out", out)
    assert code == 2 and "vst3 state cannot be written as .fxp" in said


def spec_file(spec: SynthSpec, plugin: Path, folder: Path) -> Path:
    """A spec of the user's own that names a plugin's file."""
    path = folder / "mine.toml"
    path.write_text(f'extends = "{spec.name}"\nplugin = ["{plugin}"]\n')
    (folder / f"{spec.name}.toml").write_bytes(
        (ROOT / "datasets" / "synths" / f"{spec.name}.toml").read_bytes()
    )
    return path


def test_the_plugin_converts_between_values_and_states(bank: Path, tmp_path: Path) -> None:
    amsynth()
    state, again = tmp_path / "state.fxp", tmp_path / "again.bank"
    there = Conversion(bank, state, "amsynth-16", preset="2", writes="vst2-fxp")
    assert convert(there) == f"wrote {state}: vst2-fxp"
    back = Conversion(state, again, "amsynth-16", reads="vst2-fxp")
    assert convert(back) == f"wrote {again}: amsynth-bank"
    (read,), wanted = read_bank(again), read_bank(bank)[1]
    assert read[0] == "drawn 1"
    assert max(abs(read[1][key] - value) for key, value in wanted[1].items()) < 4e-6


def test_a_plugins_own_state_is_converted(tmp_path: Path) -> None:
    spec = hosted("nekobi-8", nekobi(), "pedalboard")
    model = spec_file(spec, nekobi(), tmp_path)
    unit = drawn(spec, 1)[0][1]
    with RenderPool(spec, 1, "process") as pool:
        content = pool.ask(Save(spec.from_native(unit)))
    source, out = tmp_path / "saved.vstpreset", tmp_path / "out.adg"
    source.write_bytes(content)
    convert(Conversion(source, out, str(model)))
    convert(Conversion(out, tmp_path / "back.vstpreset", str(model)))
    assert (tmp_path / "back.vstpreset").read_bytes() == content


def test_what_has_no_place_is_left_out_and_counted() -> None:
    """Convert as if Diva or Surge named all their parameters: neither is installed here."""
    writer = format_of(Path("x.h2p"), "Diva")
    assert isinstance(writer, ValueFormat)
    whole = ("x", {"ENV1: Attack": 0.5, "OPT: Voices": 1.0, "OPT: Stack": 0.0})
    kept = fitting(whole, writer)
    assert kept == ("x", {"ENV1: Attack": 0.5})
    assert what_is_left_out(whole, kept).startswith(", without 2 of 3 parameters")
    assert what_is_left_out(kept, kept) == ""
    with pytest.raises(StoreError, match="none of its parameters fits diva-h2p"):
        fitting(("x", {"wobble": 1.0}), writer)


def test_a_state_is_never_written_over_another(bank: Path, tmp_path: Path) -> None:
    wanted = Conversion(bank, tmp_path / "x.vstpreset", "amsynth-16", preset="1", over=bank)
    with pytest.raises(StoreError, match="--over"):
        convert(wanted)


def test_the_page_lists_every_format() -> None:
    page = (ROOT / "docs" / "guides" / "presets.md").read_text(encoding="utf-8")
    for preset_format in FORMATS:
        rows = [line for line in page.splitlines() if line.startswith(f"| `{preset_format.name}`")]
        assert len(rows) == 1, preset_format.name
        assert f"`{preset_format.suffix}`" in rows[0]
        assert ("unverified" in rows[0]) == (not preset_format.verified)
