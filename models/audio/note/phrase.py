"""Recognise a phrase, and find its steadiest note.

A note is a run of frames with a steady pitch. A phrase has at least two notes of different pitch.
Octaves do not count, because a pitch estimate of one note may jump by an octave. A struck bar rings
on at another pitch. So a later note must not be much quieter than the end of the earlier one.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import soxr

from models.audio.pitch import estimate_f0

RATE = 11025  # Hz. Enough for the pitches of notes, and four times faster.
STEP_S, WINDOW_S = 0.05, 0.12
SEARCHED_S = 30.0  # Later notes are not searched.
STEADY_SEMITONES = 0.35  # A frame belongs to a note up to this far from its median.
LEAST_NOTE_S = 0.15
LEAST_STEP_SEMITONES = 0.8  # Neighbouring notes of a phrase differ at least this much.
OCTAVE_MARGIN = 0.3  # Semitones
QUIETER_DB = 6.0  # A note begins at most this far below the end of the one before it.
QUIET_DB = -35.0  # Frames below, relative to the loudest, have no pitch.


@dataclass(frozen=True)
class PhraseNote:
    """Hold one note of a phrase: its times in seconds, and the number of notes in the phrase."""

    start_s: float
    end_s: float
    notes: int


def steadiest_note(sound: npt.NDArray[np.floating], sample_rate: int) -> PhraseNote | None:
    """Return the longest steady note of a phrase, or None for a sound that is one note.

    Args:
        sound: Mono audio from the onset, shape (n,).
        sample_rate: Hz.

    Returns:
        The note and the number of notes, or None.

    >>> hertz = np.repeat([220.0, 330.0], [22050, 44100])
    >>> found = steadiest_note(np.sin(2 * np.pi * np.cumsum(hertz) / 44100), 44100)
    >>> found.notes, round(found.start_s, 1), round(found.end_s, 1)
    (2, 0.5, 1.5)
    """
    pitches, level = _pitches(np.asarray(sound, np.float32), sample_rate)
    notes = [(i, j) for i, j in _runs(pitches) if (j - i) * STEP_S >= LEAST_NOTE_S]
    medians = np.array([np.median(pitches[i:j]) for i, j in notes])
    louds = [(level[i:j].max(), level[j - 1]) for i, j in notes]
    starts = [after[0] > before[1] - QUIETER_DB for before, after in pairwise(louds)]
    if len(notes) < 2 or not (_differ(medians) & starts).any():
        return None
    start, end = max(notes, key=lambda run: run[1] - run[0])
    length_s = min(len(sound) / sample_rate, SEARCHED_S)
    end_s = length_s if (start, end) == notes[-1] else end * STEP_S
    return PhraseNote(start * STEP_S, min(end_s, length_s), len(notes))


def _differ(medians: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Return for each pair of neighbouring notes whether their pitches differ, octaves aside."""
    steps = np.abs(np.diff(medians))
    beyond = np.abs(steps - 12 * np.round(steps / 12))
    return np.asarray((steps > LEAST_STEP_SEMITONES) & (beyond > OCTAVE_MARGIN))


def _pitches(
    sound: npt.NDArray[np.float32], sample_rate: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the pitch every 50 ms as a MIDI number, NaN without one, and the level in dB."""
    slow = soxr.resample(sound[: round(SEARCHED_S * sample_rate)], sample_rate, RATE)
    window, step = round(WINDOW_S * RATE), round(STEP_S * RATE)
    pieces = [slow[at : at + window] for at in range(0, max(1, len(slow) - window // 2), step)]
    power = np.array([float(np.square(piece).mean()) for piece in pieces])
    level = 10 * np.log10(np.maximum(power / max(power.max(), 1e-20), 1e-12))
    hertz = [
        estimate_f0(piece, RATE) if decibels > QUIET_DB else np.nan
        for piece, decibels in zip(pieces, level, strict=True)
    ]
    return np.asarray(69 + 12 * np.log2(np.array(hertz) / 440), np.float64), level


def _runs(pitches: npt.NDArray[np.float64]) -> list[tuple[int, int]]:
    """Return first and last + 1 of the runs of frames that stay near their median."""
    runs, start = [], 0
    for end in range(1, len(pitches) + 1):
        part = pitches[start:end]
        if np.isnan(part[-1]) or abs(part[-1] - np.median(part)) > STEADY_SEMITONES:
            runs.append((start, end - 1))
            start = end if np.isnan(part[-1]) else end - 1
    return [*runs, (start, len(pitches))]
