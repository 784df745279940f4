"""Plugin files and parameter names: found where they should be, addressed without confusion."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from datasets.errors import RenderError, SpecError
from renderer.engines.dawdreamer import DawDreamerEngine
from renderer.plugins.locate import (
    MIDI_PARAMETER,
    SUFFIXES,
    file_hash,
    find_plugin,
    numbered,
    position_of,
    standard_folders,
    with_unit,
)
from tests.programs.real_plugins import nekobi
from tests.renderer.workers.test_state_reader import hosted

NAMES = st.lists(
    st.sampled_from(["A", "a", "A#2", "A#3", "", " ", "MIDI CC 7", "MIDI Ch. 1 CC 2", "Level"])
)
Make = Callable[..., Path]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user without plugins."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    monkeypatch.delenv("PATCHWRIGHT_PLUGINS", raising=False)
    return tmp_path / "home"


def plugin(folder: Path, name: str, content: bytes = b"code") -> Path:
    """A plugin of one file."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)
    return folder / name


def bundle(folder: Path, name: str, content: bytes = b"code", library: str = "lib.so") -> Path:
    """A plugin that is a folder, as VST3 wants it."""
    plugin(folder / name / "Contents" / "x86_64-linux", library, content)
    plugin(folder / name / "Contents" / "Resources", "moduleinfo.json", b"{}")
    return folder / name


def search_in(monkeypatch: pytest.MonkeyPatch, *folders: Path) -> None:
    monkeypatch.setenv("PATCHWRIGHT_PLUGINS", os.pathsep.join(map(str, folders)))


def test_a_path_is_taken_as_it_is(home: Path, tmp_path: Path) -> None:
    for suffix in SUFFIXES:
        made = plugin(tmp_path / "any", f"Synth{suffix}")
        assert find_plugin([str(made)]) == made.resolve()
    folder = bundle(tmp_path / "any", "Bundle.vst3")
    assert find_plugin([str(folder)]) == folder.resolve()
    own = plugin(home, "Own.so")
    assert find_plugin(["~/Own.so"]) == own.resolve()


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    "inner",
    ["x86_64-linux/Synth.so", "x86_64-win/Synth.vst3", "MacOS/Synth", "Resources/icon.png", ""],
)
def test_a_file_in_a_bundle_means_the_bundle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, inner: str
) -> None:
    made = bundle(tmp_path / "any", "Synth.vst3")
    given = made / "Contents" / inner
    if inner:
        plugin(given.parent, given.name)
    assert find_plugin([str(given)]) == made.resolve()
    monkeypatch.chdir(tmp_path)
    assert find_plugin([str(given.relative_to(tmp_path))]) == made.resolve()
    lonely = plugin(tmp_path / "Contents.vst3", "Synth.so")  # not within Contents: no bundle
    assert find_plugin([str(lonely)]) == lonely.resolve()


def test_the_code_in_a_real_bundle_is_loaded_as_its_plugin() -> None:
    (code,) = nekobi().glob("Contents/*/*.so")
    spec = hosted("nekobi-8", code, "dawdreamer")
    engine = DawDreamerEngine(spec)
    assert engine.preset_suffix == ".vstpreset"
    assert {name for name in spec.names} <= engine.read().keys()


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("make", [plugin, bundle])
def test_a_stem_is_searched_below_the_folders_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Make
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    deep = make(second / "maker" / "synths", "Wanted.vst3")
    search_in(monkeypatch, tmp_path / "absent", first, second)
    assert standard_folders()[:3] == [tmp_path / "absent", first, second]
    assert find_plugin(["Wanted"]) == deep.resolve()
    near = make(first, "Wanted.vst3")
    assert find_plugin(["Wanted"]) == near.resolve(), "the folder named first comes first"


def test_the_environment_comes_before_the_platforms_folders(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = next(folder for folder in standard_folders() if home in folder.parents)
    usual = plugin(kind, "Wanted.vst3")
    assert find_plugin(["Wanted"]) == usual.resolve()
    own = plugin(tmp_path / "own", "Wanted.so")
    search_in(monkeypatch, tmp_path / "own")
    assert find_plugin(["Wanted"]) == own.resolve()


@pytest.mark.usefixtures("home")
def test_the_first_name_that_exists_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    search_in(monkeypatch, tmp_path)
    second, third = plugin(tmp_path, "Second.so"), plugin(tmp_path, "Third.so")
    assert find_plugin(["First", "Second", "Third"]) == second.resolve()
    assert find_plugin([str(tmp_path / "First.so"), "Third", "Second"]) == third.resolve()


@pytest.mark.usefixtures("home")
def test_a_bundle_is_not_descended_into(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    search_in(monkeypatch, tmp_path)
    for suffix in (".vst3", ".vst", ".component"):
        bundle(tmp_path, f"Outer{suffix}", library="Inner.so")
    with pytest.raises(RenderError, match="Inner: no plugin found"):
        find_plugin(["Inner"])


@pytest.mark.usefixtures("home")
def test_other_files_of_the_name_are_no_plugins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    search_in(monkeypatch, tmp_path)
    plugin(tmp_path, "Synth.txt")
    plugin(tmp_path, "Synth")
    plugin(tmp_path, "Synthesizer.so")
    with pytest.raises(RenderError, match="Synth: no plugin found in"):
        find_plugin(["Synth"])
    with pytest.raises(RenderError, match=r"Synth\.txt: no plugin found in"):
        find_plugin([str(tmp_path / "Synth.txt")])


@pytest.mark.usefixtures("home")
def test_what_is_missing_tells_where_we_looked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    search_in(monkeypatch, tmp_path / "mine")
    with pytest.raises(RenderError, match="This or That: no plugin found in ") as caught:
        find_plugin(["This", "That"])
    for folder in standard_folders():
        assert str(folder) in str(caught.value)
    assert "PATCHWRIGHT_PLUGINS" in str(caught.value)
    with pytest.raises(RenderError, match="no name given"):
        find_plugin([])


def test_one_file_is_hashed_by_name_and_content(tmp_path: Path) -> None:
    first = plugin(tmp_path / "a", "Synth.so", b"code")
    hashes = [
        file_hash(first),
        file_hash(plugin(tmp_path / "b", "Synth.so", b"code")),  # the same elsewhere
        file_hash(plugin(tmp_path / "c", "Synth.so", b"other")),
        file_hash(plugin(tmp_path / "d", "Other.so", b"code")),
    ]
    assert all(len(found) == 64 and int(found, 16) for found in hashes)
    assert hashes[0] == hashes[1]
    assert len(set(hashes)) == 3
    os.utime(first, (0, 0))
    file_hash.cache_clear()
    assert file_hash(first) == hashes[0], "a date is no content"


def test_a_bundle_is_hashed_over_all_its_files(tmp_path: Path) -> None:
    same = [file_hash(bundle(tmp_path / folder, "Synth.vst3")) for folder in "ab"]
    assert same[0] == same[1]
    changed = bundle(tmp_path / "c", "Synth.vst3", b"cod3")
    renamed = bundle(tmp_path / "d", "Synth.vst3", library="bil.so")
    richer = bundle(tmp_path / "e", "Synth.vst3")
    plugin(richer / "Contents" / "Resources", "Presets.bin", b"")
    assert len({same[0], *map(file_hash, (changed, renamed, richer))}) == 4


def test_a_changed_plugin_has_another_hash(tmp_path: Path) -> None:
    made = bundle(tmp_path, "Synth.vst3")
    before = file_hash(made)
    plugin(made / "Contents" / "x86_64-linux", "lib.so", b"an update")
    file_hash.cache_clear()  # a worker is a new process: it looks again
    assert file_hash(made) != before


def test_later_ones_of_a_name_are_numbered() -> None:
    names = ["Level", "Pan", "Level", "", "  ", "Level", "MIDI CC 64", "MIDI Ch. 3 Aftertouch", "X"]
    assert numbered(names) == {"Level": 0, "Pan": 1, "Level#2": 2, "Level#3": 5, "X": 8}
    assert numbered([]) == {}


@given(NAMES)
@example(["A", "A", "A#2"])
@example(["A#2", "A", "A"])
def test_every_knob_has_one_name_of_its_own(names: list[str]) -> None:
    positions = numbered(names)
    knobs = [i for i, name in enumerate(names) if name.strip() and not MIDI_PARAMETER.match(name)]
    assert list(positions.values()) == knobs
    for name, position in positions.items():
        assert name == names[position] or name.startswith(f"{names[position]}#")


@pytest.mark.parametrize(
    "name", ["MIDI CC 0", "midi cc 127|1", "MIDI Ch. 1 CC 7", "MIDI Ch. 16 Pitch", "MIDI Ch.2 X"]
)
def test_midi_controllers_are_no_knobs(name: str) -> None:
    assert numbered([name]) == {}


@pytest.mark.parametrize("name", ["MIDI Velocity", "MIDI", "Osc MIDI CC 1", "MIDI Channel"])
def test_knobs_that_speak_of_midi_stay(name: str) -> None:
    assert numbered([name]) == {name: 0}


def test_a_name_that_is_nowhere_is_told_with_a_hint() -> None:
    known, path = {"Cutoff": 3, "Level#2": 5}, Path("any/Synth.vst3")
    assert position_of("Cutoff", known, path) == 3
    assert position_of("Level#2", known, path) == 5
    with pytest.raises(
        SpecError, match=r"'cutoff': Synth\.vst3 has none of that name\. .*'Cutoff'\?"
    ):
        position_of("cutoff", known, path)
    with pytest.raises(SpecError, match=r"'Resonance': .*patchwright scan Synth\.vst3 lists them"):
        position_of("Resonance", known, path)


@pytest.mark.parametrize(
    ("text", "label", "shown"),
    [
        ("0.5", "s", "0.5 s"),
        ("0.5 s", "s", "0.5 s"),
        ("50%", "%", "50%"),
        (" Square ", "", "Square"),
        ("Square", "  ", "Square"),
        ("-6.0", " dB ", "-6.0 dB"),
    ],
)
def test_a_text_ends_in_its_unit_once(text: str, label: str, shown: str) -> None:
    assert with_unit(text, label) == shown
    assert with_unit(shown, label) == shown
