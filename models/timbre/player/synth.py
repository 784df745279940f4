"""Play a bank of tones with several voices: the audio thread of a timbre model.

One thread calls ``block`` and the methods that play. Any thread may call ``offer`` with a new bank.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from models.timbre.player import kernel
from models.timbre.player.bank import ToneBank
from models.timbre.player.noise_loops import noise_loops
from models.timbre.player.voices import VOICES, PlayedNote, Voices
from models.timbre.tone import MOST_HARMONICS, NOISE_HZ, START_PHASES, Float64
from models.timbre.tone import sample_envelope as amplitudes_of

Audio = npt.NDArray[np.float32]

SAMPLE_RATE = 48000  # Hz
ONE_NOTE = 0.4  # Peak of the loudest note, about; 8 dB below full scale.
CREST = 4.0  # Ratio of a note's peak to its RMS level, with the start phases of the contract.
KNEE = 0.7  # Louder samples are compressed; no sample reaches 1.
BEND_RANGE = 2.0  # Semitones; RPN 0 changes it.
VIBRATO_RANGE = 0.5  # Semitones at full modulation wheel.


@dataclass
class Channel:
    """Hold the controls of one MIDI channel.

    Attributes:
        bend: Position of the pitch wheel, -1 to 1.
        bend_range: Semitones at its ends.
        pressure: Channel pressure, 0 to 1.
        keys: Pressure of single keys, 0 to 1.
        pedal: Whether the sustain pedal is down.
        volume: CC 7, 0 to 1.
        expression: CC 11, 0 to 1.
        vibrato: Modulation wheel, 0 to 1.
        parameter: Registered parameter that data entry sets, as (MSB, LSB).
    """

    bend: float = 0.0
    bend_range: float = BEND_RANGE
    pressure: float = 0.0
    keys: dict[int, float] = field(default_factory=dict)
    pedal: bool = False
    volume: float = 1.0
    expression: float = 1.0
    vibrato: float = 0.0
    parameter: tuple[int, int] = (127, 127)


class PolySynth:
    """Play tones at any pitch, in 8 voices by default.

    Each note is a sum of sinusoids and filtered noise (``models.timbre.tone``). The result does
    not depend on the lengths of the blocks.

    Args:
        bank: The tones to start with.
        sample_rate: Hz.
        voices: Notes that sound at the same time.
        seed: Seed of the noise.

    Attributes:
        channels: Controls of the 16 MIDI channels; call ``refresh`` after a change.
    """

    def __init__(
        self,
        bank: ToneBank,
        sample_rate: int = SAMPLE_RATE,
        voices: int = VOICES,
        seed: int = 0,
    ) -> None:
        self.sample_rate, self.channels = sample_rate, [Channel() for _ in range(16)]
        self._bank = self._old = bank
        self._offered: ToneBank | None = None
        self._voices = Voices(voices)
        self._loops = noise_loops(sample_rate, seed, kernel.TICK)
        self._turns = np.stack([np.cos(START_PHASES), np.sin(START_PHASES)])
        self._work = tuple(np.zeros(kernel.TICK) for _ in range(6))
        self._clock, self._mix = np.zeros(1, np.int64), np.ones(1)
        self._gain = ONE_NOTE / CREST / max(loudest(bank), 1e-9)
        self._render(np.zeros(1))  # Load the compiled code before audio starts.
        self._clock[:] = 0

    @property
    def sounding(self) -> int:
        """Return the number of notes that sound."""
        return self._voices.sounding

    @property
    def is_silent(self) -> bool:
        """Return whether no voice makes sound, fading ones included."""
        return not self._voices.playing()

    def offer(self, bank: ToneBank) -> None:
        """Play another bank from the next block on, after a fade of 20 ms; from any thread."""
        self._offered = bank

    def note_on(self, channel: int, key: int, velocity: int) -> None:
        """Start a note with the next sample.

        Args:
            channel: MIDI channel, 0 to 15.
            key: MIDI note.
            velocity: MIDI velocity, 1 to 127.
        """
        note = PlayedNote(channel, key, velocity)
        slot = self._voices.start(note)
        if slot is not None:
            self._set(slot, note, at_once=True)

    def note_off(self, channel: int, key: int) -> None:
        """End a note, now or when the pedal is up."""
        self._voices.release(channel, key, self.channels[channel].pedal)

    def pedal(self, channel: int, down: bool) -> None:
        """Set the sustain pedal of a channel."""
        self.channels[channel].pedal = down
        if not down:
            self._voices.pedal_up(channel)

    def all_off(self, channel: int, at_once: bool = False) -> None:
        """End all notes of a channel; ``at_once`` within 5 ms."""
        self._voices.release_all(channel, at_once)

    def refresh(self, channel: int) -> None:
        """Move the voices of a channel to the values of its controls, in about 10 ms."""
        for slot, note in self._voices.playing():
            if note.channel == channel:
                self._set(slot, note)

    def block(self, frames: int) -> Audio:
        """Return the next samples, shape (1, frames), between -1 and 1."""
        if self._offered is not None and self._mix[0] >= 1.0:
            self._old, self._bank = self._bank, self._offered
            self._offered, self._mix[0] = None, 0.0
        for slot, note in self._voices.start_waiting():
            self._set(slot, note, at_once=True)
        out = np.zeros(frames)
        self._render(out)
        return limited(out)[None].astype(np.float32)

    def _set(self, slot: int, note: PlayedNote, at_once: bool = False) -> None:
        """Set what the smoothed values of a voice move to; ``at_once`` for a new voice."""
        channel, state = self.channels[note.channel], self._voices.state["states"][slot]
        pressure = max(channel.pressure, channel.keys.get(note.key, 0.0))
        loud = note.velocity / 127
        state[kernel.PITCH_TO] = note.key + channel.bend * channel.bend_range
        state[kernel.LOUD_TO] = loud + pressure * (1 - loud)
        state[kernel.GAIN_TO] = (channel.volume * channel.expression) ** 2
        state[kernel.VIBRATO_TO] = channel.vibrato * VIBRATO_RANGE
        if at_once:
            for smoothed in (kernel.PITCH, kernel.LOUD, kernel.GAIN, kernel.VIBRATO):
                state[smoothed] = state[smoothed + 1]

    def _render(self, out: Float64) -> None:
        """Add all voices to the output."""
        state = self._voices.state
        kernel.render(
            out, self._clock, float(self.sample_rate), state["states"], state["counts"],
            state["amps"], state["bands"], state["noise"], self._bank.parts, self._old.parts,
            self._mix, self._loops, self._turns, self._work, self._gain,
        )  # fmt: skip


def limited(samples: Float64) -> Float64:
    """Return samples below full scale: unchanged up to 0.7, compressed beyond.

    >>> limited(np.array([0.5, 3.0])).tolist()[0]
    0.5
    """
    over = np.abs(samples) - KNEE
    if not (over > 0).any():
        return samples
    room = 1.0 - KNEE
    soft = np.sign(samples) * (KNEE + room * np.tanh(np.maximum(over, 0.0) / room) * 0.999)
    return np.asarray(np.where(over > 0, soft, samples))


def loudest(bank: ToneBank) -> float:
    """Return the RMS level of the loudest frame of a bank, at any zone, in the loudest layer."""
    widths_hz = np.gradient(NOISE_HZ)
    levels = []
    for zone, midi in enumerate(bank.zones):
        harmonics, noise = bank.harmonics_db[zone, -1], bank.noise_db[zone, -1]
        f0_hz = np.full(len(harmonics), 440.0 * 2 ** ((midi - 69) / 12))
        sines = amplitudes_of(harmonics, f0_hz, MOST_HARMONICS).astype(np.float64)
        power = (sines**2).sum(axis=1) / 2 + 10 ** (noise.astype(np.float64) / 10) @ widths_hz
        levels.append(float(np.sqrt(power.max())))
    return max(levels)
