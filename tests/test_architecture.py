"""The shape of the project: which way imports point, and what a file may be called."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import ROOT

# Each room and the rooms it may import; itself always. datasets <- renderer <- models <- server.
MAY_IMPORT: dict[str, set[str]] = {
    "datasets": set(),
    "renderer": {"datasets"},
    "models": {"datasets", "renderer"},
    "plugin_bridge": {"datasets", "renderer"},  # its live host plays a synth
    "server": {"datasets", "renderer", "models", "plugin_bridge"},
    "maxpatches": {"datasets", "plugin_bridge"},
}
NO_ROOM_NAMES = {"util", "utils", "common", "helper", "helpers", "misc"}


def imported_modules(source: str) -> Iterator[str]:
    """The absolute name of every module that a source text imports, at any depth."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module


def imported_roots(path: Path) -> set[str]:
    """The first part of every absolute import in a file."""
    modules = imported_modules(path.read_text(encoding="utf-8"))
    return {module.partition(".")[0] for module in modules}


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_imports_point_one_way(room: str) -> None:
    files = list((ROOT / room).rglob("*.py"))
    assert files, f"{room}/ holds no Python file"
    # Nothing imports the front door or the tests either.
    barred = (set(MAY_IMPORT) | {"patchwright", "tests"}) - MAY_IMPORT[room] - {room}
    wrong = {
        str(path.relative_to(ROOT)): sorted(imported_roots(path) & barred)
        for path in files
        if imported_roots(path) & barred
    }
    assert not wrong, f"{room} may import only {sorted(MAY_IMPORT[room])}"


def test_relative_imports_are_not_used() -> None:
    """Imports equal folders: one form is enough, and a relative one would escape the check."""
    wrong = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for room in MAY_IMPORT
        for path in (ROOT / room).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.level > 0
    ]
    assert not wrong


def test_protocol_needs_only_the_standard_library() -> None:
    """The server, the patches and the docs share it, so it must load anywhere."""
    outside = imported_roots(ROOT / "plugin_bridge" / "protocol.py") - sys.stdlib_module_names
    assert not outside


def test_every_room_is_a_package() -> None:
    missing = [
        room for room in (*MAY_IMPORT, "tests") if not (ROOT / room / "__init__.py").exists()
    ]
    assert not missing


def test_every_file_has_a_name_that_says_something() -> None:
    rooms = (*MAY_IMPORT, "tests")
    files = [path for room in rooms for path in (ROOT / room).rglob("*.py")]
    wrong = [str(path.relative_to(ROOT)) for path in files if path.stem in NO_ROOM_NAMES]
    assert not wrong


def test_version_is_the_newest_in_the_changelog() -> None:
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.search(r"^## \[(\d[^\]]*)\]", changelog, flags=re.MULTILINE)
    assert newest is not None
    assert newest[1] == pyproject["project"]["version"]
