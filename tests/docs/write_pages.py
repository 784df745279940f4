"""Write the pages that are made from the code: ``python -m tests.docs.write_pages``."""

from collections.abc import Callable
from pathlib import Path

from plugin_bridge import protocol_reference
from tests import ROOT
from tests.docs import cli_reference, http_reference, tree

# Each page, and what makes it from the code.
GENERATED: dict[Path, Callable[[], str]] = {
    cli_reference.PAGE: cli_reference.document,
    http_reference.PAGE: http_reference.document,
    ROOT / "docs" / "reference" / "osc.md": protocol_reference.document,
    tree.PAGE: lambda: tree.with_tree(tree.PAGE.read_text(encoding="utf-8")),
}


def main() -> None:
    """Write every page whose text has changed, and print its name."""
    for path, made in GENERATED.items():
        page = made()
        if not path.exists() or path.read_text(encoding="utf-8") != page:
            path.write_text(page, encoding="utf-8")
            print(path.relative_to(ROOT).as_posix())


if __name__ == "__main__":
    main()
