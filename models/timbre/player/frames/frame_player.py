"""Play frames of magnitudes with several voices: the audio thread of a spectral model.

Every hop of 1024 samples, each voice moves its frame to its pitch and gives it phases. The spectra
of all voices are added up, and one inverse FFT with a Hann window makes the sound. A note therefore
starts at the next hop, and fades in over half a window. Block lengths have no
effect.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from models.audio.spectra.noise_phase import LOOP_HOPS, noise_turns, stretched
from models.audio.spectra.peak_phase import PeakMap, PeakPhases, moved
from models.audio.spectra.stft import BINS, HANN, HOP, WINDOW, Complex64, Float32, Float64
from models.timbre.player.frames.frame_bank import FrameBank, ratio_of
from models.timbre.player.kernel import VIBRATO_HZ
from models.timbre.player.synth import (
    CREST,
    ONE_NOTE,
    SAMPLE_RATE,
    VIBRATO_RANGE,
    Audio,
    Channel,
    limited,
)
from models.timbre.player.voices import VOICES, PlayedNote

RELEASE_S, KILL_S = 0.3, 0.05  # Seconds in which a note falls by 60 dB.
RANGE_DB = 24.0  # Between the softest and the loudest velocity.
SILENT = 1e-3
HELD, SUSTAINED, RELEASED, STOPPED = 0, 1, 2, 3


@dataclass(frozen=True)
class HopGain:
    """Hold the number of a hop since the start of the sound, and a voice's linear gain in it."""

    hop: int
    gain: float


class VoicePhases(Protocol):
    """Make the spectra of one voice from its magnitudes, hop by hop."""

    def spectrum(self, frame: Float32, peaks: Float64, ratio: float, at: HopGain) -> Complex64:
        """Return the next spectrum of a frame.

        Args:
            frame: Magnitudes, (BINS,).
            peaks: Its peaks in bins.
            ratio: All frequencies are multiplied by it.
            at: Number of the hop, and gain of the voice.

        Returns:
            The spectrum, (BINS,).
        """
        ...


class PeakVoice:
    """Give a voice peak-locked phases."""

    def __init__(self) -> None:
        self._phases, self._ratio = PeakPhases(), 0.0
        self._frame: Float32 | None = None
        self._map: PeakMap | None = None

    def spectrum(self, frame: Float32, peaks: Float64, ratio: float, at: HopGain) -> Complex64:
        """Return the next spectrum (see ``VoicePhases``)."""
        if self._map is None or self._frame is not frame or self._ratio != ratio:
            self._map, self._frame, self._ratio = moved(frame, peaks, ratio), frame, ratio
        return self._phases.spectrum(self._map) * np.float32(at.gain)


class NoiseVoice:
    """Give a voice the phases of stored noise."""

    def spectrum(self, frame: Float32, peaks: Float64, ratio: float, at: HopGain) -> Complex64:
        """Return the next spectrum (see ``VoicePhases``)."""
        turns = noise_turns()[at.hop % LOOP_HOPS]
        return np.asarray(stretched(frame, ratio) * np.float32(at.gain) * turns, np.complex64)


@dataclass
class FrameVoice:
    """Hold one sounding note.

    Attributes:
        note: The note.
        phases: Its phases.
        stage: HELD, SUSTAINED by the pedal, RELEASED, or STOPPED in a short time.
        level: Gain of the release, 1 while the key is held.
    """

    note: PlayedNote
    phases: VoicePhases
    stage: int = HELD
    level: float = 1.0


@dataclass
class FramePlayer:
    """Play a frame bank, with the interface of ``PolySynth``.

    Attributes:
        bank: The frames that play.
        sample_rate: Hz.
        most: Notes that sound at the same time.
        new_phases: Makes the phases of a new voice.
        channels: Controls of the 16 MIDI channels.
    """

    bank: FrameBank
    sample_rate: int = SAMPLE_RATE
    most: int = VOICES
    new_phases: Callable[[], VoicePhases] = PeakVoice
    channels: list[Channel] = field(default_factory=lambda: [Channel() for _ in range(16)])

    def __post_init__(self) -> None:
        """Start in silence."""
        self._offered: FrameBank | None = None
        self._voices: list[FrameVoice] = []
        self._sum = np.zeros(WINDOW)
        self._rest = 0  # Hops until the last spectrum has faded.
        self._ready = np.zeros(0)
        self._hop = 0
        # Load the compiled code before audio starts.
        self.new_phases().spectrum(self.bank.frames[0], self.bank.peaks[0], 1.1, HopGain(0, 0.0))

    @property
    def sounding(self) -> int:
        """Return the number of notes that sound."""
        return sum(voice.stage != STOPPED for voice in self._voices)

    @property
    def is_silent(self) -> bool:
        """Return whether nothing sounds, fading windows included."""
        return not self._voices and not self._rest and not self._ready.any()

    def offer(self, bank: FrameBank) -> None:
        """Play another bank from the next hop on; from any thread."""
        self._offered = bank

    def note_on(self, channel: int, key: int, velocity: int) -> None:
        """Start a note with the next hop.

        Args:
            channel: MIDI channel, 0 to 15.
            key: MIDI note.
            velocity: MIDI velocity, 1 to 127.
        """
        for voice in self._voices:
            if (voice.note.channel, voice.note.key) == (channel, key):
                voice.stage = STOPPED
        if self.sounding >= self.most:
            order = sorted(
                (voice for voice in self._voices if voice.stage != STOPPED),
                key=lambda voice: (voice.stage != RELEASED, voice.level),
            )
            order[0].stage = STOPPED
        self._voices.append(FrameVoice(PlayedNote(channel, key, velocity), self.new_phases()))

    def note_off(self, channel: int, key: int) -> None:
        """End a note, now or when the pedal is up."""
        for voice in self._voices:
            if (voice.note.channel, voice.note.key, voice.stage) == (channel, key, HELD):
                voice.stage = SUSTAINED if self.channels[channel].pedal else RELEASED

    def pedal(self, channel: int, down: bool) -> None:
        """Set the sustain pedal of a channel."""
        self.channels[channel].pedal = down
        for voice in self._voices:
            if not down and (voice.note.channel, voice.stage) == (channel, SUSTAINED):
                voice.stage = RELEASED

    def all_off(self, channel: int, at_once: bool = False) -> None:
        """End all notes of a channel; ``at_once`` within 50 ms."""
        for voice in self._voices:
            if voice.note.channel == channel and voice.stage != STOPPED:
                voice.stage = STOPPED if at_once else RELEASED

    def refresh(self, channel: int) -> None:
        """Return at once: every hop reads the controls."""

    def block(self, frames: int) -> Audio:
        """Return the next samples, shape (1, frames), between -1 and 1."""
        while len(self._ready) < frames:
            self._ready = np.concatenate([self._ready, self._next_hop()])
        out, self._ready = self._ready[:frames], self._ready[frames:]
        return limited(out)[None].astype(np.float32)

    def _next_hop(self) -> Float64:
        """Return the next HOP samples."""
        offered, self._offered = self._offered, None
        self.bank = offered or self.bank
        total = np.zeros(BINS, np.complex64)
        for voice in self._voices:
            total += self._spectrum(voice)
        self._voices = [v for v in self._voices if v.stage in (HELD, SUSTAINED) or v.level > SILENT]
        self._hop += 1
        if total.any():
            self._rest = WINDOW // HOP
            self._sum += np.fft.irfft(total, WINDOW) * (HANN / 1.5)
        self._rest = max(0, self._rest - 1)
        out = self._sum[:HOP].copy()
        self._sum = np.concatenate([self._sum[HOP:], np.zeros(HOP)])
        return out

    def _spectrum(self, voice: FrameVoice) -> Complex64:
        """Return the next spectrum of a voice, and advance its release."""
        note, channel = voice.note, self.channels[voice.note.channel]
        at_s = self._hop * HOP / self.sample_rate
        wave = np.sin(2 * np.pi * VIBRATO_HZ * at_s) * channel.vibrato * VIBRATO_RANGE
        midi = note.key + channel.bend * channel.bend_range + float(wave)
        number = int(self.bank.class_of_key[note.key])
        ratio = ratio_of(self.bank, note.key, midi, self.sample_rate)
        if voice.stage in (RELEASED, STOPPED):
            fall_s = RELEASE_S if voice.stage == RELEASED else KILL_S
            voice.level *= 10 ** (-3 * HOP / self.sample_rate / fall_s)
        at = HopGain(self._hop, voice.level * self._loudness(note, channel))
        frame, peaks = self.bank.frames[number], self.bank.peaks[number]
        return voice.phases.spectrum(frame, peaks, ratio, at)

    @staticmethod
    def _loudness(note: PlayedNote, channel: Channel) -> float:
        """Return the gain of a note: velocity, pressure, volume and expression."""
        pressure = max(channel.pressure, channel.keys.get(note.key, 0.0))
        loud = note.velocity / 127
        loud += pressure * (1 - loud)
        level_db = RANGE_DB * (loud - 1)
        volume = (channel.volume * channel.expression) ** 2
        return float(ONE_NOTE / CREST * 10 ** (level_db / 20) * volume)
