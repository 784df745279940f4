"""Check that the bridge accepts the mapping files on its pages."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from datasets.spec import load_spec
from plugin_bridge.midi.map import read_midi_map
from plugin_bridge.osc.generic import open_generic
from plugin_bridge.osc.surge import surge_wires
from plugin_bridge.sync.parameter_maps import MAPS
from tests import ROOT
from tests.programs.osc_program import Program

PAGES = ROOT / "docs" / "guides"


def shown(page: str) -> str:
    """Return the only TOML file on a page."""
    text = (PAGES / page).read_text(encoding="utf-8")
    (toml,) = re.findall(r"```toml\n(.*?)```", text, flags=re.DOTALL)
    return str(toml)


def test_the_osc_page_shows_a_file_that_reaches_parameters_of_the_model(tmp_path: Path) -> None:
    program = Program()
    path = tmp_path / "mine.toml"
    path.write_text(
        shown("osc.md").replace("57120", str(program.port)).replace("57121", "0"), encoding="utf-8"
    )
    names = load_spec("amsynth-34").names
    target = open_generic(names, path)
    try:
        assert len(target.wires) == 5 and not set(target.wires) - set(names)
        assert target.capabilities.listens
    finally:
        target.close()
        program.close()


def test_the_midi_page_shows_a_map_of_every_kind(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(shown("midi.md"), encoding="utf-8")
    kinds = [one.kind for one in read_midi_map(path).assignments.values()]
    assert kinds == ["cc", "cc14", "nrpn", "nrpn7", "cc"]


@pytest.mark.parametrize("page", ["surge.md", "midi.md", "reaper.md", "osc.md", "preset-file.md"])
def test_a_page_says_what_was_tried_and_its_files_are_there(page: str) -> None:
    text = (PAGES / page).read_text(encoding="utf-8")
    assert re.search(r"\b(not tried|tried)\b", text, flags=re.IGNORECASE)
    for link in re.findall(r"\]\(([^)#]+)\)", text):
        assert (PAGES / link).exists(), link


def test_every_shipped_map_is_read_by_its_target() -> None:
    readers: dict[str, Callable[[str], object]] = {
        "surge-xt": surge_wires,
        "amsynth": read_midi_map,
    }
    assert {path.stem for path in MAPS.glob("*.toml")} == set(readers)
    for name, read in readers.items():
        assert read(name)
