"""Turn harmonics over time into wavetable frames and an amplitude curve."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d

from models.audio.harmonics import Harmonics
from models.export.frames import frames_of_harmonics
from models.resynthesis.vital.curves import fit_points, level_error

Float64 = npt.NDArray[np.float64]
Complex128 = npt.NDArray[np.complex128]

AMPLITUDE_FLOOR = 1e-7  # The amplitude curve does not follow lower power.
QUIETEST = 1e-5  # Lowest amplitude of the curve, relative to the loudest.
CORRECTION_LIMIT_DB = 12.0  # Largest correction of the amplitude curve in a frame.
SILENT_FRAME = 1e-3  # A frame with a smaller norm takes its neighbour's spectrum.


@dataclass(frozen=True)
class FrameSequence:
    """Hold the spectra of wavetable frames, evenly spaced over a sound, and an amplitude curve.

    Attributes:
        times_s: Time of each frame, shape (K,).
        spectra: Complex amplitudes of harmonics 1, 2, ..., about unit norm, (K, harmonics).
        amplitude_times_s: Times of the points of the amplitude curve, seconds, shape (points,).
        amplitudes: Linear amplitudes at these times, shape (points,).
    """

    times_s: Float64
    spectra: Complex128
    amplitude_times_s: Float64
    amplitudes: Float64

    def waves(self, gains: Float64 | None = None) -> Float64:
        """Return one period of each frame, (K, 2048), with gains (K, harmonics) applied."""
        spectra = self.spectra if gains is None else self.spectra * gains
        return frames_of_harmonics(spectra)


def make_frames(
    harmonics: Harmonics, duration_s: float, count: int, points: int, fixed_s: float | None
) -> FrameSequence:
    """Average the harmonics into frames, and fit the amplitude curve.

    Args:
        harmonics: Harmonics of the sound.
        duration_s: Duration of the sound.
        count: Number of frames, at least 1.
        points: Points of the amplitude curve, at least 2.
        fixed_s: A time that must be a point of the curve (the start of a loop), or None.

    Returns:
        The frames and the amplitude curve.
    """
    curve_s, curve = _amplitude_curve(harmonics, duration_s, points, fixed_s)
    drawn = np.maximum(np.interp(harmonics.times_s, curve_s, curve), QUIETEST * curve.max())
    times_s = np.linspace(0.0, duration_s, count)
    unit = np.abs(harmonics.amplitudes) / harmonics.level[:, None]
    power = _average(unit**2, harmonics.times_s, times_s, duration_s)
    norm = np.sqrt(power.sum(axis=1))
    good = np.flatnonzero(norm > SILENT_FRAME)
    nearest = good[np.abs(np.arange(count)[:, None] - good[None]).argmin(axis=1)]
    magnitude = np.sqrt(power[nearest]) / norm[nearest][:, None]
    # The frames correct the error of the amplitude curve, which has few points.
    missed = _average(
        ((harmonics.level / drawn) ** 2)[:, None], harmonics.times_s, times_s, duration_s
    )
    limit = 10 ** (CORRECTION_LIMIT_DB / 20)
    magnitude = magnitude * np.clip(np.sqrt(missed), 1 / limit, limit)
    loudest = int(np.argmax(gaussian_filter1d(harmonics.level, 4)))
    phase = np.angle(harmonics.amplitudes[loudest])
    return FrameSequence(times_s, magnitude * np.exp(1j * phase), curve_s, curve)


def _amplitude_curve(
    harmonics: Harmonics, duration_s: float, points: int, fixed_s: float | None
) -> tuple[Float64, Float64]:
    """Return times (from 0 to the duration) and amplitudes of the curve's points."""
    inside = harmonics.times_s <= duration_s
    times_s = harmonics.times_s[inside]
    level = gaussian_filter1d(harmonics.level, 1.0, mode="nearest")[inside]
    root = np.sqrt(level / level.max())
    fixed = () if fixed_s is None else (int(np.argmin(np.abs(times_s - fixed_s))),)
    chosen = fit_points(times_s, root, points, level_error(AMPLITUDE_FLOOR), fixed)
    curve_s, curve = times_s[chosen], level[chosen]
    curve_s[-1] = duration_s
    return curve_s, curve


def _average(values: Float64, at_s: Float64, centres_s: Float64, duration_s: float) -> Float64:
    """Average rows (frames, m) around each centre, (len(centres), m)."""
    middles = 0.5 * (centres_s[1:] + centres_s[:-1])
    edges = np.concatenate([[0.0], middles, [duration_s]])
    first = np.searchsorted(at_s, edges[:-1] - 1e-9)
    last = np.searchsorted(at_s, edges[1:] + 1e-9)
    nearest = np.abs(at_s[:, None] - centres_s[None]).argmin(axis=0)
    empty = last <= first
    first, last = np.where(empty, nearest, first), np.where(empty, nearest + 1, last)
    sums = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)])
    return np.asarray((sums[last] - sums[first]) / (last - first)[:, None])
