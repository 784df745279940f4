"""Write the tree of ``docs/concepts/architecture.md`` from the modules' own first sentences.

python -m tests.docs.tree
"""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests import ROOT

ROOMS = ("datasets", "renderer", "models", "server", "plugin_bridge", "maxpatches/build")
PAGE = ROOT / "docs" / "concepts" / "architecture.md"
BEGIN, END = "<!-- tree: begin -->", "<!-- tree: end -->"


def tree() -> str:
    """List each folder and module with the first sentence of its docstring."""
    return "\n".join(line for room in ROOMS for line in _lines(ROOT / room))


def _lines(folder: Path) -> Iterator[str]:
    name = folder.relative_to(ROOT).as_posix()
    yield f"\n### `{name}/`\n\n{_sentence(folder / '__init__.py')}\n"
    modules = sorted(path for path in folder.glob("*.py") if path.name != "__init__.py")
    if modules:
        yield "| module | purpose |\n| --- | --- |"
    for path in modules:
        yield f"| `{path.name}` | {_sentence(path).replace('|', '&#124;')} |"
    for inner in sorted(path.parent for path in folder.glob("*/__init__.py")):
        yield from _lines(inner)


def _sentence(path: Path) -> str:
    """Return the first paragraph of a module's docstring."""
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return " ".join(docstring.partition("\n\n")[0].split()).replace("``", "`")


def with_tree(page: str) -> str:
    """Return the page with its tree replaced by the present one."""
    head, _, rest = page.partition(BEGIN)
    return f"{head}{BEGIN}\n{tree()}\n\n{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    PAGE.write_text(with_tree(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
