"""Detect that several notes sound at once.

A pitch detector finds only the common period of C4, E4 and G4, which is C2. This module looks at
the partials: in a chord each note has partials of its own, and the common fundamental has none.
"""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import numpy.typing as npt
from scipy.signal import find_peaks

Float64 = npt.NDArray[np.float64]

WINDOW_S = 0.4  # A Hann window of this length separates two semitones above 160 Hz.
SHORTEST_S = 0.1  # In a shorter sound the partials of two notes merge.
LOUD_DB = -20.0  # Quieter frames, relative to the loudest, are tails.
LOWEST_HZ, HIGHEST_HZ = 50.0, 1500.0  # Range of the notes of a chord.
PARTIAL_DB, VOICE_DB = -45.0, -18.0  # Least level of a partial and of a note's first partial.
HARMONICS = 16
NEAR_CENTS, STRETCH_CENTS = 25.0, 2.0  # Strings are stiff: high partials are sharp.
UNISON_CENTS = 80.0  # Voices closer than this are one detuned note.
VIBRATO_CENTS = 150.0  # Closer notes are sidebands of a vibrato.
WIDEST_CENTS = 2400.0  # Neighbouring notes with a wider interval are the modes of a bar or bell.
OCTAVE_CENTS = 70.0  # A note this close to a harmonic of a lower one is that harmonic.
MOST_VOICES = 6
MOST_FUNDAMENTAL = 6  # The common fundamental of a chord is at most 1/6 of its lowest note.
UNEXPLAINED = 0.05  # Share of power in partials that no note explains; bells have more.
COMMON_PRESENT = 0.4  # Share of a common fundamental's own partials that makes it the real note.
FIFTHS = (1.5, 3.0, 4 / 3)  # One note of many synth patches; the octave needs no second voice.
MOST_FRAMES = 0.5  # Share of the loud frames that must agree.


def find_chord(samples: npt.NDArray[np.floating], sample_rate: int) -> tuple[float, ...]:
    """Find the notes of a chord.

    Octaves, fifths and detuned voices count as one note: a synth plays them with one key.

    Args:
        samples: Mono audio, shape (n,).
        sample_rate: Sample rate in Hz.

    Returns:
        f0 of each note in Hz, the lowest first; empty if the sound is one note or has no pitch.

    >>> time = np.arange(44100) / 44100
    >>> note = lambda hz: sum(np.sin(2 * np.pi * hz * n * time) / n for n in range(1, 9))
    >>> [round(hz) for hz in find_chord(note(262.0) + note(330.0) + note(392.0), 44100)]
    [262, 330, 392]
    >>> find_chord(note(65.5), 44100)
    ()
    """
    window = min(round(WINDOW_S * sample_rate), len(samples))
    if window < SHORTEST_S * sample_rate:
        return ()
    found = [_voices(*_partials(frame, sample_rate)) for frame in _loud_frames(samples, window)]
    chords = [voices for voices in found if voices]
    if len(chords) <= MOST_FRAMES * len(found):
        return ()
    notes = [tuple(round(12 * math.log2(hz / 440)) for hz in chord) for chord in chords]
    usual, _ = Counter(notes).most_common(1)[0]
    agreed = np.array([c for c, n in zip(chords, notes, strict=True) if n == usual])
    return tuple(float(hz) for hz in np.median(agreed, axis=0))


def _loud_frames(samples: npt.NDArray[np.floating], window: int) -> Float64:
    """Return the frames (count, window) near the level of the loudest one."""
    frames = np.lib.stride_tricks.sliding_window_view(samples, window)[:: max(1, window // 2)]
    frames = np.asarray(frames, np.float64)
    power = np.square(frames).sum(axis=1)
    loud: Float64 = frames[power > power.max() * 10 ** (LOUD_DB / 10)]
    return loud


def _partials(frame: Float64, sample_rate: int) -> tuple[Float64, Float64]:
    """Return frequency (Hz) and level (dB, the loudest is 0) of the partials of a frame."""
    size = 4 * len(frame)
    spectrum = np.abs(np.fft.rfft(frame * np.hanning(len(frame)), size))
    level = 20 * np.log10(np.maximum(spectrum, 1e-12))
    level[: int(0.8 * LOWEST_HZ * size / sample_rate)] = -240.0
    at, _ = find_peaks(level, height=level.max() + PARTIAL_DB, distance=8, prominence=9.0)
    if not len(at):
        return np.empty(0), np.empty(0)
    left, middle, right = level[at - 1], level[at], level[at + 1]
    offset = (left - right) / 2 / np.minimum(left - 2 * middle + right, -1e-9)
    return (at + offset) * sample_rate / size, middle - middle.max()


def _voices(hz: Float64, db: Float64) -> tuple[float, ...]:
    """Return the notes of a chord that explain the partials of one frame, or nothing."""
    voices: list[float] = []
    explained = np.zeros(len(hz), bool)
    while True:
        is_first = ~explained & (db > VOICE_DB) & (hz >= LOWEST_HZ) & (hz <= HIGHEST_HZ)
        if not is_first.any():
            break
        first = float(hz[is_first][0])
        explained |= _is_harmonic(hz, first)
        if not any(_is_octave(first / other) for other in voices):
            voices.append(first)
    if not _is_chord(voices):
        return ()
    power = 10 ** (db / 10)
    if power[~explained].sum() > UNEXPLAINED * power.sum():
        return ()
    if not all(_has_own_harmonic(hz, voices, i) for i in range(len(voices))):
        return ()
    return () if _has_common_fundamental(hz, voices) else tuple(voices)


def _is_harmonic(hz: Float64, f0: float) -> npt.NDArray[np.bool_]:
    """Return which partials are harmonics of a note, or a detuned voice's first partial."""
    number = np.clip(np.round(hz / f0), 1, HARMONICS)
    cents = np.abs(1200 * np.log2(hz / (number * f0)))
    reach = np.where(number == 1, UNISON_CENTS, NEAR_CENTS + STRETCH_CENTS * number)
    return np.asarray(cents < reach)


def _is_octave(ratio: float) -> bool:
    """Return whether a ratio of frequencies is a whole number, to the accuracy of a vibrato."""
    return abs(1200 * math.log2(ratio / max(1, round(ratio)))) < OCTAVE_CENTS


def _is_chord(voices: list[float]) -> bool:
    """Return whether there are two to six notes, but no fifth and no parts of a vibrato."""
    if not 2 <= len(voices) <= MOST_VOICES:
        return False
    cents = 1200 * np.log2(np.array(voices[1:]) / np.array(voices[:-1]))
    fifths = [abs(cents[0] - 1200 * math.log2(fifth)) for fifth in FIFTHS]
    is_fifth = len(voices) == 2 and min(fifths) < NEAR_CENTS
    is_spaced = cents.min() > VIBRATO_CENTS and cents.max() <= WIDEST_CENTS
    return not is_fifth and bool(is_spaced)


def _has_own_harmonic(hz: Float64, voices: list[float], which: int) -> bool:
    """Return whether a note has a partial from 2 on that no other note explains."""
    one = voices[which]
    own = _is_harmonic(hz, one) & (hz > 1.5 * one)
    for other in voices[:which] + voices[which + 1 :]:
        own &= ~_is_harmonic(hz, other)
    return bool(own.any())


def _has_common_fundamental(hz: Float64, voices: list[float]) -> bool:
    """Return whether the notes are harmonics of one lower note that has partials of its own."""
    for divisor in range(2, MOST_FUNDAMENTAL + 1):
        f0 = voices[0] / divisor
        numbers = np.round(np.array(voices) / f0)
        if (np.abs(1200 * np.log2(voices / (numbers * f0))) > NEAR_CENTS).any():
            continue
        own = [n for n in range(1, 2 * int(numbers[-1])) if not (n % numbers == 0).any()]
        cents = np.abs(1200 * np.log2(hz[None] / (np.array(own) * f0)[:, None]))
        if (cents.min(axis=1) < NEAR_CENTS).mean() > COMMON_PRESENT:
            return True
    return False
