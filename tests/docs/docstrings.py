"""Check the docstrings of public functions and classes: verb first, arguments, results, errors.

python -m tests.docs.docstrings              # figures
python -m tests.docs.docstrings --list       # every place to change
python -m tests.docs.docstrings --list models/audio
"""

import argparse
import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests import ROOT
from tests.docs.prose import CODE

VERBS = frozenset((Path(__file__).parent / "verbs.txt").read_text(encoding="utf-8").split())

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Public:
    """Describe one public function, method or class and its docstring."""

    path: Path
    name: str
    node: Function | ast.ClassDef
    docstring: str

    @property
    def place(self) -> str:
        """Return the file, the line and the name, as an editor can open it."""
        return f"{self.path.relative_to(ROOT).as_posix()}:{self.node.lineno}: {self.name}"

    @property
    def opens_with_a_verb(self) -> bool:
        """Return whether the first word is a verb in its base form."""
        words = self.docstring.replace("`", " ").split()
        return bool(words) and words[0].strip(".,:;").lower() in VERBS

    @property
    def unnamed_errors(self) -> list[str]:
        """Return the errors that the function's own body raises and its docstring does not name."""
        if isinstance(self.node, ast.ClassDef):
            return []
        return sorted({name for name in _raised(self.node) if name not in self.docstring})

    @property
    def unnamed_arguments(self) -> list[str]:
        """Return the arguments that a docstring with an ``Args`` section leaves out."""
        if isinstance(self.node, ast.ClassDef) or "\nArgs:" not in _dedented(self.docstring):
            return []
        arguments = self.node.args
        names = [a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
        return [n for n in names if n not in ("self", "cls") and f"{n}:" not in self.docstring]

    @property
    def sections_missing(self) -> list[str]:
        """Return the sections that a docstring of several lines lacks.

        A function with three arguments or more names them; one whose docstring has sections
        names all of them. A command and an HTTP route need none. Their docstrings are the texts of
        ``--help`` and of the API documentation, where each argument has its own description. A
        method that refers to its protocol ("see ``...``") needs none: the protocol has them.
        """
        if isinstance(self.node, ast.ClassDef) or _describes_arguments(self.node):
            return []
        if "(see ``" in self.docstring:
            return []
        text, missing = _dedented(self.docstring), []
        arguments = self.node.args
        names = [a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
        given = [n for n in names if n not in ("self", "cls") and not n.startswith("_")]
        if len(given) >= 3 and "\nArgs:" not in text:
            missing.append("Args")
        if "\nArgs:" in text and _returns_a_value(self.node) and not _says_result(text):
            missing.append("Returns")
        return missing


def _describes_arguments(node: Function) -> bool:
    """Return whether a function is a command or a route, whose arguments describe themselves."""
    decorators = (one.func for one in node.decorator_list if isinstance(one, ast.Call))
    names = {one.attr for one in decorators if isinstance(one, ast.Attribute)}
    return bool(names & {"command", "get", "post", "put", "patch", "delete"})


def _says_result(text: str) -> bool:
    return "\nReturns:" in text or "\nYields:" in text


def _returns_a_value(node: Function) -> bool:
    result = node.returns
    return result is not None and not (isinstance(result, ast.Constant) and result.value is None)


def _dedented(docstring: str) -> str:
    return "\n" + "\n".join(line.strip() for line in docstring.splitlines())


def _raised(function: Function) -> Iterator[str]:
    """Yield the names of the errors that a function's own statements raise."""
    for node in _own_nodes(function):
        if isinstance(node, ast.Raise) and node.exc is not None:
            error = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            if isinstance(error, ast.Attribute):
                yield error.attr
            elif isinstance(error, ast.Name) and error.id[0].isupper():
                yield error.id


def _own_nodes(function: Function) -> Iterator[ast.AST]:
    """Walk a function without the functions and classes inside it."""
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, Function | ast.ClassDef | ast.Lambda):
            waiting.extend(ast.iter_child_nodes(node))


def public(roots: tuple[str, ...] = CODE) -> Iterator[Public]:
    """Yield every public function, method and class of the given files and folders."""
    for root in roots:
        top = ROOT / root
        for path in sorted([top] if top.is_file() else top.rglob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            yield from _members(path, tree.body, "")


def _members(path: Path, body: list[ast.stmt], owner: str) -> Iterator[Public]:
    for node in body:
        if not isinstance(node, Function | ast.ClassDef) or node.name.startswith("_"):
            continue
        name = f"{owner}{node.name}"
        yield Public(path, name, node, ast.get_docstring(node) or "")
        if isinstance(node, ast.ClassDef):
            yield from _members(path, node.body, f"{name}.")


def faults(found: list[Public]) -> Iterator[str]:
    """Yield one line for every docstring that breaks a rule."""
    for one in found:
        if not one.docstring:
            yield f"{one.place}: no docstring"
            continue
        if not one.opens_with_a_verb:
            yield f"{one.place}: opens with {one.docstring.split()[0]!r}, not with a verb"
        for error in one.unnamed_errors:
            yield f"{one.place}: raises {error} without a Raises entry"
        for argument in one.unnamed_arguments:
            yield f"{one.place}: Args leaves out {argument}"
        for section in one.sections_missing:
            yield f"{one.place}: needs {section}"


def figures(found: list[Public]) -> str:
    """Return the share of docstrings that keep each rule."""
    written = [one for one in found if one.docstring]
    verbs = sum(one.opens_with_a_verb for one in written)
    silent = sum(bool(one.unnamed_errors) for one in written)
    lacking = sum(bool(one.unnamed_arguments or one.sections_missing) for one in written)
    return (
        f"{len(found)} public functions and classes, {len(written)} with a docstring\n"
        f"{verbs} open with a verb ({verbs / max(1, len(written)):.1%})\n"
        f"{silent} raise an error that they do not name\n"
        f"{lacking} lack Args or Returns where they apply"
    )


def main() -> None:
    """Print the figures, or the places to change."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("paths", nargs="*", default=[*CODE])
    parser.add_argument("--list", action="store_true", help="list every place to change")
    options = parser.parse_args()
    found = list(public(tuple(options.paths)))
    sys.stdout.write(figures(found) + "\n")
    if options.list:
        sys.stdout.write("\n".join(faults(found)) + "\n")


if __name__ == "__main__":
    main()
