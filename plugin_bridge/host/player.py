"""Play one synth: notes and values from any thread, audio blocks for one.

A continuous parameter goes to its new value in even steps over ``GLIDE_S``: a jump in the middle of
a note would click. While one is under way the synth plays in pieces of ``PIECE`` frames, for the
steps of whole blocks click too. A stepped one jumps, as it does by hand.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from renderer.engines.base import Audio
from renderer.engines.stream import MidiEvent, PluginStream

GLIDE_S = 0.02  # from one value to the next
PIECE = 32  # frames between two steps: .7 ms
NOTE_ON, NOTE_OFF, CONTROL, ALL_NOTES_OFF = 0x90, 0x80, 0xB0, 123
WAITING = 4096  # notes that may wait for the next block: more than any hand plays


@dataclass
class _Way:
    """A parameter under way."""

    value: float
    end: float
    steps: int  # still to go


class Player:
    """Plays a stream; ``block`` is one thread's, all else may be called from any."""

    def __init__(self, stream: PluginStream, glide_s: float = GLIDE_S) -> None:
        """``glide_s``: seconds that a continuous parameter takes to its new value."""
        self._stream = stream
        self._steps = max(1, round(glide_s * stream.spec.sample_rate / PIECE))
        self._stepped = {p.name for p in stream.spec.parameters if p.steps}
        self._wanted: deque[Mapping[str, float]] = deque()
        self._notes: deque[bytes] = deque(maxlen=WAITING)
        self._ways: dict[str, _Way] = {}
        self._values = stream.read()
        self._sounding: set[int] = set()

    @property
    def sample_rate(self) -> int:
        """Hz, of the spec: what was learned at another would sound otherwise."""
        return self._stream.spec.sample_rate

    @property
    def channels(self) -> int:
        """Of every block."""
        return self._stream.spec.channels

    def values(self) -> dict[str, float]:
        """Native value of every parameter, where it is or is going."""
        return dict(self._values)

    def set(self, native: Mapping[str, float]) -> None:
        """Go to these values, 0..1; ValueError for a name the plugin lacks or no number."""
        for name, value in native.items():
            if name not in self._values:
                raise ValueError(f"the plugin has no parameter {name!r}")
            if not math.isfinite(value):
                raise ValueError(f"{name} cannot be {value}: give 0 to 1")
        self._values.update(native)
        self._wanted.append(dict(native))

    def play(self, message: bytes) -> None:
        """A MIDI message, in the next block."""
        self._notes.append(message)

    def note(self, note: int, velocity: int) -> None:
        """Begin a note, 0..127; velocity 0 ends it. ValueError beyond."""
        for value in (note, velocity):
            if not 0 <= value <= 127:
                raise ValueError(f"note and velocity are 0 to 127, got {value}")
        self.play(bytes([NOTE_ON if velocity else NOTE_OFF, note, velocity]))

    def quiet(self) -> None:
        """End every note."""
        for note in sorted(self._sounding):
            self.note(note, 0)
        self.play(bytes([CONTROL, ALL_NOTES_OFF, 0]))

    def block(self, frames: int, events: Sequence[MidiEvent] = ()) -> Audio:
        """The next samples, (channels, frames), none beyond full scale; ``events`` are in them."""
        came = [(self._notes.popleft(), 0) for _ in range(len(self._notes))]
        for message, _ in (*came, *events):
            self._follow(message)
        audio = self._played([*came, *events], frames)
        return np.clip(np.nan_to_num(audio, copy=False), -1, 1, out=audio)

    def _played(self, events: Sequence[MidiEvent], frames: int) -> Audio:
        """The block, in pieces for as long as a parameter moves."""
        pieces, done = [], 0
        self._set_out()
        while done < frames:
            self._step()
            size = min(PIECE, frames - done) if self._ways else frames - done
            after = done + size
            now = [(message, at - done) for message, at in events if done <= at < after]
            pieces.append(self._stream.block(now, size))
            done = after
        return np.concatenate(pieces, axis=1)

    def _follow(self, message: bytes) -> None:
        kind = message[0] & 0xF0
        if kind == NOTE_ON and message[2]:
            self._sounding.add(message[1])
        elif kind in (NOTE_ON, NOTE_OFF):
            self._sounding.discard(message[1])

    def _set_out(self) -> None:
        """Begin the ways that were asked for, each from where the parameter is."""
        for _ in range(len(self._wanted)):
            for name, end in self._wanted.popleft().items():
                steps = 1 if name in self._stepped else self._steps
                self._ways[name] = _Way(self._stream.value(name), end, steps)

    def _step(self) -> None:
        """Every parameter under way one step further."""
        for name, way in list(self._ways.items()):
            way.value += (way.end - way.value) / way.steps
            way.steps -= 1
            self._stream.set({name: way.value})
            if way.steps == 0:
                del self._ways[name]
