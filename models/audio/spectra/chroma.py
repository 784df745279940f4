"""Find the note class of magnitude spectra: a chroma vector, and its largest entry (section III-B).

The paper sums the power of 88 bands, A0 to C8, over octaves, and keeps the largest of 12 values as
one-hot vector. Here bands sum magnitudes, not powers: the class then agrees with the played note
more often (see docs/benchmarks/timbre_spectral.md).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from datasets.errors import SpecError
from models.audio.spectra.stft import BINS, RATE, WINDOW

Float32 = npt.NDArray[np.float32]
Classes = npt.NDArray[np.int64]

NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
FLATS = {"DB": 1, "EB": 3, "GB": 6, "AB": 8, "BB": 10}
LOWEST, HIGHEST = 21, 108  # MIDI notes A0 and C8.


@lru_cache(maxsize=1)
def _bands() -> Float32:
    """Return the share of each bin in each note class, (BINS, 12)."""
    hz = np.arange(1, BINS) * RATE / WINDOW
    midi = np.round(69 + 12 * np.log2(hz / 440)).astype(np.int64)
    inside = (midi >= LOWEST) & (midi <= HIGHEST)
    bands = np.zeros((BINS, 12), np.float32)
    bands[np.flatnonzero(inside) + 1, midi[inside] % 12] = 1.0
    return bands


def chroma(frames: Float32) -> Float32:
    """Return the sums of magnitudes over the octaves of each note class.

    Args:
        frames: Magnitude spectra, (N, BINS).

    Returns:
        Sums, (N, 12), C first.
    """
    return np.asarray(frames @ _bands(), np.float32)


def note_classes(frames: Float32) -> Classes:
    """Return the note class of each frame (N, BINS): 0 for C to 11 for B, (N,)."""
    return np.asarray(chroma(frames).argmax(axis=1), np.int64)


def one_hot(classes: npt.ArrayLike) -> Float32:
    """Return one-hot rows (N, 12) of note classes (N,)."""
    return np.eye(12, dtype=np.float32)[np.asarray(classes, np.int64)]


def class_named(name: str) -> int:
    """Return the note class of a name such as C, F# or Bb.

    Args:
        name: The name, in upper or lower case.

    Returns:
        The class, 0 for C.

    Raises:
        SpecError: It is no note class.

    >>> class_named("Bb"), class_named("f#")
    (10, 6)
    """
    upper = name.strip().upper()
    if upper in NAMES:
        return NAMES.index(upper)
    if upper in FLATS:
        return FLATS[upper]
    raise SpecError(f"note class {name!r}: use one of {', '.join(NAMES)}")
