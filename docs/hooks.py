"""Hooks of the documentation site: links that leave docs/, and players for linked sounds.

A page may link to any file of the repository, as `../../datasets/recipe.py`. On the site each such
file becomes a page under `source/`. So the links work on a code host and on the site.
"""

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parent.parent
LINK = re.compile(r"(?<=\]\()([^)\s#]+)((?:#[^)\s]*)?\))")
# A link to a sound, with the comma before the next one.
SOUND = re.compile(r'<a href="([^"]+\.(?:ogg|wav|flac))">(.*?)</a>,?')
PLAYER = r'<span class="sound">\2 <audio controls preload="none" src="\1"></audio></span>'
PICTURES = (".png", ".svg", ".jpg")
FOLDER = "source"  # of the site, for files from outside docs/
# Where a page of the site comes from, if it isn't in docs/: both are paths with slashes.
ORIGINS: dict[str, str] = {}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the files outside docs/ that pages link to, and those that these link to."""
    ORIGINS.clear()
    waiting = [f"docs/{file.src_uri}" for file in files.documentation_pages()]
    while waiting:
        page = waiting.pop()
        text = (ROOT / page).read_text(encoding="utf-8")
        for target in _targets(text, page):
            if target.startswith("docs/") or _site_path(target) in ORIGINS:
                continue
            ORIGINS[_site_path(target)] = target
            files.append(_file(target, config))
            if target.endswith(".md"):
                waiting.append(target)
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Point links that leave docs/ to the pages under `source/`."""
    origin = ORIGINS.get(page.file.src_uri, f"docs/{page.file.src_uri}")

    def point(found: re.Match[str]) -> str:
        target = _target(found[1], origin)
        if target is None or (target.startswith("docs/") and origin.startswith("docs/")):
            return found[0]
        path = target.removeprefix("docs/") if target.startswith("docs/") else _site_path(target)
        return posixpath.relpath(path, posixpath.dirname(page.file.src_uri)) + found[2]

    return LINK.sub(point, markdown)


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Replace links to sound files by their texts and players."""
    return SOUND.sub(PLAYER, html)


def _targets(text: str, page: str) -> Iterator[str]:
    """Yield the files of the repository that a page links to, relative to its root."""
    for found in LINK.finditer(text):
        target = _target(found[1], page)
        if target is not None:
            yield target


def _target(link: str, page: str) -> str | None:
    """Return the file that a link of a page leads to, None if it is no file of the repository."""
    if "://" in link or link.startswith(("/", "mailto:")):
        return None
    target = posixpath.normpath(posixpath.join(posixpath.dirname(page), link))
    return target if not target.startswith("..") and (ROOT / target).is_file() else None


def _site_path(target: str) -> str:
    """Return the path on the site of a file outside docs/."""
    as_it_is = target.endswith((".md", *PICTURES))
    return f"{FOLDER}/{target}" if as_it_is else f"{FOLDER}/{target}.md"


def _file(target: str, config: MkDocsConfig) -> File:
    """Return a file outside docs/ for the site: a picture, a page, or code shown on a page."""
    path = _site_path(target)
    if target.endswith(PICTURES):
        return File.generated(config, path, abs_src_path=str(ROOT / target))
    text = (ROOT / target).read_text(encoding="utf-8")
    if not target.endswith(".md"):
        language = Path(target).suffix.removeprefix(".")
        text = f"# {Path(target).name}\n\n`{target}`\n\n````{language}\n{text}````\n"
    hidden = "---\nsearch:\n  exclude: true\n---\n\n"
    return File.generated(config, path, content=hidden + text)
