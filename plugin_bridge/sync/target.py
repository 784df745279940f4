"""The target protocol: one host, synth or controller that parameter changes go to.

A target takes changes as the server tells them (`/patchwright/param`) and carries them on in its
own way: an OSC message of another program, a MIDI controller, a file. How often it may be written
to is said here and kept in one place (``plugin_bridge/sync/rate_limiter.py``), so no target counts
time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from datasets.errors import PatchwrightError


class TargetError(PatchwrightError):
    """A target that is not there, or cannot do what was asked; says what to do about it."""


@dataclass(frozen=True)
class ParameterChange:
    """The new value of one parameter, as the server tells it."""

    name: str  # the plugin's own name of the parameter
    unit: float  # 0..1 of the range that the model learnt
    native: float  # the plugin's own value; 0..1 for a hosted plugin
    text: str  # what the plugin's display shows
    steps: int = 0  # number of steps, 0 for a continuous parameter


@dataclass(frozen=True)
class Capabilities:
    """What a target can do, known once it is open."""

    reads: bool  # ``read`` asks it what it holds
    listens: bool  # ``moved`` tells what was turned there
    pace_hz: float  # deliveries a second that it can follow, each of any number of changes
    missing: tuple[str, ...] = ()  # parameters of the model that it cannot reach
    advice: str = ""  # what to do about those, in words for a musician


class Target(Protocol):
    """One place that parameter changes go to; opened by its own function, closed when done."""

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""

    def apply(self, changes: Sequence[ParameterChange]) -> None:
        """Set these parameters now; those in ``capabilities.missing`` are passed over.

        At most one change of a parameter, the newest. TargetError when it went away.
        """

    def read(self) -> Mapping[str, float]:
        """Native values by parameter name, as it holds them; empty where it cannot be asked."""

    def moved(self) -> Mapping[str, float]:
        """Native values of what was turned there since the last call, our own changes left out.

        Never waits; empty where it does not listen.
        """

    def close(self) -> None:
        """Let go of it; never raises."""
