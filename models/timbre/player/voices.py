"""Allocate voices to notes: start, release, sustain, and steal when all voices play."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.timbre.player import kernel
from models.timbre.player.kernel import COUNTS, FIELDS, FREE, HELD, KILLED, RELEASED
from models.timbre.tone import MOST_HARMONICS, NOISE_BANDS

VOICES = 8  # Notes that sound at the same time.


@dataclass(frozen=True)
class PlayedNote:
    """Identify a note: who plays it, and how loud.

    Attributes:
        channel: MIDI channel, 0 to 15.
        key: MIDI note, 0 to 127.
        velocity: MIDI velocity, 1 to 127.
    """

    channel: int
    key: int
    velocity: int


class Voices:
    """Hold the state of all voices; one thread at a time uses it.

    There are two slots for each voice: a voice that makes room for another note fades in one slot,
    while the new note starts in another one.

    Attributes:
        state: The arrays of ``empty_state``.
        notes: The note of each slot; None for a free one.
    """

    def __init__(self, voices: int = VOICES) -> None:
        self.state = empty_state(2 * voices)
        self.notes: list[PlayedNote | None] = [None] * (2 * voices)
        self._most = voices
        self._order = [0] * (2 * voices)  # When each slot was started.
        self._pedal: set[int] = set()  # Slots whose key is up while the pedal is down.
        self._started = 0
        self._waiting: deque[PlayedNote] = deque(maxlen=voices)

    @property
    def sounding(self) -> int:
        """Return the number of notes that sound and do not make room for others."""
        return sum(self._stage(slot) in (HELD, RELEASED) for slot in range(len(self.notes)))

    def playing(self) -> list[tuple[int, PlayedNote]]:
        """Return each slot that sounds, with its note."""
        return [(s, note) for s, note in enumerate(self.notes) if note and self._stage(s) != FREE]

    def start(self, note: PlayedNote) -> int | None:
        """Start a note.

        Args:
            note: The note. If its key already plays in the channel, that voice makes room.

        Returns:
            The slot; None if every slot is in use and the note waits for a few milliseconds.
        """
        for slot, other in self.playing():
            if (other.channel, other.key) == (note.channel, note.key):
                self._kill(slot)
        free = [slot for slot in range(len(self.notes)) if self._stage(slot) == FREE]
        if not free:
            self._waiting.append(note)
            return None
        while self.sounding >= self._most:
            self._kill(self._victim())
        self._begin(free[0], note)
        return free[0]

    def start_waiting(self) -> list[tuple[int, PlayedNote]]:
        """Start notes that wait, while slots are free; return their slots."""
        started = []
        for note in [self._waiting.popleft() for _ in range(len(self._waiting))]:
            slot = self.start(note)
            if slot is not None:
                started.append((slot, note))
        return started

    def release(self, channel: int, key: int, pedal: bool) -> None:
        """End a note, or keep it until the pedal is up.

        Args:
            channel: MIDI channel, 0 to 15.
            key: MIDI note.
            pedal: Whether the pedal of the channel is down.
        """
        self._waiting = deque(
            (note for note in self._waiting if (note.channel, note.key) != (channel, key)),
            self._most,
        )
        for slot, note in self.playing():
            if (note.channel, note.key) == (channel, key) and self._stage(slot) == HELD:
                if pedal:
                    self._pedal.add(slot)
                else:
                    self._release(slot)

    def pedal_up(self, channel: int) -> None:
        """End the notes of a channel that only its pedal holds."""
        for slot, note in self.playing():
            if slot in self._pedal and note.channel == channel:
                self._release(slot)

    def release_all(self, channel: int, at_once: bool = False) -> None:
        """End all notes of a channel, with their release or, ``at_once``, in 5 ms."""
        self._waiting.clear()
        for slot, note in self.playing():
            if note.channel == channel:
                if at_once:
                    self._kill(slot)
                elif self._stage(slot) == HELD:
                    self._release(slot)

    def _stage(self, slot: int) -> int:
        return int(self.state["counts"][slot, kernel.STAGE])

    def _victim(self) -> int:
        """Return the quietest released voice, or the oldest one if all keys are down."""
        slots = range(len(self.notes))
        released = [slot for slot in slots if self._stage(slot) == RELEASED]
        if released:
            return min(released, key=lambda s: float(self.state["states"][s, kernel.LEVEL]))
        return min((s for s in slots if self._stage(s) == HELD), key=lambda s: self._order[s])

    def _begin(self, slot: int, note: PlayedNote) -> None:
        """Put a note into a free slot."""
        self._started += 1
        self._order[slot] = self._started
        self._pedal.discard(slot)
        self.notes[slot] = note
        state = self.state["states"][slot]
        state[:] = 0.0
        state[kernel.AGE_S] = state[kernel.RELEASED_S] = -1.0
        state[kernel.KILL] = 1.0
        self.state["amps"][slot] = 0.0
        self.state["bands"][slot] = 0.0
        self.state["counts"][slot] = (HELD, 0, 1)

    def _release(self, slot: int) -> None:
        self._pedal.discard(slot)
        self.state["counts"][slot, kernel.STAGE] = RELEASED
        self.state["states"][slot, kernel.RELEASED_S] = 0.0

    def _kill(self, slot: int) -> None:
        self._pedal.discard(slot)
        self.state["counts"][slot, kernel.STAGE] = KILLED


def empty_state(voices: int) -> dict[str, Any]:
    """Return the arrays of silent voices, by the names of their arguments in ``kernel.render``."""
    return {
        "states": np.zeros((voices, FIELDS)),
        "counts": np.zeros((voices, COUNTS), np.int64),
        "amps": np.zeros((voices, 2, MOST_HARMONICS)),
        "bands": np.zeros((voices, NOISE_BANDS)),
        "noise": np.zeros((2, NOISE_BANDS)),
    }
