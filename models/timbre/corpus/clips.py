"""Cut a recording of anything into clips of equal length: the groups of a split."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from models.audio.decode import SEARCHED_S, read_part
from models.timbre.corpus.note import RATE, Note, Report, at_common_rate

CLIP_S = 4.0
SHORTEST_S = 0.2  # A shorter rest at the end is left out.
LONGEST_S = 3600.0


@dataclass(frozen=True)
class ClippedRecording:
    """Give clips of a recording, which need no pitch: chords and noise are allowed.

    Attributes:
        path: The sound file.
        clip_s: Length of a clip in seconds.
    """

    path: Path
    clip_s: float = CLIP_S

    @property
    def source(self) -> str:
        """Return the name of the file and the length of its clips."""
        return f"recording {self.path.name}, clips of {self.clip_s:g} s"

    def notes(self, report: Report) -> Iterator[Note]:
        """Yield the clips in the order of their time (see ``Corpus``).

        Raises:
            AudioError: The file cannot be used.
        """
        # A whole number of clips in each part that is read.
        part_s = max(1, int(SEARCHED_S / self.clip_s)) * self.clip_s
        start_s, end_s = 0.0, LONGEST_S
        while start_s < end_s:
            part = read_part(self.path, start_s, None, [])
            samples = at_common_rate(part.frames.T, part.sample_rate)[: round(part_s * RATE)]
            end_s = min(end_s, start_s + part.length_s)
            for at in range(0, len(samples), round(self.clip_s * RATE)):
                clip = samples[at : at + round(self.clip_s * RATE)]
                if len(clip) >= SHORTEST_S * RATE:
                    name = f"{start_s + at / RATE:.2f} s"
                    yield Note(name, clip, None, min(RATE, part.sample_rate) / 2)
            start_s += part_s
