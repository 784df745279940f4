"""Render audio blocks before they are due, to survive short stalls of the machine.

An output asks for a block when it needs it, and has one period to get it. A thread of its own that
is some blocks in front has as many periods for each: 1 gains nothing over the output's own, 2 gains
a whole period. Notes and knobs are heard so many blocks later.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from queue import SimpleQueue
from threading import Thread

import numpy as np

from plugin_bridge.host.player import Player
from plugin_bridge.host.priority import AUDIO, before_others
from renderer.engines.base import Audio
from renderer.engines.stream import MidiEvent

Asked = tuple[int, list[MidiEvent]]  # frames, and the notes in them
MOST = 16  # blocks: .1 s of JACK's usual ones


class BlockBuffer:
    """A player that is some blocks in front of its output."""

    def __init__(self, player: Player, blocks: int = 0, urgent: bool = False) -> None:
        """0 ``blocks``: each is made when it is asked for, in the output's own thread.

        ``urgent``: the thread goes before all ordinary programs, where that is allowed.
        """
        self._player, self._blocks, self._urgent = player, blocks, urgent
        self._asked: SimpleQueue[Asked | None] = SimpleQueue()
        self._made: deque[Audio] = deque()
        self._to_come, self._trouble = blocks, ""
        self.late = 0  # blocks that were not there in time, and were silent
        self._thread = Thread(target=self._make, daemon=True)
        if blocks:
            self._thread.start()

    def block(self, frames: int, events: Sequence[MidiEvent] = ()) -> Audio:
        """The samples (channels, frames) that were asked for ``blocks`` calls ago; never waits.

        Silence at first, and where they are not there yet. Raises RuntimeError once the player has
        failed.
        """
        if not self._blocks:
            return self._player.block(frames, events)
        audio = self._next()
        self._asked.put((frames, list(events)))
        if audio is not None and audio.shape[1] == frames:
            return audio
        if self._trouble:
            raise RuntimeError(self._trouble)
        if self._to_come:
            self._to_come -= 1
        else:
            self.late += 1
        return np.zeros((self._player.channels, frames), np.float32)

    def close(self) -> None:
        """Make no more."""
        self._asked.put(None)
        if self._blocks:
            self._thread.join()

    def _next(self) -> Audio | None:
        """The oldest block that is there; what a late one held up is left out, not played later."""
        if self._to_come:
            return None
        while len(self._made) > self._blocks:
            self._made.popleft()
        return self._made.popleft() if self._made else None

    def _make(self) -> None:
        if self._urgent:
            before_others(AUDIO)
        try:
            while (asked := self._asked.get()) is not None:
                self._made.append(self._player.block(*asked))
        except Exception as error:  # told to the output, by its next block
            self._trouble = f"{type(error).__name__}: {error}"
