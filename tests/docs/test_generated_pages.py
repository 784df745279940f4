"""Generated pages say what the code says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import patchwright
from datasets.spec import available_specs, load_spec
from plugin_bridge import protocol_reference
from tests import ROOT
from tests.docs.tree import ROOMS
from tests.docs.write_pages import GENERATED
from tests.test_architecture import MAY_IMPORT


@pytest.mark.parametrize("path", GENERATED, ids=lambda path: path.name)
def test_a_generated_page_is_what_the_code_makes(path: Path) -> None:
    page = path.read_text(encoding="utf-8")
    assert page == GENERATED[path](), "run: python -m tests.docs.write_pages"


def test_the_command_of_the_osc_page_prints_it() -> None:
    assert GENERATED[ROOT / "docs" / "reference" / "osc.md"]() == protocol_reference.document()


def test_every_command_and_operation_has_a_section() -> None:
    commands = (ROOT / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")
    assert "\n## patchwright bridge midi\n" in commands and "\n## patchwright match\n" in commands
    operations = (ROOT / "docs" / "reference" / "http.md").read_text(encoding="utf-8")
    frozen = json.loads((ROOT / "tests" / "interface" / "interface.json").read_text())
    paths = frozen["http"]["paths"].items()
    wanted = [f"### {method.upper()} {path}" for path, methods in paths for method in methods]
    assert wanted and not [title for title in wanted if f"\n{title}\n" not in operations]


def test_the_python_page_describes_every_public_name() -> None:
    page = (ROOT / "docs" / "reference" / "python.md").read_text(encoding="utf-8")
    described = re.findall(
        r"^::: (\S+)\n    options:\n      heading: (\w+)\n      toc_label: \2$", page, re.MULTILINE
    )
    expected = {name: ".".join(place) for name, place in patchwright.PUBLIC.items()}
    del expected["PatchwrightError"]  # with all other errors, as one module
    assert {name: place for place, name in described if "." not in name} == expected
    assert "\n::: datasets.errors\n" in page


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
