"""Choose how much the formants of a sound stay in place when the note moves.

With tracking 0 the whole spectrum moves with the note. With tracking 1 the spectral envelope
stays. The two sides of the root differ, because real instruments get darker towards both ends of
their range. Above the root they are darker than a spectrum that moves with the note. Below the
root they are darker than a spectrum that stays.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from models.audio.harmonics import Harmonics
from models.audio.sound_kind import SoundKind
from models.resynthesis.analysis import SoundAnalysis

Float64 = npt.NDArray[np.float64]

# Fitted on 48 instruments whose other notes are known. Above the root, a sound with few harmonics
# loses all of them if its envelope stays. It therefore tracks less.
CENTROIDS = (1.3, 1.7, 2.2)  # harmonics
ABOVE = (0.33, 0.67, 1.0)
# Below the root: if the fundamental is weaker than the harmonics above it, the sound has a fixed
# resonance.
FUNDAMENTALS_DB = (-8.0, -1.0)  # relative to the strongest harmonic
BELOW = (0.67, 0.2)
GRID = np.linspace(0.0, 1.0, 21)  # Values of the tracking to compare with a second note.
QUIETEST_DB = -60.0  # Quieter harmonics are left out; relative to the strongest.
FEWEST_HARMONICS = 3


@dataclass(frozen=True)
class FormantTracking:
    """Hold the formant tracking, from 0 (formants move with the note) to 1 (formants stay).

    Attributes:
        below: Tracking for notes below the root.
        above: Tracking for notes above the root.
    """

    below: float
    above: float


def choose_tracking(
    analysis: SoundAnalysis, given: float | None = None, second: SoundAnalysis | None = None
) -> FormantTracking:
    """Choose the tracking of a sound.

    Args:
        analysis: Analysis of the sound.
        given: Tracking for both sides, if the caller chooses it.
        second: Analysis of the same instrument at another note. It determines the tracking on
            its side of the root.

    Returns:
        The tracking. It is 0 for inharmonic sounds: their partials are sparse, and an envelope
        that moves against them detunes them.
    """
    if analysis.harmonics is None or analysis.kind != SoundKind.HARMONIC:
        return FormantTracking(0.0, 0.0)
    if given is not None:
        return FormantTracking(given, given)
    power = mean_power(analysis.harmonics)
    fundamental_db = float(10 * np.log10(power[0] / power.max() + 1e-12))
    tracking = FormantTracking(
        below=float(np.interp(fundamental_db, FUNDAMENTALS_DB, BELOW)),
        above=float(np.interp(harmonic_centroid(power), CENTROIDS, ABOVE)),
    )
    if second is None or second.harmonics is None or second.note == analysis.note:
        return tracking
    measured = measure_tracking(analysis.harmonics, second.harmonics)
    if second.note < analysis.note:
        return replace(tracking, below=measured)
    return replace(tracking, above=measured)


def mean_power(harmonics: Harmonics) -> Float64:
    """Return the mean power of each harmonic, (harmonics,)."""
    return np.asarray((np.abs(harmonics.amplitudes) ** 2).mean(axis=0) + 1e-20, np.float64)


def harmonic_centroid(power: Float64) -> float:
    """Return the mean harmonic number, weighted by power; 1 is a sine."""
    return float((power * np.arange(1, len(power) + 1)).sum() / power.sum())


def measure_tracking(root: Harmonics, other: Harmonics) -> float:
    """Return the tracking, 0 to 1, that best predicts another note's spectrum from the root's."""
    ratio = float(np.median(other.f0_hz) / np.median(root.f0_hz))
    source = 10 * np.log10(mean_power(root))
    target = 10 * np.log10(mean_power(other))
    used = np.flatnonzero(target > target.max() + QUIETEST_DB)
    if len(used) < FEWEST_HARMONICS:
        return float(GRID[len(GRID) // 2])
    numbers = np.arange(1, len(source) + 1)
    errors = []
    for tracking in GRID:
        places = (used + 1) * ratio**tracking
        difference = np.interp(places, numbers, source) - target[used]
        errors.append(np.abs(difference - np.median(difference)).mean())
    return float(GRID[int(np.argmin(errors))])
