"""Files of other programs: one reader for all, whatever mark stands before the text."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from datasets.errors import PatchwrightError, SpecError, StoreError
from datasets.foreign_files import file_content, parse_json, read_toml
from datasets.preset_files import bank_parameters
from datasets.recipe import load_recipe
from datasets.spec import SYNTHS, SynthSpec, load_spec
from plugin_bridge.midi.map import read_midi_map
from plugin_bridge.sync.parameter_maps import MAPS, read_map
from server.config import read_config
from server.presets.export_file import exported, imported
from server.presets.saved_preset import SavedPreset
from tests import ROOT

HUMAN = 'source = [{ kind = "presets", weight = 1.0, path = "mine.bank" }]'


def bank_of_amsynth(folder: Path) -> Path:
    """A bank with one preset in the folder of a recipe."""
    path = folder / "mine.bank"
    rows = [f"<parameter> {one.name} {one.low}" for one in bank_parameters()]
    path.write_text("\n".join(["amSynth", "<preset> <name> x", *rows, "EOF", ""]))
    return path


def recipe(path: Path) -> object:
    bank_of_amsynth(path.parent)
    return load_recipe(path, load_spec("amsynth-34")).digest()


def presets_of(path: Path) -> object:
    return imported(path.read_bytes())


@cache
def exported_text() -> str:
    spec: SynthSpec = load_spec("amsynth-16")
    kept = SavedPreset.new(spec, spec.snap([0.5] * len(spec)), "ä")
    return exported([kept]).decode()


# Each kind of text file that comes from elsewhere: its text, and what reads it.
TEXTS: dict[str, tuple[Callable[[], str], Callable[[Path], object]]] = {
    "spec": (lambda: (SYNTHS / "nekobi-8.toml").read_text(encoding="utf-8"), load_spec),
    "recipe": (lambda: HUMAN, recipe),
    "OSC map": (lambda: (MAPS / "amsynth.toml").read_text(encoding="utf-8"), read_map),
    "MIDI map": (lambda: (MAPS / "amsynth.toml").read_text(encoding="utf-8"), read_midi_map),
    "options": (lambda: 'model = "amsynth-34"', lambda path: read_config(path, {"model"})),
    "presets": (exported_text, presets_of),
}


@pytest.mark.parametrize("kind", TEXTS)
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be"])
def test_a_byte_order_mark_changes_nothing(tmp_path: Path, kind: str, encoding: str) -> None:
    make, read = TEXTS[kind]
    plain, marked = tmp_path / "plain.toml", tmp_path / "marked.toml"
    plain.write_text(make(), encoding="utf-8")
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    marked.write_bytes((mark + make()).encode(encoding))
    assert read(marked) == read(plain)


@pytest.mark.parametrize(("content", "word"), [(b"a = \xff", "not valid TOML"), (b"[" * 9, "TOML")])
def test_toml_errors_have_the_callers_class(tmp_path: Path, content: bytes, word: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(content)
    with pytest.raises(SpecError, match=f"spec mine.toml.*{word}"):
        read_toml(path, SpecError, "spec mine.toml")
    with pytest.raises(SpecError, match="cannot be read"):
        read_toml(tmp_path, SpecError, "spec")


def test_a_file_without_an_end_is_refused() -> None:
    with pytest.raises(StoreError, match="zero is not a preset file: it has over 1 MB"):
        file_content(Path("/dev/zero"), 2**20)


def test_json_is_bounded() -> None:
    with pytest.raises(StoreError, match="x: it has over 1000000 items"):
        parse_json(b"[" + b"0," * 1_000_001 + b"0]", "x")


def test_only_this_module_reads_foreign_toml() -> None:
    """A reader with its own ``tomllib.loads`` would forget the mark again."""
    rooms = ("datasets", "renderer", "models", "plugin_bridge", "server")
    own = {"datasets/foreign_files.py", "plugin_bridge/sync/host_parameters.py"}  # shipped table
    found = {
        path.relative_to(ROOT).as_posix()
        for room in rooms
        for path in (ROOT / room).rglob("*.py")
        if "tomllib" in path.read_text(encoding="utf-8")
    }
    assert found == own
    assert issubclass(SpecError, PatchwrightError)
