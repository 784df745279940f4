"""Read mapping files: they say where another program has a model's parameters.

Use a shipped map (in ``plugin_bridge/maps``) by its name, and your own map by its path.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from datasets.foreign_files import read_toml
from plugin_bridge.sync.target import TargetError

MAPS = Path(__file__).parents[1] / "maps"
Pair = tuple[float, float]


def read_map(name_or_path: str | Path) -> dict[str, Any]:
    """Return the tables of a mapping file.

    Raises:
        TargetError: The file is missing or wrong; the message names the file and the problem.
    """
    path = Path(name_or_path)
    if path.suffix != ".toml":
        path = MAPS / f"{name_or_path}.toml"
    try:
        data = read_toml(path, TargetError, str(path))
    except FileNotFoundError:
        known = ", ".join(sorted(one.stem for one in MAPS.glob("*.toml")))
        raise TargetError(
            f"{str(name_or_path)!r}: mapping file not found; use one of {known}, or the path of a "
            ".toml file"
        ) from None
    parameters = data.get("parameters")
    if not isinstance(parameters, dict) or not parameters:
        raise TargetError(
            f"{path}: the table [parameters] is missing or empty; add it, with one entry for each "
            "parameter"
        )
    for parameter, entry in parameters.items():
        if not isinstance(entry, dict):
            raise TargetError(f"{path}: {parameter!r} must be a table in {{ }}, got {entry!r}")
    return data


def numbers(entry: Mapping[str, Any], key: str, default: Pair) -> Pair:
    """Return two different numbers of an entry.

    Args:
        entry: Table of one parameter.
        key: Key of the two numbers.
        default: Numbers to use if the key is missing.

    Returns:
        Both numbers as floats.

    Raises:
        TargetError: The value is not a list of two different numbers.
    """
    value = entry.get(key, default)
    fits = isinstance(value, list | tuple) and len(value) == 2
    if not fits or not all(type(v) in (int, float) for v in value) or value[0] == value[1]:
        raise TargetError(f"{key} must be two different numbers, got {value!r}")
    return float(value[0]), float(value[1])


def only_keys(entry: Mapping[str, Any], known: Sequence[str]) -> None:
    """Check that an entry has known keys only; a misspelled key would have no effect.

    Raises:
        TargetError: A key is unknown.
    """
    unknown = sorted(set(entry) - set(known))
    if unknown:
        raise TargetError(f"unknown key {unknown[0]!r}; use one of {', '.join(known)}")
