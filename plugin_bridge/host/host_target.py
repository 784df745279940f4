"""Use the live host as a target of the link."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from plugin_bridge.host.player import Player
from plugin_bridge.sync.target import Capabilities, ParameterChange

PACE_HZ = 500.0  # twice the rate of blocks of 256 frames


class HostTarget:
    """Set parameters of a player in this process (see ``plugin_bridge.sync.target.Target``)."""

    capabilities = Capabilities(reads=True, listens=False, pace_hz=PACE_HZ)

    def __init__(self, player: Player) -> None:
        self._player = player

    def apply(self, changes: Sequence[ParameterChange]) -> None:
        """Set these values with the next block."""
        self._player.set({change.name: change.native for change in changes})

    def read(self) -> Mapping[str, float]:
        """Return the current native values, including those that the next block sets."""
        return self._player.values()

    def moved(self) -> Mapping[str, float]:
        """Return nothing: a user cannot turn the plugin's knobs in the host."""
        return {}

    def close(self) -> None:
        """Leave the player running: its owner ends it."""

    def __str__(self) -> str:
        return "the synth in this live host"
