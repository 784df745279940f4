"""Cut one long recording into notes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.audio.decode import SEARCHED_S, read_part
from models.audio.pitch import frame_f0
from models.timbre.corpus.note import RATE, Float64, Note, Report, at_common_rate

FRAME_S = 0.025
GATE_DB = -45.0  # Frames this far below the loudest are pauses.
SAME_SEMITONES = 0.8  # A frame further from the note's median starts another note.
LONGEST_GAP = 3  # Unvoiced or wrong frames inside a note.
ATTACK_RISE_DB = 6.0  # The same note again: the level rises this much within 50 ms.
SHORTEST_S = 0.3
EARLIER = 2  # Frames kept before a note has a clear pitch: its attack.
TAIL_S = 0.4  # Kept after a note, if the next one starts later.
LONGEST_S = 1200.0  # A longer recording is read only up to here.


@dataclass(frozen=True)
class LongRecording:
    """Give the notes of one recording of single notes, such as a scale or a melody.

    Attributes:
        path: The sound file.
    """

    path: Path

    @property
    def source(self) -> str:
        """Return the name of the file."""
        return f"recording {self.path.name}"

    def notes(self, report: Report) -> Iterator[Note]:
        """Yield the notes in the order of their time (see ``Corpus``).

        Raises:
            AudioError: The file cannot be used.
        """
        start_s, end_s = 0.0, LONGEST_S
        while start_s < end_s:
            warnings: list[str] = []
            part = read_part(self.path, start_s, None, warnings)
            end_s = min(end_s, start_s + part.length_s)
            samples = at_common_rate(part.frames.T, part.sample_rate)
            for first, last in find_notes(samples):
                if start_s and not first:
                    continue  # Its start is in the part before this one.
                name = f"{start_s + first / RATE:.2f} s"
                yield Note(name, samples[first:last], None, min(RATE, part.sample_rate) / 2)
            start_s += SEARCHED_S
        if end_s == LONGEST_S:
            report.remarks.append(f"only the first {LONGEST_S / 60:g} minutes were used")


def find_notes(samples: Float64) -> list[tuple[int, int]]:
    """Return the first sample of each note, and the sample after its tail.

    Args:
        samples: Mono audio at 48 kHz, shape (n,).

    Returns:
        The notes in their order.
    """
    hz, energy = frame_f0(samples, RATE)
    level = 10 * np.log10(energy + 1e-12)
    voiced = np.isfinite(hz) & (level > level.max() + GATE_DB)
    midi = np.where(voiced, 69 + 12 * np.log2(np.where(voiced, hz, 440.0) / 440), np.nan)
    notes, step = [], round(FRAME_S * RATE)
    found = _segments(midi, level)
    for number, (first, last) in enumerate(found):
        if (last - first) * FRAME_S < SHORTEST_S:
            continue
        following = found[number + 1][0] if number + 1 < len(found) else len(midi)
        end = min(last + round(TAIL_S / FRAME_S), following)
        before = found[number - 1][1] if number else 0
        start = max(before, first - EARLIER)
        notes.append((start * step, min(end * step, len(samples))))
    return notes


def _segments(midi: Float64, level: Float64) -> list[tuple[int, int]]:
    """Return runs of frames with one pitch and one attack: first frame, and frame after it."""
    found: list[tuple[int, int]] = []
    start, last, pitches = -1, -1, [0.0]
    for frame, pitch in enumerate(midi):
        same = start >= 0 and abs(pitch - float(np.median(pitches[-20:]))) < SAME_SEMITONES
        if same and not (_is_attack(level, frame) and frame - start > 4):
            pitches.append(pitch)
            last = frame
            continue
        if start >= 0 and not same and frame - last <= LONGEST_GAP:
            continue
        if start >= 0:
            found.append((start, last + 1))
        start, last, pitches = (frame, frame, [pitch]) if np.isfinite(pitch) else (-1, -1, [0.0])
    if start >= 0:
        found.append((start, last + 1))
    return found


def _is_attack(level: npt.NDArray[np.float64], frame: int) -> bool:
    """Return whether the level rises at a frame as it does when a note starts again."""
    return frame >= 2 and bool(level[frame] - level[frame - 2] > ATTACK_RISE_DB)
