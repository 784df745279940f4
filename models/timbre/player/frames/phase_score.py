"""Record the magnitudes of each note of a song, and integrate their phases when it has ended."""

from __future__ import annotations

import numpy as np

from models.audio.spectra.peak_phase import moved
from models.audio.spectra.pghi import with_integrated_phase
from models.audio.spectra.stft import BINS, HOP, Complex64, Float32, Float64, overlap_add
from models.timbre.player.frames.frame_player import HopGain
from models.timbre.player.synth import limited

SILENCE = np.zeros(BINS, np.complex64)


class RecordedVoice:
    """Keep the magnitudes of a note; it is silent while it plays (see ``VoicePhases``)."""

    def __init__(self) -> None:
        self.first, self.rows = 0, list[Float32]()
        self.seen = -1  # Rows when ``PhaseScore`` last looked.

    def spectrum(self, frame: Float32, peaks: Float64, ratio: float, at: HopGain) -> Complex64:
        """Return silence, and keep the magnitudes (see ``VoicePhases``)."""
        if not self.rows:
            self.first = at.hop
        self.rows.append(moved(frame, peaks, ratio).magnitudes * np.float32(at.gain))
        return SILENCE


class PhaseScore:
    """Collect the notes of a song, and add up their sound."""

    def __init__(self) -> None:
        self._open = list[RecordedVoice]()
        self._parts = list[tuple[int, Float64]]()

    def voice(self) -> RecordedVoice:
        """Return the voice of a new note."""
        self._open.append(RecordedVoice())
        return self._open[-1]

    def integrate_ended(self) -> None:
        """Make the sound of the notes that got no new frame since the last call."""
        ended = [voice for voice in self._open if voice.rows and len(voice.rows) == voice.seen]
        for voice in self._open:
            voice.seen = len(voice.rows)
        for voice in ended:
            self._make(voice)
            self._open.remove(voice)

    def sound(self, count: int) -> Float32:
        """Return the sound of all notes, between -1 and 1, (count,)."""
        for voice in self._open:
            if voice.rows:
                self._make(voice)
        self._open.clear()
        length = max([count, *(start + len(part) for start, part in self._parts)])
        total = np.zeros(length)
        for start, part in self._parts:
            total[start : start + len(part)] += part
        return limited(total).astype(np.float32)

    def _make(self, voice: RecordedVoice) -> None:
        rows = np.stack(voice.rows)
        self._parts.append((voice.first * HOP, overlap_add(with_integrated_phase(rows))))
