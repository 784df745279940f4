"""Build the recorded sounds in a folder: ``python -m datasets.recorded OUT``."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

from datasets.errors import PatchwrightError
from datasets.recorded.build import INDEX, build
from datasets.recorded.listing import read_listing


def main() -> None:
    """Build the sounds and print one line; print a user's error as one line, with exit code 2."""
    parser = argparse.ArgumentParser(prog="python -m datasets.recorded", description=__doc__)
    parser.add_argument("out", type=Path, help="a folder that contains only this set")
    out = parser.parse_args().out
    try:
        sounds = read_listing()
        build(sounds, out)
    except PatchwrightError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    families = Counter(sound.family for sound in sounds)
    counts = ", ".join(f"{count} {family}" for family, count in families.items())
    print(f"{len(sounds)} sounds in {out}, listed in {INDEX}: {counts}")


if __name__ == "__main__":
    main()
