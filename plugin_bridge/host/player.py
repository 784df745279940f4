"""Play one synth: notes and values may come from any thread, one thread takes the audio.

A continuous parameter moves to its new value in even steps over ``GLIDE_S``, because a jump during
a note would click. During the move, the synth renders pieces of ``PIECE`` frames, because steps of
whole blocks click too. A parameter with steps jumps, as it does in the plugin.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from mido.messages.specs import SPEC_BY_STATUS

from renderer.engines.base import Audio
from renderer.engines.stream import ListeningStream, MidiEvent, SynthStream, WorkingStream

PIECE = 32  # frames between two steps: 0.7 ms
NOTE_ON, NOTE_OFF, CONTROL, ALL_NOTES_OFF = 0x90, 0x80, 0xB0, 123
SYSEX, SYSEX_END = 0xF0, 0xF7
WAITING = 4096  # most notes that wait for the next block: more than a person plays


@dataclass
class _Way:
    """Describe a parameter that is moving to a new value."""

    value: float
    end: float
    steps: int  # remaining steps


class Player:
    """Play a stream; one thread calls ``block``, any thread calls the other methods."""

    def __init__(self, stream: SynthStream, glide_s: float | None = None) -> None:
        """Start with the stream's values.

        Args:
            stream: The synth.
            glide_s: Seconds in which a continuous parameter moves; the stream's time by default.
        """
        self._stream = stream
        glide_s = stream.glide_s if glide_s is None else glide_s
        self._steps = max(1, round(glide_s * stream.spec.sample_rate / PIECE))
        self._stepped = {p.name for p in stream.spec.parameters if p.steps}
        self._wanted: deque[Mapping[str, float]] = deque()
        self._notes: deque[bytes] = deque(maxlen=WAITING)
        self._ways: dict[str, _Way] = {}
        self._values = stream.read()
        self._sounding: set[int] = set()
        self.incomplete = b""  # the last message that was not played, because it is incomplete

    @property
    def sample_rate(self) -> int:
        """Return the spec's sample rate in Hz; the synth sounds different at other rates."""
        return self._stream.spec.sample_rate

    @property
    def channels(self) -> int:
        """Return the number of channels of each block."""
        return self._stream.spec.channels

    @property
    def axes(self) -> tuple[str, ...]:
        """Return the names of the axes of a timbre model; none for a plugin."""
        return self._stream.axes

    @property
    def listens(self) -> bool:
        """Return whether the stream needs the audio input."""
        return isinstance(self._stream, ListeningStream) and self._stream.listens

    @property
    def worker(self) -> int:
        """Return the native id of the stream's own thread; 0 for none."""
        return self._stream.worker if isinstance(self._stream, WorkingStream) else 0

    def hear(self, samples: Audio) -> None:
        """Take the audio input of the next block, (frames,); call it before ``block``."""
        if isinstance(self._stream, ListeningStream):
            self._stream.hear(samples)

    def labels(self, name: str) -> tuple[str, ...]:
        """Return the labels of a parameter's steps; none for a continuous or unknown one."""
        found = (p.labels for p in self._stream.spec.parameters if p.name == name)
        return next(found, ())

    @property
    def trouble(self) -> str:
        """Return the error of the last change that was not made; empty without one."""
        return self._stream.trouble

    def values(self) -> dict[str, float]:
        """Return the native value of each parameter, or the value it is moving to."""
        return dict(self._values)

    def set(self, native: Mapping[str, float]) -> None:
        """Move parameters to these native values, 0..1.

        Raises:
            ValueError: The plugin does not have a name, or a value is not a finite number.
        """
        for name, value in native.items():
            if name not in self._values:
                raise ValueError(f"{name!r}: the plugin has no parameter of this name")
            if not math.isfinite(value):
                raise ValueError(f"{name} cannot be {value}: give a value from 0 to 1")
        self._values.update(native)
        self._wanted.append(dict(native))

    def play(self, message: bytes) -> None:
        """Play a MIDI message in the next block."""
        self._notes.append(message)

    def note(self, note: int, velocity: int) -> None:
        """Start a note; velocity 0 ends it.

        Raises:
            ValueError: The note or the velocity is not in 0..127.
        """
        for value in (note, velocity):
            if not 0 <= value <= 127:
                raise ValueError(f"note and velocity must be 0 to 127, got {value}")
        self.play(bytes([NOTE_ON if velocity else NOTE_OFF, note, velocity]))

    def quiet(self) -> None:
        """End every note."""
        for note in sorted(self._sounding):
            self.note(note, 0)
        self.play(bytes([CONTROL, ALL_NOTES_OFF, 0]))

    def block(self, frames: int, events: Sequence[MidiEvent] = ()) -> Audio:
        """Render the next samples with ``events``, shape (channels, frames), within full scale."""
        waiting = [(self._notes.popleft(), 0) for _ in range(len(self._notes))]
        whole = [event for event in (*waiting, *events) if self._is_whole(event[0])]
        for message, _ in whole:
            self._follow(message)
        audio = self._played(whole, frames)
        return np.clip(np.nan_to_num(audio, copy=False), -1, 1, out=audio)

    def _played(self, events: Sequence[MidiEvent], frames: int) -> Audio:
        """Render the block, in pieces while a parameter moves."""
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

    def _is_whole(self, message: bytes) -> bool:
        """Return whether a message is complete MIDI; remember it if it is not."""
        if not is_whole(message):
            self.incomplete = message or b"\0"
            return False
        return True

    def _follow(self, message: bytes) -> None:
        """Track which notes are on."""
        kind = message[0] & 0xF0
        if kind == NOTE_ON and message[2]:
            self._sounding.add(message[1])
        elif kind in (NOTE_ON, NOTE_OFF):
            self._sounding.discard(message[1])

    def _set_out(self) -> None:
        """Start the requested moves, each from the parameter's current value."""
        for _ in range(len(self._wanted)):
            for name, end in self._wanted.popleft().items():
                steps = 1 if name in self._stepped else self._steps
                self._ways[name] = _Way(self._stream.value(name), end, steps)

    def _step(self) -> None:
        """Move each moving parameter one step further."""
        for name, way in list(self._ways.items()):
            way.value += (way.end - way.value) / way.steps
            way.steps -= 1
            self._stream.set({name: way.value})
            if way.steps == 0:
                del self._ways[name]


def is_whole(message: bytes) -> bool:
    """Return whether bytes are one complete MIDI message, from its status byte to its end."""
    spec = SPEC_BY_STATUS.get(message[0]) if message else None
    if spec is None:
        return False
    is_sysex = message[0] == SYSEX
    ends = message[-1] == SYSEX_END if is_sysex else len(message) == spec["length"]
    body = message[1:-1] if is_sysex else message[1:]
    return len(message) > is_sysex and ends and all(byte < 128 for byte in body)
