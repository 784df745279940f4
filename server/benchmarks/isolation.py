"""Compare a quick match with and without fork, as Linux and as macOS and Windows run it."""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from models.checkpoint import load_checkpoint
from models.matching.matcher import Matcher
from models.matching.options import MatchOptions
from renderer.workers.isolation import Isolation

QUICK = MatchOptions("quick", method="parameters")
ROUNDS = 3  # matches of each sound, with each isolation in turn
WAYS: tuple[Isolation, ...] = ("fork", "process")


def compare_isolations(
    model: str, sounds: Sequence[Path], rounds: int = ROUNDS, options: MatchOptions = QUICK
) -> dict[str, Any]:
    """Match sounds with fork and with a process for each render, in turn.

    A busy machine slows both sides down, so the ratio says more than the times.

    Args:
        model: Name of a shipped model, or a checkpoint folder.
        sounds: The sounds to match.
        rounds: Matches of each sound.
        options: The budget of each match.

    Returns:
        ``isolation``: for ``fork`` and ``process`` the median ``ms`` of a whole match, the median
        number of ``renders`` and the mean ``distance`` in dB; ``ratio`` of the times. It is empty
        on a system without fork.
    """
    if not hasattr(os, "fork"):
        return {}
    checkpoint, taken = load_checkpoint(model), defaultdict[str, list[tuple[float, ...]]](list)
    with Matcher(checkpoint, 2, "fork") as fork, Matcher(checkpoint, 2, "process") as process:
        for matcher in (fork, process):
            matcher.match(sounds[0], options)  # load and warm up
        for sound in [*sounds] * rounds:
            for way, matcher in zip(WAYS, (fork, process), strict=True):
                taken[way].append(_match(matcher, sound, options))
    figures: dict[str, Any] = {way: _summary(rows) for way, rows in taken.items()}
    figures["ratio"] = round(figures["process"]["ms"] / figures["fork"]["ms"], 3)
    return {"isolation": figures}


def _match(matcher: Matcher, sound: Path, options: MatchOptions) -> tuple[float, ...]:
    """Return the milliseconds, the renders of the search and the distance of one match."""
    started = time.perf_counter()
    found = matcher.match(sound, options).to_dict()
    return 1000 * (time.perf_counter() - started), found["renders"], found["distance"]


def _summary(rows: Sequence[tuple[float, ...]]) -> dict[str, float]:
    """Return the median time, the median number of renders and the mean distance of matches."""
    ms, renders, distance = np.array(rows).T
    return {
        "ms": round(float(np.median(ms))),
        "renders": float(np.median(renders)),
        "distance": round(float(distance.mean()), 2),
    }
