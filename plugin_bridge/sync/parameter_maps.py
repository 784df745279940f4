"""Read mapping files: where another program has a model's parameters.

Shipped ones lie in ``plugin_bridge/maps`` and go by their names; your own go by their paths.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from plugin_bridge.sync.target import TargetError

MAPS = Path(__file__).parents[1] / "maps"
Pair = tuple[float, float]


def read_map(name_or_path: str | Path) -> dict[str, Any]:
    """The tables of a mapping file; TargetError names the file and what is wrong with it."""
    path = Path(name_or_path)
    if path.suffix != ".toml":
        path = MAPS / f"{name_or_path}.toml"
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        known = ", ".join(sorted(one.stem for one in MAPS.glob("*.toml")))
        raise TargetError(
            f"no mapping file {str(name_or_path)!r}: use one of {known}, or the path of a .toml"
        ) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise TargetError(f"{path} cannot be read as TOML: {error}") from error
    parameters = data.get("parameters")
    if not isinstance(parameters, dict) or not parameters:
        raise TargetError(f"{path}: a table [parameters] with one entry per parameter is missing")
    for parameter, entry in parameters.items():
        if not isinstance(entry, dict):
            raise TargetError(f"{path}: {parameter!r} must be a table, got {entry!r}")
    return data


def numbers(entry: Mapping[str, Any], key: str, default: Pair) -> Pair:
    """Two different numbers under ``key``; TargetError for anything else."""
    value = entry.get(key, default)
    fits = isinstance(value, list | tuple) and len(value) == 2
    if not fits or not all(type(v) in (int, float) for v in value) or value[0] == value[1]:
        raise TargetError(f"{key} must be two different numbers, got {value!r}")
    return float(value[0]), float(value[1])


def only_keys(entry: Mapping[str, Any], known: Sequence[str]) -> None:
    """TargetError for a key that means nothing: a misspelt one would be passed over in silence."""
    unknown = sorted(set(entry) - set(known))
    if unknown:
        raise TargetError(f"unknown key {unknown[0]!r}: known are {', '.join(known)}")
