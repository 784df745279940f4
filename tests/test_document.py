"""Generated pages say what the code says."""

from __future__ import annotations

from pathlib import Path

import pytest

from datasets.spec import available_specs, load_spec
from plugin_bridge.document import document

ROOT = Path(__file__).parent.parent


def test_osc_page_is_what_the_protocol_generates() -> None:
    page = (ROOT / "docs" / "osc.md").read_text(encoding="utf-8")
    assert page == document(), "run: python -m plugin_bridge.document > docs/osc.md"


def test_readme_names_every_source_file() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    rooms = ("datasets", "renderer", "models", "server", "plugin_bridge")
    files = [p for room in rooms for p in (ROOT / room).glob("*.py") if p.name != "__init__.py"]
    missing = [path.name for path in files if path.name not in readme]
    assert not missing, f"README's tree lacks {missing}"


@pytest.mark.parametrize("name", available_specs())
def test_every_learned_parameter_is_documented_as_acting(name: str) -> None:
    page = (ROOT / "docs" / "parameters.md").read_text(encoding="utf-8")
    section = page.split(f"## {name}\n")[1].split("\n## ")[0]
    assert "Every parameter acts." in section
    rows = [line for line in section.splitlines() if line.startswith("| ") and "%" in line]
    assert [row.split()[1] for row in rows] == list(load_spec(name).names)
    assert all(float(row.split("|")[4].strip(" %")) >= 25 for row in rows)
