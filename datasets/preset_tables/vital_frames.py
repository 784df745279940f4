"""Compute the oscillator frames of Vital's template.

Vital's embedded build has single-frame tables only.

A table is a list of (position 0..256, frame of 2048 samples). Frames are sums of harmonics, which
makes them band-limited. They are rounded to 16 bits, so every machine makes the same bytes.
"""

from __future__ import annotations

import base64
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from datasets.errors import SpecError

FRAME = 2048
HARMONICS = 512
Frame = npt.NDArray[np.float32]
# First three formants (Hz) of sung vowels, after the averages in Peterson & Barney (1952).
VOWELS = {
    "u": (300, 870, 2240),
    "o": (570, 840, 2410),
    "a": (730, 1090, 2440),
    "e": (530, 1840, 2480),
    "i": (270, 2290, 3010),
}


def _frame(sines: npt.ArrayLike, cosines: npt.ArrayLike | None = None) -> Frame:
    """Return one period from harmonic amplitudes (harmonic 1 first), peak 1, on a 16-bit grid."""
    spectrum = np.zeros(FRAME // 2 + 1, np.complex128)
    sine = np.asarray(sines, np.float64)
    spectrum[1 : len(sine) + 1] = -1j * sine
    if cosines is not None:
        spectrum[1 : len(sine) + 1] += np.asarray(cosines, np.float64)
    wave = np.fft.irfft(spectrum)
    wave /= np.abs(wave).max()
    return (np.round(wave * 32767) / 32768).astype(np.float32)


def _shapes() -> list[Frame]:
    """Return sine, triangle, sawtooth, square and narrow pulse: from mellow to buzzing."""
    n = np.arange(1, HARMONICS + 1)
    odd = n % 2 == 1
    triangle = np.where(odd, (-1.0) ** ((n - 1) // 2) / n**2, 0.0)
    pulse = np.sin(np.pi * n * 0.1) / n
    return [
        _frame((n == 1).astype(float)),
        _frame(triangle),
        _frame(1.0 / n),
        _frame(np.where(odd, 1.0 / n, 0.0)),
        _frame(np.zeros(HARMONICS), pulse),
    ]


def _vowels() -> list[Frame]:
    """Return a glottal source through the formants of u, o, a, e, i (exact at 261.6 Hz, C4)."""
    n = np.arange(1, HARMONICS + 1)
    hertz = 261.6 * n
    frames = []
    for formants in VOWELS.values():
        gains = [
            10 ** (-k * 6 / 20) / (1 + ((hertz - f) / (60 + 0.06 * f)) ** 2)
            for k, f in enumerate(formants)
        ]
        frames.append(_frame((np.sum(gains, axis=0) + 0.003) / n**0.6))
    return frames


def _partials() -> list[Frame]:
    """Return groups of harmonics around a centre that rises from harmonic 1 to harmonic 20."""
    n = np.arange(1, HARMONICS + 1)
    centres = (1, 2, 4, 7, 12, 20)
    return [_frame(np.exp(-0.5 * ((n - c) / (0.35 * c + 0.3)) ** 2)) for c in centres]


TABLES: dict[str, Callable[[], list[Frame]]] = {
    "shapes": _shapes,
    "vowels": _vowels,
    "partials": _partials,
}


def keyframes(table: str) -> list[dict[str, object]]:
    """Return a table's frames for Vital's JSON, spread evenly over positions 0..256.

    Raises:
        SpecError: The table does not exist.
    """
    if table not in TABLES:
        raise SpecError(f"wavetable {table!r} does not exist: use one of {', '.join(TABLES)}")
    frames = TABLES[table]()
    last = len(frames) - 1
    return [
        {"position": round(256 * i / last), "wave_data": base64.b64encode(frame.tobytes()).decode()}
        for i, frame in enumerate(frames)
    ]
