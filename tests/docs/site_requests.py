"""Check that the built site loads nothing from elsewhere: ``python -m tests.docs.site_requests``.

A link that a reader follows may lead anywhere. Scripts, styles, fonts, pictures and sounds may not.
"""

import argparse
import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from tests import ROOT

OUTSIDE = re.compile(r"^\s*(https?:)?//", re.IGNORECASE)
IN_STYLES = re.compile(r"(?:url\(|@import)\s*['\"]?((?:https?:)?//[^'\")\s]+)", re.IGNORECASE)
# The theme fetches the script that draws these from another site.
FETCHED_FOR = ("mermaid",)
LOADED_BY_HREF = {"link", "use", "image"}
RELATIONS_NOT_LOADED = {"canonical", "alternate", "prev", "next", "license", "author"}


class _Page(HTMLParser):
    """Collect what one page loads from another site."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect the addresses of one element."""
        self._in_style = tag == "style"
        values = {name: value or "" for name, value in attrs}
        self.found += [
            f"class {name}" for name in FETCHED_FOR if name in values.get("class", "").split()
        ]
        loaded = [values.get(name, "") for name in ("src", "poster", "data")]
        loaded += [part.split()[0] for part in values.get("srcset", "").split(",") if part.split()]
        relations = set(values.get("rel", "").lower().split())
        if tag in LOADED_BY_HREF and not (relations and relations <= RELATIONS_NOT_LOADED):
            loaded.append(values.get("href", ""))
        self.found += [f"{tag} {address}" for address in loaded if OUTSIDE.match(address)]
        self.found += _in_styles(values.get("style", ""))

    def handle_data(self, data: str) -> None:
        """Collect the addresses in a style sheet inside the page."""
        if self._in_style:
            self.found += _in_styles(data)

    def handle_endtag(self, tag: str) -> None:
        """Leave a style sheet."""
        self._in_style = False


def _in_styles(text: str) -> list[str]:
    return [f"style {address}" for address in IN_STYLES.findall(text)]


def loaded_from_elsewhere(site: Path) -> Iterator[str]:
    """Yield one line for each address outside the site that a page or a style sheet loads.

    Raises:
        FileNotFoundError: The folder has no page.
    """
    pages = sorted(site.rglob("*.html"))
    if not pages:
        raise FileNotFoundError(f"{site}: no page in this folder. Build the site with `make docs`.")
    for path in pages:
        page = _Page()
        page.feed(path.read_text(encoding="utf-8"))
        yield from (f"{path.relative_to(site)}: {one}" for one in page.found)
    for path in sorted(site.rglob("*.css")):
        found = _in_styles(path.read_text(encoding="utf-8"))
        yield from (f"{path.relative_to(site)}: {one}" for one in found)


def main() -> int:
    """Print what the site loads from elsewhere; return 1 if there is anything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("site", nargs="?", type=Path, default=ROOT / "build" / "site")
    found = list(loaded_from_elsewhere(parser.parse_args().site))
    sys.stdout.write("".join(f"{line}\n" for line in found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
