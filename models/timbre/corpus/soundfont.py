"""Play the notes of a SoundFont instrument with TinySoundFont: dry, without chorus and reverb."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from datasets.errors import AudioError, reason
from models.timbre.corpus.note import RATE, Float64, Note, Report

ENDINGS = (".sf2", ".sf3")
GAIN_DB = -6.0  # Room for loud instruments: samples stay below full scale.


@dataclass(frozen=True)
class SoundFontInstrument:
    """Give notes of one instrument of a SoundFont.

    Attributes:
        path: The SoundFont.
        program: Program of the instrument, 0 to 127, as files count (General MIDI's violin is 40).
        bank: Bank of the instrument.
        low: Lowest MIDI note.
        high: Highest MIDI note.
        step: Semitones between notes.
        velocities: MIDI velocities of each note.
        hold_s: Seconds from key-down to key-up.
        tail_s: Seconds after key-up.
    """

    path: Path
    program: int
    bank: int = 0
    low: int = 55
    high: int = 88
    step: int = 1
    velocities: tuple[int, ...] = (50, 85, 120)
    hold_s: float = 1.5
    tail_s: float = 0.5

    @property
    def source(self) -> str:
        """Return the file, the program and the bank."""
        return f"SoundFont {self.path.name}, bank {self.bank}, program {self.program}"

    def notes(self, report: Report) -> Iterator[Note]:
        """Yield the notes (see ``Corpus``).

        Raises:
            AudioError: The file or the instrument cannot be used, or TinySoundFont is missing.
        """
        player = self._open()
        for midi in range(self.low, self.high + 1, self.step):
            for velocity in self.velocities:
                samples = self._play(player, midi, velocity)
                yield Note(f"note {midi} velocity {velocity}", samples, midi)

    def _open(self) -> Any:  # noqa: ANN401 - the library has no types
        """Return a player of the instrument.

        Raises:
            AudioError: The file or the instrument cannot be used, or TinySoundFont is missing.
        """
        try:
            import tinysoundfont
        except ImportError:
            raise AudioError(
                f"{self.path.name} needs TinySoundFont: run pip install --no-deps tinysoundfont"
            ) from None
        if not self.path.is_file():
            raise AudioError(f"{str(self.path)!r} does not exist: check the path")
        player = tinysoundfont.Synth(gain=GAIN_DB, samplerate=RATE)
        try:
            font = player.sfload(str(self.path))
            # The library plays bank 0 instead of a bank that does not exist.
            if player.sfpreset_name(font, self.bank, self.program) is None:
                raise RuntimeError("it has no such program")
            player.program_select(0, font, self.bank, self.program)
        except Exception as error:  # Its own errors are plain exceptions.
            raise AudioError(
                f"{self.path.name}: bank {self.bank}, program {self.program} cannot be played "
                f"({reason(error)}). Use a program of this SoundFont"
            ) from error
        return player

    def _play(self, player: Any, midi: int, velocity: int) -> Float64:  # noqa: ANN401
        """Return one note, mono; the player is silent afterwards."""
        player.noteon(0, midi, velocity)
        held = _mono(player.generate(round(self.hold_s * RATE)))
        player.noteoff(0, midi)
        tail = _mono(player.generate(round(self.tail_s * RATE)))
        player.sounds_off(0)
        return np.concatenate([held, tail])


def _mono(frames: memoryview) -> Float64:
    """Return stereo float32 frames as mono."""
    stereo = np.frombuffer(bytes(frames), np.float32).reshape(-1, 2)
    return np.asarray(stereo.mean(axis=1), np.float64)
