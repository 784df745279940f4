"""Play pads: the audio thread of a one-shot model. It only adds sounds that are ready."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from models.timbre.contract import Float32, Float64
from models.timbre.player.hits.pads import PadBank
from models.timbre.player.synth import limited
from renderer.engines.stream import MidiEvent

FIRST_AXIS, AXES = 20, 8  # CC 20 is axis 1.
VOLUME, EXPRESSION, SOUND_OFF, RESET, NOTES_OFF = 7, 11, 120, 121, 123
FADE_S = 0.005  # A hit that makes room for another one, or is choked, fades in this time.
SOFTEST_DB = -24.0  # Level of velocity 1, relative to velocity 127.


@dataclass
class _Playing:
    """Hold a hit that sounds: its samples, the next one, its gain, and its fade."""

    key: int
    channel: int
    sound: Float32
    gain: float
    at: int = 0
    fading: int = -1  # Samples of the fade that are left; -1 while it does not fade.


@dataclass
class _Controls:
    """Hold the level of one MIDI channel."""

    levels: dict[int, float] = field(default_factory=lambda: {VOLUME: 1.0, EXPRESSION: 1.0})

    @property
    def gain(self) -> float:
        return (self.levels[VOLUME] * self.levels[EXPRESSION]) ** 2


class HitSynth:
    """Play pads by MIDI.

    Args:
        bank: Pads to start with.
        channels: Channels of their sounds.
        sample_rate: Hz.
        voices: Hits that sound at the same time.
        set_axis: Receives number and position, 0 to 1, of an axis from CC 20 to 27.
    """

    def __init__(
        self,
        bank: PadBank,
        channels: int,
        sample_rate: int,
        voices: int = 16,
        set_axis: Callable[[int, float], None] = lambda number, position: None,
    ) -> None:
        self._bank, self._channels, self._voices = bank, channels, voices
        self._fade = max(1, round(FADE_S * sample_rate))
        self._playing: list[_Playing] = []
        self._controls = [_Controls() for _ in range(16)]
        self._set_axis = set_axis

    @property
    def sounding(self) -> int:
        """Return the number of hits that sound."""
        return len(self._playing)

    def offer(self, bank: PadBank) -> None:
        """Play another bank from the next hit on; from any thread."""
        self._bank = bank

    def block(self, events: Sequence[MidiEvent], frames: int) -> Float32:
        """Return the next samples with the messages, each at its own sample; (channels, frames)."""
        out, done = np.zeros((self._channels, frames)), 0
        for message, frame in sorted(events, key=lambda event: event[1]):
            self._add(out[:, done:frame])
            done = max(done, frame)
            self._message(message)
        self._add(out[:, done:])
        return limited(out).astype(np.float32)

    def _message(self, message: bytes) -> None:
        kind, channel = message[0] & 0xF0, message[0] & 0x0F
        if kind == 0x90 and message[2]:
            self._strike(channel, message[1], message[2])
        elif kind == 0xB0:
            self._control(channel, message[1], message[2])

    def _control(self, channel: int, number: int, value: int) -> None:
        if number in (VOLUME, EXPRESSION):
            self._controls[channel].levels[number] = value / 127
        elif number == RESET:
            self._controls[channel] = _Controls()
        elif number in (SOUND_OFF, NOTES_OFF):
            self._end([hit for hit in self._playing if hit.channel == channel])
        elif FIRST_AXIS <= number < FIRST_AXIS + AXES:
            self._set_axis(number - FIRST_AXIS, value / 127)

    def _strike(self, channel: int, key: int, velocity: int) -> None:
        """Start a hit with the next sample; a key without a pad has no effect."""
        pad = self._bank.get(key)
        if pad is None:
            return
        self._end([hit for hit in self._playing if hit.key in pad.chokes])
        full = [hit for hit in self._playing if hit.fading < 0]
        self._end(full[: max(0, len(full) + 1 - self._voices)])
        loud = velocity / 127
        gain = 10 ** (SOFTEST_DB * (1 - (velocity - 1) / 126) / 20)
        self._playing.append(_Playing(key, channel, pad.layer_at(loud), gain))

    def _end(self, hits: Sequence[_Playing]) -> None:
        for hit in hits:
            if hit.fading < 0:
                hit.fading = self._fade

    def _add(self, out: Float64) -> None:
        """Add the next samples of all hits to ``out``, (channels, n)."""
        for hit in self._playing:
            gain = hit.gain * self._controls[hit.channel].gain
            count = min(out.shape[1], hit.sound.shape[1] - hit.at)
            piece = hit.sound[:, hit.at : hit.at + count] * gain
            if hit.fading >= 0:
                left = np.maximum(hit.fading - np.arange(count), 0) / self._fade
                piece = piece * left
                hit.fading = max(0, hit.fading - out.shape[1])
            out[:, :count] += piece
            hit.at += count
        self._playing = [
            hit for hit in self._playing if hit.at < hit.sound.shape[1] and hit.fading != 0
        ]
