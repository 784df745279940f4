"""The shape of the project: which way imports point, and what a file may be called."""

import ast
import re
import sys
import tomllib
from collections.abc import Callable, Iterator
from graphlib import TopologicalSorter
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
MOST_ENTRIES = 18  # of a folder with code: more is a folder that hides another
# Tests of a whole folder, or of several modules of it; every other one is named after its module.
OF_A_FOLDER = {
    "datasets/recorded": {"recorded"},
    "datasets/storage": {"readers"},
    "docs": {
        "bridge_pages",
        "examples",
        "generated_pages",
        "language",
        "outputs",
        "readme",
        "site",
    },
    "interface": {"interface"},
    "maxpatches": {"patches", "scripts"},
    "models/networks/esling2019": {"esling2019"},
    "models/export": {"wavetable_files"},
    "models/resynthesis": {"benchmark", "parts"},
    "models/timbre": {"shipped_drums", "shipped_octave", "shipped_violin"},
    "models/training": {"train_kinds"},
    "plugin_bridge/host": {"host_end_to_end"},
    "plugin_bridge/midi": {"midi_jack"},
    "plugin_bridge/preset_files": {"formats", "fuzz", "plugins"},
    "renderer/dataset": {"kills"},
    "renderer/engines": {"engines"},
    "renderer/workers": {"faults", "purity"},
    "server": {"fuzz", "rebinding", "serve_command"},
    "server/http": {"neighbours"},
    "server/osc": {"exploration"},
    "server/session": {"models_served", "own_patch_served", "patches_served", "timbre_served"},
    "server/sketches": {"sketches"},
}


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


def source_files() -> list[Path]:
    """List the Python files of every room, without the tests."""
    return [path for room in MAY_IMPORT for path in sorted((ROOT / room).rglob("*.py"))]


def module_name(path: Path) -> str:
    """Return the dotted name of a file; a package has its folder's."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports_between(name_of: Callable[[str], str]) -> dict[str, set[str]]:
    """Return which module imports which, under the names that ``name_of`` gives them."""
    modules = {module_name(path): path for path in source_files()}
    graph: dict[str, set[str]] = {name_of(module): set() for module in modules}
    for module, path in modules.items():
        for imported in imported_names(path.read_text(encoding="utf-8")):
            found = imported if imported in modules else imported.rpartition(".")[0]
            if found in modules:
                graph[name_of(module)].add(name_of(found))
    return {name: others - {name} for name, others in graph.items()}


def imported_names(source: str) -> Iterator[str]:
    """Yield ``module.name`` for every imported name: it may be a module itself."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (f"{alias.name}." for alias in node.names)


def folder_of(module: str) -> str:
    """Return the folder of a room that a module lies in; a room's own modules stay themselves."""
    return ".".join(module.split(".")[:2])


@pytest.mark.parametrize("name_of", [str, folder_of])
def test_imports_make_no_cycle(name_of: Callable[[str], str]) -> None:
    """Neither between modules nor between the folders of a room."""
    TopologicalSorter(imports_between(name_of)).prepare()  # raises CycleError, which names it


def test_no_class_name_stands_twice() -> None:
    homes: dict[str, list[str]] = {}
    for path in source_files():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                homes.setdefault(node.name, []).append(module_name(path))
    assert not {name: found for name, found in homes.items() if len(found) > 1}


def test_no_folder_is_crowded() -> None:
    rooms = [ROOT / room for room in MAY_IMPORT]
    folders = {path.parent for room in rooms for path in room.rglob("*.py")}
    entries = {
        str(folder.relative_to(ROOT)): sum(one.name != "__pycache__" for one in folder.iterdir())
        for folder in folders
    }
    assert not {folder: count for folder, count in entries.items() if count > MOST_ENTRIES}


def test_every_folder_says_what_belongs_there() -> None:
    for folder in {path.parent for path in source_files()}:
        text = (folder / "__init__.py").read_text(encoding="utf-8")
        assert ast.get_docstring(ast.parse(text)), f"{folder}/__init__.py says nothing"


def test_tests_mirror_the_modules() -> None:
    wrong = []
    for path in (ROOT / "tests").rglob("*/test_*.py"):
        folder = path.parent.relative_to(ROOT / "tests").as_posix()
        name = path.stem.removeprefix("test_")
        if name not in OF_A_FOLDER.get(folder, ()) and not (ROOT / folder / f"{name}.py").exists():
            wrong.append(f"{folder}/{path.name}")
    assert not wrong, "name a test after its module, or list it in OF_A_FOLDER"


def test_version_is_the_newest_in_the_changelog() -> None:
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.search(r"^## \[(\d[^\]]*)\]", changelog, flags=re.MULTILINE)
    assert newest is not None
    assert newest[1] == pyproject["project"]["version"]
