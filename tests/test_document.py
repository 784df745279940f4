"""Generated pages say what the code says."""

from __future__ import annotations

from pathlib import Path

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
