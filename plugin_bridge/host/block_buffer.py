"""Render audio blocks in advance, to survive short stalls of the machine.

An audio output asks for a block when it needs it, and must get it within one period. A separate
thread that renders N blocks in advance has N periods for each block. One block in advance gains
nothing over the output's own thread; two gain a whole period. Notes and knobs take effect N blocks
later.
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

Asked = tuple[int, list[MidiEvent]]  # number of frames, and their MIDI events
MOST = 16  # most blocks in advance: 0.1 s of JACK's usual blocks


class BlockBuffer:
    """Render a player's blocks in advance of its output."""

    def __init__(self, player: Player, blocks: int = 0, urgent: bool = False) -> None:
        """Start the thread, if blocks are rendered in advance.

        Args:
            player: Player to render.
            blocks: Number of blocks in advance; 0 renders each block in the output's own thread.
            urgent: Give the thread priority over ordinary programs, where the system allows it.
        """
        self._player, self._blocks, self._urgent = player, blocks, urgent
        self._asked: SimpleQueue[Asked | None] = SimpleQueue()
        self._made: deque[Audio] = deque()
        self._to_come, self._trouble = blocks, ""
        self.late = 0  # blocks that were late and therefore silent
        self._thread = Thread(target=self._make, daemon=True)
        if blocks:
            self._thread.start()

    def block(self, frames: int, events: Sequence[MidiEvent] = ()) -> Audio:
        """Return the block that was requested ``blocks`` calls ago, without waiting.

        The first blocks and late blocks are silent.

        Args:
            frames: Number of frames to request.
            events: MIDI events for these frames.

        Returns:
            Samples, shape (channels, frames).

        Raises:
            RuntimeError: The player has failed.
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
        """End the thread."""
        self._asked.put(None)
        if self._blocks:
            self._thread.join()

    def _next(self) -> Audio | None:
        """Return the oldest finished block; drop the blocks that a late block delayed."""
        if self._to_come:
            return None
        while len(self._made) > self._blocks:
            self._made.popleft()
        return self._made.popleft() if self._made else None

    def _make(self) -> None:
        """Render requested blocks until closed."""
        if self._urgent:
            before_others(AUDIO)
        try:
            while (asked := self._asked.get()) is not None:
                self._made.append(self._player.block(*asked))
        except Exception as error:  # the output gets the error with its next block
            self._trouble = f"{type(error).__name__}: {error}"
