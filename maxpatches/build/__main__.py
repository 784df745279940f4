"""Write the patches: ``python -m maxpatches.build``; compare them with ``--check``.

The same sources give the same bytes on any day: no dates, no random ids. The picture's pixels
depend on the machine's fonts, so the picture carries the patch's hash, and ``--check`` compares it.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from pathlib import Path
from typing import Any

from maxpatches.build.container import DEVICE_FLAG, SCRIPT_FLAG, Packed, pack
from maxpatches.build.patches import PAD, SCRIPT, device, standalone
from maxpatches.build.picture import draw, drawn_from
from maxpatches.build.script import script

FOLDER = Path(__file__).parent.parent
PICTURE = FOLDER.parent / "docs" / "guides" / "max.png"
SOURCE = "patchwright-live.maxpat"


def built() -> dict[str, bytes]:
    """Return every generated file, by its name in ``maxpatches/``."""
    code, pad = script().encode(), (FOLDER / PAD).read_bytes()
    patch = text_of(device())
    files = [
        # Inside a device, Max ends a patch with a newline and a zero byte.
        Packed("patchwright.amxd", "JSON", patch + b"\0", DEVICE_FLAG),
        Packed(SCRIPT, "TEXT", code, SCRIPT_FLAG),
        Packed(PAD, "TEXT", pad, SCRIPT_FLAG),
    ]
    return {
        SCRIPT: code,
        SOURCE: patch,
        "patchwright.maxpat": text_of(standalone()),
        "patchwright.amxd": pack(files),
    }


def text_of(document: dict[str, Any]) -> bytes:
    """Return a patch as text that is compared line by line; a list of numbers is one line."""
    text = json.dumps(document, indent="\t", ensure_ascii=False)
    flat = re.sub(r"\[[^][{}]*\]", lambda found: re.sub(r"\n\t*", " ", found[0]), text)
    return flat.encode() + b"\n"


def outdated(files: dict[str, bytes]) -> list[str]:
    """Return the names of files that are missing or differ from the built ones."""
    names = [
        name
        for name, data in files.items()
        if not (FOLDER / name).exists() or (FOLDER / name).read_bytes() != data
    ]
    if drawn_from(PICTURE) != hashlib.sha256(files[SOURCE]).hexdigest():
        names.append(str(PICTURE.relative_to(FOLDER.parent)))
    return names


def main(arguments: list[str]) -> int:
    """Write the files, or check them.

    Returns:
        The exit code: 1 if a check finds an outdated file, 2 for an unknown argument.
    """
    files = built()
    if arguments == ["--check"]:
        old = outdated(files)
        print("\n".join(f"{name}: run python -m maxpatches.build" for name in old) or "up to date")
        return int(bool(old))
    if arguments:
        print(f"{arguments}: unknown arguments, use none or --check", file=sys.stderr)
        return 2
    for name, data in files.items():
        (FOLDER / name).write_bytes(data)
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    draw(json.loads(files[SOURCE]), PICTURE, hashlib.sha256(files[SOURCE]).hexdigest())
    print(f"{len(files)} files in {FOLDER.name}/, and {PICTURE.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
