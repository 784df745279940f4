"""Provide three short sounds to match; README.md describes how they were made."""

from pathlib import Path


def sketch_paths() -> dict[str, Path]:
    """Return the paths of the bundled sounds by name.

    >>> sorted(sketch_paths())
    ['filtered_sweep', 'plucked_string', 'sung_vowel']
    """
    return {path.stem: path for path in sorted(Path(__file__).parent.glob("*.flac"))}
