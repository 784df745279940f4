"""The site's pages load nothing from elsewhere, and its hooks keep links to the code."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from tests import ROOT
from tests.docs.site_requests import loaded_from_elsewhere


@pytest.fixture
def hooks() -> ModuleType:
    """Import docs/hooks.py, which belongs to no package."""
    spec = importlib.util.spec_from_file_location("hooks", ROOT / "docs" / "hooks.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    "html",
    [
        '<script src="https://cdn.example/x.js"></script>',
        '<link rel="stylesheet" href="//fonts.example/css">',
        '<link rel="preconnect" href="https://fonts.example">',
        '<img src="https://img.example/x.png">',
        '<img srcset="small.png 1x, https://img.example/x.png 2x">',
        '<iframe src="http://video.example"></iframe>',
        "<style>@import 'https://fonts.example/css';</style>",
        '<p style="background: url(https://img.example/x.png)"></p>',
        '<pre class="mermaid"><code>flowchart</code></pre>',
    ],
)
def test_what_loads_from_elsewhere_is_found(tmp_path: Path, html: str) -> None:
    (tmp_path / "index.html").write_text(html)
    assert len(list(loaded_from_elsewhere(tmp_path))) == 1


def test_a_style_sheet_that_loads_a_font_is_found(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<p></p>")
    (tmp_path / "x.css").write_text("@font-face { src: url('https://fonts.example/x.woff') }")
    assert len(list(loaded_from_elsewhere(tmp_path))) == 1


def test_links_and_own_files_are_allowed(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text(
        '<a href="https://example.org">x</a><img src="x.png"><script src="../x.js"></script>'
        '<link rel="canonical" href="https://example.org/"><style>p { color: red }</style>'
    )
    assert not list(loaded_from_elsewhere(tmp_path))


def test_a_folder_without_pages_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="make docs"):
        list(loaded_from_elsewhere(tmp_path))


def test_a_link_that_leaves_the_docs_is_a_page_of_the_site(hooks: ModuleType) -> None:
    assert hooks._target("../../datasets/recipe.py", "docs/guides/x.md") == "datasets/recipe.py"
    assert hooks._site_path("datasets/recipe.py") == "source/datasets/recipe.py.md"
    assert hooks._site_path("maxpatches/README.md") == "source/maxpatches/README.md"
    assert hooks._target("../../../outside", "docs/guides/x.md") is None
    assert hooks._target("https://example.org", "docs/guides/x.md") is None
    assert hooks._target("missing.md", "docs/guides/x.md") is None


def test_a_linked_sound_becomes_a_player(hooks: ModuleType) -> None:
    links = '<td><a href="../x.ogg">target</a>, <a href="y.md">page</a></td>'
    player = '<audio controls preload="none" src="../x.ogg"></audio>'
    expected = f'<td><span class="sound">target {player}</span> <a href="y.md">page</a></td>'
    assert hooks.on_page_content(links, None, None, None) == expected
