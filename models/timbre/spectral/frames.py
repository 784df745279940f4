"""Turn notes into normalised magnitude frames, and split them by group (section IV)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from datasets.errors import AudioError
from models.audio.spectra.chroma import Classes, note_classes
from models.audio.spectra.stft import Float32, Float64, at_rate, magnitudes
from models.timbre.corpus.note import RATE as CORPUS_RATE
from models.timbre.corpus.note import Corpus, Note, Report

Strings = tuple[str, ...]

SILENT = 1e-3  # A note with a lower peak is silent: -60 dB.
QUIET_DB = -40.0  # Frames quieter than this, relative to the note's loudest, are not learned.
HELD_OUT_OF = 16  # One group of this many validates, and one tests: 5 and 5 of 80 as in the paper.
FEWEST_GROUPS = 6  # A smaller corpus holds nothing out.
TRAIN, VALIDATION, TEST = 0, 1, 2


@dataclass(frozen=True)
class SpectralFrames:
    """Hold the frames of a corpus.

    Attributes:
        frames: Magnitudes, each row divided by its maximum, (N, BINS).
        classes: Note class of each frame, (N,).
        note: Number of the note of each frame, (N,).
        names: Name of each note.
        groups: Group of each note: notes of one preset, or one clip.
        midi: Pitch that the source states for each note; NaN if it states none, (notes,).
    """

    frames: Float32
    classes: Classes
    note: Classes
    names: Strings
    groups: Strings
    midi: Float64

    def __len__(self) -> int:
        """Return the number of frames."""
        return len(self.frames)

    def where(self, chosen: npt.NDArray[np.bool_]) -> SpectralFrames:
        """Return the chosen frames (N,), with all notes."""
        return SpectralFrames(
            self.frames[chosen],
            self.classes[chosen],
            self.note[chosen],
            self.names,
            self.groups,
            self.midi,
        )

    def split(self, seed: int = 0) -> npt.NDArray[np.int64]:
        """Return TRAIN, VALIDATION or TEST for each frame, (N,); groups are never divided."""
        return split_groups(self.groups, seed)[self.note]


def normalised(frames: Float32) -> Float32:
    """Return frames (N, BINS) divided by their maxima; silent ones stay 0."""
    highest = np.maximum(frames.max(axis=1, keepdims=True), 1e-12)
    return np.asarray(frames / highest, np.float32)


def audible(frames: Float32, below_db: float = QUIET_DB) -> npt.NDArray[np.bool_]:
    """Return which frames (N, BINS) are loud enough, relative to the loudest one, (N,)."""
    level = np.sqrt((frames.astype(np.float64) ** 2).sum(axis=1))
    return np.asarray(level > level.max() * 10 ** (below_db / 20))


def note_frames(note: Note) -> Float32:
    """Return the normalised frames of a note, (frames, BINS).

    Raises:
        AudioError: The note is silent or not finite.
    """
    peak = float(np.abs(note.samples).max(initial=0.0))
    if not np.isfinite(peak) or peak < SILENT:
        raise AudioError(f"silent: its peak is {peak:.1g}. Use a louder recording")
    found = magnitudes(at_rate(note.samples, CORPUS_RATE))
    return normalised(found[audible(found)])


def gather_frames(
    corpus: Corpus, report: Report, show: Callable[[str], None] = lambda line: None
) -> SpectralFrames:
    """Return the frames of all notes of a corpus that can be used.

    Args:
        corpus: The notes.
        report: What was used and skipped, is extended.
        show: Receives lines of progress.

    Returns:
        The frames of at least one note.

    Raises:
        AudioError: No note is usable.
    """
    parts, groups, pitches = list[Float32](), list[str](), list[float]()
    for note in corpus.notes(report):
        try:
            parts.append(note_frames(note))
        except AudioError as error:
            report.skipped[note.name] = str(error)
            continue
        report.used.append(note.name)
        groups.append(note.group or note.name)
        pitches.append(float("nan") if note.named_midi is None else note.named_midi)
        show(f"note {len(parts)}: {note.name}")
    if not parts:
        why = "; ".join(f"{n}: {w}" for n, w in [*report.skipped.items()][:3])
        raise AudioError(f"{corpus.source} has no usable note ({why or 'it is empty'})")
    frames = np.concatenate(parts)
    numbers = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    return SpectralFrames(
        frames,
        note_classes(frames),
        numbers,
        tuple(report.used),
        tuple(groups),
        np.array(pitches),
    )


def split_groups(groups: Sequence[str], seed: int = 0) -> npt.NDArray[np.int64]:
    """Return TRAIN, VALIDATION or TEST for each note, (notes,).

    Args:
        groups: Group of each note.
        seed: Of the draw.

    Returns:
        The splits. 80 groups give 70, 5 and 5; fewer than 6 are all TRAIN.
    """
    distinct = sorted(set(groups))
    of = dict.fromkeys(distinct, TRAIN)
    if len(distinct) >= FEWEST_GROUPS:
        count = max(1, len(distinct) // HELD_OUT_OF)
        random = np.random.Generator(np.random.Philox(seed))
        drawn = [distinct[i] for i in random.permutation(len(distinct))[: 2 * count]]
        of |= dict.fromkeys(drawn[:count], VALIDATION) | dict.fromkeys(drawn[count:], TEST)
    return np.array([of[group] for group in groups], np.int64)
