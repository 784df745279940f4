"""Read the values of a stored preset so that any row can be listed.

Older versions imported values that no JSON reader accepts. Other programs can write to the
file too.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from server.presets.saved_preset import LONGEST_ORIGIN, plain_json, utc


def stored_text(stored: bytes) -> str:
    """Return a stored text; what is not UTF-8 becomes "?"."""
    return stored.decode(errors="replace")


def stored_unit(stored: bytes) -> tuple[float, ...]:
    """Return stored unit values; a damaged row keeps those that are whole and within 0..1."""
    values = np.frombuffer(stored[: len(stored) // 4 * 4], "<f4")
    return tuple(np.clip(np.nan_to_num(values), 0, 1).tolist())


def stored_origin(stored: str) -> dict[str, Any]:
    """Return a stored origin; older versions imported some that no JSON reader accepts."""
    if len(stored) > LONGEST_ORIGIN:
        return {"omitted": f"{len(stored)} characters"}
    try:
        origin = plain_json(json.loads(stored))
    except (ValueError, RecursionError):
        origin = None
    return origin if isinstance(origin, dict) else {"omitted": "not readable"}


def stored_time(stored: str) -> str:
    """Return a stored time, or the start of 1970 if it is not one; an import accepts only times."""
    try:
        return utc(stored)
    except ValueError:
        return "1970-01-01T00:00:00.000+00:00"
