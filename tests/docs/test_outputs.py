"""The outputs that the pages show are what the commands print today."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from patchwright import app
from tests import ROOT

DOCS = ROOT / "docs"
NUMBER = re.compile(r"-?\d+(\.\d+)?")


def shown(page: str) -> str:
    """Return the first output that a page shows."""
    (block, *_) = re.findall(r"```text\n(.*?)```", (DOCS / page).read_text("utf-8"), re.DOTALL)
    return str(block)


def words(text: str) -> str:
    """Return the words of a text, with every number replaced by N."""
    return " ".join(NUMBER.sub("N", text).split())


def printed(*arguments: str | Path) -> str:
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert done.exit_code == 0, done.output
    return done.output


@pytest.mark.parametrize(
    ("page", "sketch"),
    [("get-started.md", "plucked_string"), ("guides/match.md", "sung_vowel")],
)
def test_a_match_prints_what_the_page_shows(page: str, sketch: str, tmp_path: Path) -> None:
    sound = ROOT / "server" / "sketches" / f"{sketch}.flac"
    output = words(printed("match", sound, "--out", tmp_path / "answer"))
    assert words(shown(page)) in output


def test_a_render_prints_what_the_page_shows(tmp_path: Path) -> None:
    out = tmp_path / "vital"
    output = printed("render", "vital-32", "--count", "8", "--seed", "7", "--out", out)
    assert words(shown("guides/render.md").partition("\n")[2]) in words(output)
