"""Read the options of ``patchwright serve`` from a TOML file.

Example of a file:

    model = "amsynth-34"
    osc_port = 9100
    log_format = "json"
"""

from __future__ import annotations

from collections.abc import Set
from pathlib import Path
from typing import Any

from datasets.errors import ServeError
from datasets.foreign_files import read_toml


def read_config(path: Path, known: Set[str]) -> dict[str, Any]:
    """Read a TOML file and return its options by name.

    Args:
        path: The TOML file.
        known: Names that are allowed; the file may write ``-`` for ``_``.

    Returns:
        Value of each option that the file sets.

    Raises:
        ServeError: The file cannot be read, an option is unknown, or a value is a table or a list.
    """
    try:
        found = read_toml(path, ServeError, f"--config {path}")
    except FileNotFoundError:
        raise ServeError(f"--config {path}: no such file. Give the path of a TOML file") from None
    options = {name.replace("-", "_"): value for name, value in found.items()}
    for name, value in options.items():
        if name not in known:
            raise ServeError(f"--config {path}: no option {name!r}: use {', '.join(sorted(known))}")
        if isinstance(value, dict | list):
            raise ServeError(f"--config {path}: {name} must be one value, not {value!r}")
    return options
