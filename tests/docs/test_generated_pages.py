"""Generated pages say what the code says."""

from __future__ import annotations

import pytest

from datasets.spec import available_specs, load_spec
from plugin_bridge.protocol_reference import document
from tests import ROOT
from tests.docs.tree import PAGE, ROOMS, with_tree
from tests.test_architecture import MAY_IMPORT


def test_osc_page_is_what_the_protocol_generates() -> None:
    page = (ROOT / "docs" / "reference" / "osc.md").read_text(encoding="utf-8")
    assert page == document(), "run: python -m plugin_bridge.protocol_reference > docs/reference/osc.md"


def test_the_tree_is_what_the_modules_say() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == with_tree(page), "run: python -m tests.docs.tree"


def test_every_room_stands_in_the_tree() -> None:
    assert {room.partition("/")[0] for room in ROOMS} == set(MAY_IMPORT)


def parameter_section(name: str) -> str:
    page = (ROOT / "docs" / "reference" / "parameters.md").read_text(encoding="utf-8")
    return page.split(f"## {name}\n")[1].split("\n## ")[0]


@pytest.mark.parametrize("name", [n for n in available_specs() if n.startswith("vital")])
def test_every_learned_parameter_of_vital_acts(name: str) -> None:
    assert "Every parameter acts." in parameter_section(name)


@pytest.mark.parametrize("name", available_specs())
def test_every_spec_is_documented_measured_or_not(name: str) -> None:
    """A parameter below the bar is named; a spec whose plugin could not be had says so."""
    section, spec = parameter_section(name), load_spec(name)
    if "Not measured" in section:
        assert spec.plugin and "not tried" in spec.description
        return
    rows = [line for line in section.splitlines() if line.startswith("| ") and "%" in line]
    assert [row.removeprefix("| ").split(" | ")[0].removesuffix(" (stepped)") for row in rows] == [
        *spec.names
    ]
    weak = [row.split(" ")[1] for row in rows if float(row.split("|")[4].strip(" %")) < 25]
    assert all(name in section.split("|")[0] for name in weak)
