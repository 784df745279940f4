"""Find the folder of a timbre model, without loading the libraries that the model needs."""

from __future__ import annotations

from pathlib import Path

SHIPPED = Path(__file__).parent.parent / "shipped"
CONFIG = "timbre.json"


def places(name_or_folder: str | Path) -> tuple[Path, Path]:
    """Return the folders that a name or a path can mean."""
    return Path(name_or_folder), SHIPPED / name_or_folder


def is_timbre(name_or_folder: str | Path) -> bool:
    """Return whether a name or folder is a timbre model, and not a model of a synth."""
    return any((folder / CONFIG).is_file() for folder in places(name_or_folder))
