"""The live host as a target of the link."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from plugin_bridge.host.player import Player
from plugin_bridge.sync.target import Capabilities, ParameterChange

PACE_HZ = 500.0  # twice as often as blocks of 256 frames begin


class HostTarget:
    """A player in this process (see ``plugin_bridge.sync.target.Target``)."""

    capabilities = Capabilities(reads=True, listens=False, pace_hz=PACE_HZ)

    def __init__(self, player: Player) -> None:
        self._player = player

    def apply(self, changes: Sequence[ParameterChange]) -> None:
        """Go to these values with the next block."""
        self._player.set({change.name: change.native for change in changes})

    def read(self) -> Mapping[str, float]:
        """What is heard, or about to be."""
        return self._player.values()

    def moved(self) -> Mapping[str, float]:
        """Nothing: nobody turns knobs in here."""
        return {}

    def close(self) -> None:
        """It plays on; whoever opened it ends it."""

    def __str__(self) -> str:
        return "the synth that is hosted here"
