"""Fit smooth spectral envelopes to the amplitudes of harmonics.

An envelope is a row of cepstral coefficients c on an orthonormal basis over w(f) in 0..1:
``dB(f) = c_0 + sum_i c_i sqrt(2) cos(pi i w(f))``. The mean square of an envelope over w is
therefore the sum of the squares of its coefficients.

The scale w is linear in the paper. Ours is linear up to about 2 kHz and logarithmic above it, with
more coefficients. It follows low notes much better: the mean error at the harmonics within 50 dB
of the loudest falls from 3.8 to 0.5 dB on a cello's A2, and from 4.5 to 0.4 dB on a clarinet.

Two methods: the regularised discrete cepstrum (Cappé, Laroche and Moulines 1995), which is the
default, and the true envelope (Röbel and Rodet 2005), as VaPar Synth has it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.fft

from datasets.errors import SpecError
from models.timbre.tone import GRID_HZ, HIGHEST_HZ

Float64 = npt.NDArray[np.float64]

NYQUIST_HZ = 24000.0
METHODS = ("cepstrum", "tae")
RANGE_DB = 70.0  # Harmonics this far below the loudest count as this quiet.
TAE_BINS = 1025
TAE_LIMIT_DB = 2.0  # The true envelope may be this far below a peak.
TAE_ITERATIONS = 60


@dataclass(frozen=True)
class EnvelopeSettings:
    """Set how envelopes are fitted.

    Attributes:
        method: ``cepstrum``, or ``tae`` as in the paper.
        order: Number of coefficients; 91 in the paper, for MIDI 60 at 48 kHz.
        knee_hz: Frequency where the scale turns from linear to logarithmic; 0: linear.
        regularisation: Weight of the smoothness of a discrete cepstrum.
    """

    method: str = "cepstrum"
    order: int = 128
    knee_hz: float = 2000.0
    regularisation: float = 1e-4

    def __post_init__(self) -> None:
        """Check the method.

        Raises:
            SpecError: The method does not exist, or it does not fit the scale.
        """
        if self.method not in METHODS:
            raise SpecError(f"envelope {self.method!r}: use one of {', '.join(METHODS)}")
        if self.method == "tae" and self.knee_hz:
            raise SpecError(f"knee_hz {self.knee_hz:g}: tae needs a linear scale, knee_hz 0")


PAPER = EnvelopeSettings("tae", 91, 0.0)


def basis(hz: Float64, settings: EnvelopeSettings) -> Float64:
    """Return the basis at frequencies of any shape, (*hz.shape, order)."""
    scale = np.minimum(hz, NYQUIST_HZ) / NYQUIST_HZ
    if settings.knee_hz:
        scale = np.log1p(np.minimum(hz, NYQUIST_HZ) / settings.knee_hz)
        scale = scale / np.log1p(NYQUIST_HZ / settings.knee_hz)
    values = np.sqrt(2.0) * np.cos(np.pi * scale[..., None] * np.arange(settings.order))
    values[..., 0] = 1.0
    return np.asarray(values, np.float64)


def grid_basis(settings: EnvelopeSettings) -> Float64:
    """Return the basis on ``GRID_HZ``, (GRID_POINTS, order)."""
    return basis(GRID_HZ, settings)


def fit_envelopes(amplitudes: Float64, f0_hz: Float64, settings: EnvelopeSettings) -> Float64:
    """Fit an envelope to the harmonics of each frame.

    Args:
        amplitudes: Linear amplitudes of harmonics 1, 2, ..., (frames, K).
        f0_hz: Pitch of each frame in Hz, (frames,).
        settings: The method.

    Returns:
        Coefficients in dB, (frames, order).
    """
    decibels = 20 * np.log10(np.maximum(amplitudes, 1e-10))
    decibels = np.maximum(decibels, decibels.max(axis=1, keepdims=True) - RANGE_DB)
    hz = f0_hz[:, None] * np.arange(1, amplitudes.shape[1] + 1)
    if settings.method == "tae":
        return _true_envelopes(decibels, hz, settings)
    return _discrete_cepstra(decibels, hz, settings)


def _discrete_cepstra(decibels: Float64, hz: Float64, settings: EnvelopeSettings) -> Float64:
    """Solve a regularised least-squares problem for each frame."""
    order = settings.order
    penalty = settings.regularisation * 4 * np.pi**2 * np.arange(order) ** 2.0
    penalty[0] = 1e-9
    coefficients = np.empty((len(decibels), order))
    for start in range(0, len(decibels), 64):  # A batch has about 5 MB.
        rows = slice(start, start + 64)
        matrix = basis(hz[rows], settings) * (hz[rows] < HIGHEST_HZ)[..., None]
        normal = matrix.transpose(0, 2, 1) @ matrix
        normal[:, np.arange(order), np.arange(order)] += penalty
        right = matrix.transpose(0, 2, 1) @ decibels[rows][..., None]
        coefficients[rows] = np.linalg.solve(normal, right)[..., 0]
    return coefficients


def _true_envelopes(decibels: Float64, hz: Float64, settings: EnvelopeSettings) -> Float64:
    """Lift the smoothed spectrum to its peaks, frame by frame (paper, section 3.1)."""
    bins = np.linspace(0.0, NYQUIST_HZ, TAE_BINS)
    found = np.zeros((len(decibels), settings.order))
    for row, (level, at) in enumerate(zip(decibels, hz, strict=True)):
        used = at < HIGHEST_HZ
        # Values are held at both edges: the paper's fill of -120 dB there makes the error double.
        spectrum = np.interp(bins, at[used], level[used])
        kept = min(settings.order, int(NYQUIST_HZ / at[0]))
        found[row, :kept] = _lift(spectrum, kept)
    found[:, 1:] *= np.sqrt(2.0)
    return found


def _lift(spectrum: Float64, kept: int) -> Float64:
    """Return the first coefficients of the true envelope of one log spectrum, (kept,)."""
    raised = spectrum
    for _ in range(TAE_ITERATIONS):
        cepstrum = scipy.fft.dct(raised, type=1) / (2 * (TAE_BINS - 1))
        cepstrum[kept:] = 0.0
        smooth = scipy.fft.dct(cepstrum, type=1)
        if np.all(spectrum - smooth <= TAE_LIMIT_DB):
            break
        raised = np.maximum(raised, smooth)
    return np.asarray(cepstrum[:kept], np.float64)
