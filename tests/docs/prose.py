"""Measure the language of the project and find words that its readers should not meet.

python -m tests.docs.prose            # figures for each kind of text
python -m tests.docs.prose --list     # every place with a banned word, and every long sentence
python -m tests.docs.prose --list renderer docs/guides
"""

import argparse
import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests import ROOT

CODE = ("patchwright.py", "datasets", "renderer", "models", "server", "plugin_bridge", "maxpatches")
PAGES = ("README.md", "docs")

# Archaic or poetic words, and old names of ours. `docs/contributing.md` has the words to use.
BANNED = re.compile(
    r"\b(afresh|albeit|alike|amid|amongst|anew|apart|aught|befall|beforehand|besides|bidden"
    r"|by hand|forth|heard|hears|heed|hence|henceforth|herein|hitherto|learnt|lest|litter|lies"
    r"|mend|mended|mending|mends|naught|none the less|nor|nought|of old|ought|place of rest"
    r"|reckon(?:s|ed)?|rivals?|save for|shall|tells|therein|thereof|thus|told|to be had|be had"
    r"|unto|upon|whence|whereby|wherein|whilst|whoever|whom|whomever|whosever|wishes|yonder)\b",
    re.IGNORECASE,
)

SQL = re.compile(r"\s*(ALTER|CREATE|INSERT|SELECT|UPDATE) ")  # statements, not prose

# Phrases in which a banned word is the right one.
ALLOWED = re.compile(
    r"\b(back and forth|so forth|once upon|spelled apart)\b|`[^`]*`|\"[^\"]*\"", re.IGNORECASE
)

CODE_BLOCK = re.compile(r"```.*?```|<!--.*?-->", re.DOTALL)
WORD = re.compile(r"[A-Za-z][A-Za-z'-]*")
SENTENCE_END = re.compile(r"(?<=[.!?:;])\s+(?=[A-Z`\"(*])|\n\s*\n|\n\s*[-*|] |\n\s*\d+\. ")


@dataclass(frozen=True)
class Passage:
    """Hold one text a person reads: where it is, what kind it is, and its words."""

    path: Path
    line: int
    kind: str  # page, docstring, comment or message
    text: str


def passages(roots: tuple[str, ...] = CODE + PAGES) -> Iterator[Passage]:
    """Yield every passage of the given files and folders, relative to the repository."""
    for root in roots:
        top = ROOT / root
        for path in sorted([top] if top.is_file() else top.rglob("*")):
            if path.suffix == ".py":
                yield from _of_module(path)
            elif path.suffix == ".md":
                yield from _of_page(path)


def _of_page(path: Path) -> Iterator[Passage]:
    """Yield the prose of a page, without code blocks, tables and generated parts."""
    text = path.read_text(encoding="utf-8")
    text = CODE_BLOCK.sub(lambda found: "\n" * found[0].count("\n"), text)
    text = re.sub(r"^\|.*$", "", text, flags=re.M)
    line = 1
    for block in re.split(r"(\n\s*\n)", text):
        if block.strip():
            yield Passage(path, line, "page", block)
        line += block.count("\n")


def _of_module(path: Path) -> Iterator[Passage]:
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if id(node) in docstrings:
                yield Passage(path, node.lineno, "docstring", node.value)
            elif SQL.match(node.value):
                continue
            elif len(WORD.findall(node.value)) >= 3 and " " in node.value:
                yield Passage(path, node.lineno, "message", node.value)
    yield from _comments(path, source)


def _comments(path: Path, source: str) -> Iterator[Passage]:
    """Yield comments; neighbouring comment lines make one passage."""
    held: list[str] = []
    first = last = 0
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type != tokenize.COMMENT or re.match(r"# ?(type:|noqa|!)", token.string):
            continue
        if held and token.start[0] != last + 1:
            yield Passage(path, first, "comment", "\n".join(held))
            held = []
        first = first if held else token.start[0]
        last = token.start[0]
        held.append(token.string.lstrip("#: "))
    if held:
        yield Passage(path, first, "comment", "\n".join(held))


def banned_words(passage: Passage) -> list[tuple[int, str]]:
    """Return the line and the word of every banned word in a passage."""
    text = ALLOWED.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), passage.text)
    return [
        (passage.line + text[: found.start()].count("\n"), found[0])
        for found in BANNED.finditer(text)
    ]


def sentences(passage: Passage) -> list[int]:
    """Return the number of words of each sentence with three words or more."""
    text = re.sub(r"`[^`]*`", "code", passage.text)
    counts = (len(WORD.findall(part)) for part in SENTENCE_END.split(text))
    return [count for count in counts if count >= 3]


def figures(found: list[Passage]) -> str:
    """Return a table: words a sentence and banned words per 1,000, for each kind of text."""
    rows = [f"{'kind':<12}{'words':>9}{'sentences':>11}{'mean':>7}{'p90':>5}{'banned/1000':>13}"]
    kinds = [
        ("README", [p for p in found if p.path.name == "README.md" and p.path.parent == ROOT]),
        *((kind, [p for p in found if p.kind == kind]) for kind in _KINDS),
    ]
    for kind, group in kinds:
        lengths = sorted(length for passage in group for length in sentences(passage))
        words = sum(len(WORD.findall(passage.text)) for passage in group)
        if not lengths:
            continue
        rate = 1000 * sum(len(banned_words(passage)) for passage in group) / words
        p90 = lengths[int(0.9 * (len(lengths) - 1))]
        mean = sum(lengths) / len(lengths)
        rows.append(f"{kind:<12}{words:>9}{len(lengths):>11}{mean:>7.1f}{p90:>5}{rate:>13.2f}")
    return "\n".join(rows)


_KINDS = ("page", "docstring", "comment", "message")


def _listing(found: list[Passage], longest: int) -> Iterator[str]:
    for passage in found:
        name = passage.path.relative_to(ROOT).as_posix()
        for line, word in banned_words(passage):
            yield f"{name}:{line}: {passage.kind}: {word!r}"
        if max(sentences(passage), default=0) > longest:
            words = max(sentences(passage))
            yield f"{name}:{passage.line}: {passage.kind}: {words} words a sentence"


def main() -> None:
    """Print the figures, or the places to change."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("paths", nargs="*", default=[*CODE, *PAGES])
    parser.add_argument("--list", action="store_true", help="list every place to change")
    parser.add_argument("--longest", type=int, default=30, help="words a sentence may have")
    options = parser.parse_args()
    found = list(passages(tuple(options.paths)))
    sys.stdout.write(figures(found) + "\n")
    if options.list:
        sys.stdout.write("\n".join(_listing(found, options.longest)) + "\n")


if __name__ == "__main__":
    main()
