"""``python -m maxpatches.build`` writes the patches; ``--check`` compares them.

The same sources give the same bytes on any day: no dates, no random ids. The picture's pixels
depend on the fonts of a machine, so it carries the patch's hash, and that is checked.
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
PICTURE = FOLDER.parent / "docs" / "bridge" / "max.png"
SOURCE = "patchwright-live.maxpat"


def built() -> dict[str, bytes]:
    """Every file that is made, by its name in ``maxpatches/``."""
    code, pad = script().encode(), (FOLDER / PAD).read_bytes()
    patch = text_of(device())
    files = [
        # Max ends a patch inside a device with a newline and a zero.
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
    """A patch as text that is read and compared line by line; a list of numbers is one line."""
    text = json.dumps(document, indent="\t", ensure_ascii=False)
    flat = re.sub(r"\[[^][{}]*\]", lambda found: re.sub(r"\n\t*", " ", found[0]), text)
    return flat.encode() + b"\n"


def outdated(files: dict[str, bytes]) -> list[str]:
    """Names of what lies in the tree otherwise, or not at all."""
    names = [
        name
        for name, data in files.items()
        if not (FOLDER / name).exists() or (FOLDER / name).read_bytes() != data
    ]
    if drawn_from(PICTURE) != hashlib.sha256(files[SOURCE]).hexdigest():
        names.append(str(PICTURE.relative_to(FOLDER.parent)))
    return names


def main(arguments: list[str]) -> int:
    """1 when a check finds a file that is not what the sources give."""
    files = built()
    if arguments == ["--check"]:
        old = outdated(files)
        print("\n".join(f"{name}: run python -m maxpatches.build" for name in old) or "up to date")
        return int(bool(old))
    if arguments:
        print(f"unknown arguments {arguments}: give none, or --check", file=sys.stderr)
        return 2
    for name, data in files.items():
        (FOLDER / name).write_bytes(data)
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    draw(json.loads(files[SOURCE]), PICTURE, hashlib.sha256(files[SOURCE]).hexdigest())
    print(f"{len(files)} files in {FOLDER.name}/, and {PICTURE.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
