"""Define the target protocol: one host, synth or controller that receives parameter changes.

A target takes changes as the server sends them (``/patchwright/param``). It passes them on as OSC
messages, MIDI controllers or a file. It states its highest rate here. One place enforces that rate
(``plugin_bridge/sync/rate_limiter.py``), so a target does not need a timer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from datasets.errors import PatchwrightError


class TargetError(PatchwrightError):
    """Report a target that is missing or cannot do what was asked, and how to fix it."""


@dataclass(frozen=True)
class ParameterChange:
    """Hold the new value of one parameter, as the server sends it."""

    name: str  # The plugin's own name of the parameter.
    unit: float  # Position 0..1 in the learned range.
    native: float  # The plugin's own value; 0..1 for a hosted plugin.
    text: str  # Value as the plugin's display shows it.
    steps: int = 0  # Number of steps; 0 for a continuous parameter.


@dataclass(frozen=True)
class Capabilities:
    """Describe what an open target can do."""

    reads: bool  # True: ``read`` returns its values.
    listens: bool  # True: ``moved`` returns what the user turned there.
    pace_hz: float  # Most deliveries per second, each with any number of changes.
    missing: tuple[str, ...] = ()  # Parameters of the model that it cannot set.
    advice: str = ""  # How to get them, in words for a musician.


class Target(Protocol):
    """Receive parameter changes; each target has its own function that opens it."""

    @property
    def capabilities(self) -> Capabilities:
        """Return what the target can do."""

    def apply(self, changes: Sequence[ParameterChange]) -> None:
        """Set these parameters now, except those in ``capabilities.missing``.

        The list has at most one change of a parameter, the newest. An implementation raises
        TargetError when the target has gone away.
        """

    def read(self) -> Mapping[str, float]:
        """Return native values by parameter name; empty if it cannot report them."""

    def moved(self) -> Mapping[str, float]:
        """Return native values of what the user turned there since the last call.

        Our own changes are left out. This never waits. It is empty if the target does not report
        changes.
        """

    def close(self) -> None:
        """Close the target; never raises."""
