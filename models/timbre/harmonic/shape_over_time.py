"""Learn how level and timbre move over a note: attack, sustain and release.

The curves of a pitch are a weighted mean over the training notes, with weights that fall with the
distance in pitch. They therefore change smoothly with pitch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.timbre.harmonic.analysis import HOP_S, NoteFrames

Float32 = npt.NDArray[np.float32]

HELD_S = 1.5  # Length of the curves of sustained sounds.
STEADY_S = 0.6  # The loop of a sustained sound starts here, after the attack.
DECAY_S = 6.0  # Length of the curves of sounds that decay.
WIDTH_SEMITONES = 2.0  # Standard deviation of the weights.
FLOOR_DB = -100.0  # Lowest point of a level curve.
FASTEST_DECAY_DB_S, SLOWEST_DECAY_DB_S = -200.0, -4.0
USUAL_RELEASE_S = 0.25  # Of notes without a release, for sustained and decaying sounds.
JITTER_DB = 0.4  # Largest standard deviation of the level in a loop.


@dataclass(frozen=True)
class TimeShapes:
    """Hold the curves of the training notes.

    Attributes:
        midi: Pitch of each note, (notes,).
        level_db: Level relative to the sustain (to the loudest frame, if sounds decay),
            (notes, frames).
        path: Coordinates relative to the sustain, (notes, frames, D).
        release_s: Release of each note, (notes,).
        sustained: True if the sounds continue while a key is held.
        jitter: Standard deviation of slow movement in the sustain: level in dB, and then each
            coordinate, (1 + D,).
    """

    midi: Float32
    level_db: Float32
    path: Float32
    release_s: Float32
    sustained: bool
    jitter: Float32

    @property
    def frames(self) -> int:
        """Return the number of frames of a tone."""
        return int(self.level_db.shape[1])

    @property
    def loop_start(self) -> int:
        """Return the first frame of the loop; the last frame if sounds decay."""
        return min(round(STEADY_S / HOP_S), self.frames - 1) if self.sustained else self.frames - 1

    def at(self, midi: float) -> tuple[Float32, Float32, float]:
        """Return the curves at a pitch: level (frames,), path (frames, D), and the release."""
        distance = np.abs(self.midi.astype(np.float64) - midi)
        # Relative to the nearest note, so that weights outside the range do not vanish.
        weights = np.exp(-(distance**2 - distance.min() ** 2) / (2 * WIDTH_SEMITONES**2))
        weights = (weights / weights.sum()).astype(np.float32)
        path = np.tensordot(weights, self.path, 1)
        return weights @ self.level_db, path, float(weights @ self.release_s)


def learn_time_shapes(notes: Sequence[NoteFrames], paths: Sequence[Float32]) -> TimeShapes:
    """Measure the curves of notes.

    Args:
        notes: At least one note.
        paths: Coordinates of each note's frames, (frames, D).

    Returns:
        The curves.
    """
    sustained = float(np.mean([note.sustained for note in notes])) >= 0.5
    frames = round((HELD_S if sustained else DECAY_S) / HOP_S)
    levels = [_level_curve(note, frames, sustained) for note in notes]
    moves = [_path_curve(note, path, frames) for note, path in zip(notes, paths, strict=True)]
    measured = [note.release_s for note in notes if note.release_s > 0]
    usual = float(np.median(measured)) if measured else USUAL_RELEASE_S
    releases = np.array([note.release_s or usual for note in notes], np.float32)
    midi = np.array([note.midi for note in notes], np.float32)
    jitter = np.median([_jitter(n, p) for n, p in zip(notes, paths, strict=True)], axis=0)
    return TimeShapes(
        midi, np.stack(levels), np.stack(moves), releases, sustained, jitter.astype(np.float32)
    )


def _level_curve(note: NoteFrames, frames: int, sustained: bool) -> Float32:
    """Return the level of a note over time, relative to its reference level, (frames,)."""
    end = int(np.flatnonzero(note.usable)[-1]) + 1
    level = note.level_db[:end] - reference_db(note, sustained)
    curve = np.full(frames, 0.0, np.float32)
    count = min(end, frames)
    curve[:count] = level[:count]
    if count < frames:
        slope = _slope(note) if not sustained else 0.0
        last = float(np.median(level[-5:])) if not sustained else 0.0
        curve[count:] = last + slope * HOP_S * np.arange(1, frames - count + 1)
    return np.maximum(curve, FLOOR_DB).astype(np.float32)


def reference_db(note: NoteFrames, sustained: bool) -> float:
    """Return the level that a note's loudness means: its sustain's, or its loudest frame's."""
    return note.loudness_db if sustained else float(note.level_db.max())


def _slope(note: NoteFrames) -> float:
    """Return the decay of a note in dB per second."""
    used = np.flatnonzero(note.sustain)
    slope = float(np.polyfit(used * HOP_S, note.level_db[used], 1)[0])
    return float(np.clip(slope, FASTEST_DECAY_DB_S, SLOWEST_DECAY_DB_S))


def _path_curve(note: NoteFrames, path: Float32, frames: int) -> Float32:
    """Return a note's coordinates over time, relative to its sustain, (frames, D)."""
    used = np.flatnonzero(note.usable)
    moved = path[: int(used[-1]) + 1] - path[note.sustain].mean(axis=0)
    # Before the first usable frame the coordinates are noise.
    moved[: used[0]] = moved[used[0]]
    curve = np.zeros((frames, path.shape[1]), np.float32)
    count = min(len(moved), frames)
    curve[:count] = moved[:count]
    if not note.sustained:
        curve[count:] = moved[-1]
    return curve


def _jitter(note: NoteFrames, path: Float32) -> npt.NDArray[np.float64]:
    """Return how much level and coordinates move in the sustain, (1 + D,)."""
    both = np.column_stack([note.level_db, path])[note.sustain]
    times = np.arange(len(both))
    trend = np.stack([np.polyval(np.polyfit(times, row, 1), times) for row in both.T], axis=1)
    spread = (both - trend).std(axis=0)
    spread[0] = min(spread[0], JITTER_DB)
    return np.asarray(spread, np.float64)


def slow_movement(frames: int, spread: Float32, seed: int = 0) -> Float32:
    """Return smooth random movement that is 0 at both ends, (frames, len(spread)).

    Args:
        frames: Number of frames, of 10 ms.
        spread: Standard deviation of each column.
        seed: Of the movement; it does not depend on pitch or position.

    Returns:
        The movement.
    """
    if frames < 4:
        return np.zeros((frames, len(spread)), np.float32)
    random = np.random.Generator(np.random.Philox(seed))
    knots = random.standard_normal((max(3, frames // 12), len(spread)))
    knots[[0, -1]] = 0.0
    place = np.linspace(0, len(knots) - 1, frames)
    columns = [np.interp(place, np.arange(len(knots)), column) for column in knots.T]
    return (np.stack(columns, axis=1) * spread).astype(np.float32)
