"""Compute all metrics of the frozen protocol.

Each metric depends only on (target, match, sample_rate). Audio is (n,) or (channels, n) and is
downmixed by the mean. The shorter clip is zero-padded. Silence (no sample above -120 dBFS) counts
as a flat spectrum at the floor. Every score is therefore finite. Only `f0_cents` can be NaN.

The multi-scale, MFCC, optimal-transport and envelope scores follow Hayes et al. 2025
(synth-permutations, scripts/compute_audio_metrics.py). SC and MSE follow Esling et al. (the paper,
section 5.1). Only `wmfcc` depends on the level, because it keeps the zeroth coefficient.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import scipy.fft
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from models.audio.distance import (
    FLOOR_DB,
    Distance,
    TargetDistance,
    headline,
    judge_settings,
    log_mel_l1,
    mean_abs,
    mel_power,
    mss,
    whole_samples,
)
from models.audio.features import (
    Audio,
    FeatureSettings,
    Float32,
    cut_frames,
    is_silent,
    log_mel,
    mono,
    power_spectrum,
)
from models.audio.pitch import estimate_f0

__all__ = [
    "ALL_METRICS",
    "Distance",
    "Form",
    "Metric",
    "TargetDistance",
    "dtw_distance",
    "envelope_cosine",
    "f0_cents",
    "headline",
    "log_mel_l1",
    "mel_mse",
    "mss",
    "parameter_mse_n",
    "sot",
    "spectral_convergence",
    "wmfcc",
]

Form = Literal["log", "linear"]


def _aligned(target: Audio, match: Audio) -> tuple[Float32, Float32]:
    """Downmix both clips and zero-pad the shorter one."""
    a, b = mono(target), mono(match)
    length = max(len(a), len(b))
    return mono(a, length), mono(b, length)


def _mfcc(samples: Float32, sample_rate: int) -> Float32:
    """Return 20 MFCC per frame, (frames, 20), as librosa does.

    They use absolute dB, a range of 80 dB and an orthonormal DCT.
    """
    decibels = 10 * np.log10(np.maximum(mel_power(samples, sample_rate, (50, 10, 128)), 1e-10))
    decibels = np.maximum(decibels, decibels.max() + FLOOR_DB)
    coefficients: Float32 = scipy.fft.dct(decibels, axis=0, type=2, norm="ortho")[:20].T
    return coefficients


def dtw_distance(cost: NDArray[np.float64]) -> float:
    """Return the normalised distance of the best monotonic path through a local cost matrix (n, m).

    Steps (1,0) and (0,1) weigh 1, and (1,1) weighs 2. The sum is divided by n + m. This equals
    `symmetric2` and `normalizedDistance` of dtw-python. Cells on one anti-diagonal are independent,
    so each anti-diagonal is one vector operation.
    """
    n, m = cost.shape
    before, last = np.full(n + 1, np.inf), np.full(n + 1, np.inf)  # Slot i + 1 holds row i.
    last[1] = cost[0, 0]
    for diagonal in range(1, n + m - 1):
        rows = np.arange(max(0, diagonal - m + 1), min(diagonal, n - 1) + 1)
        local = cost[rows, diagonal - rows]
        current = np.full(n + 1, np.inf)
        straight = np.minimum(last[rows], last[rows + 1]) + local
        current[rows + 1] = np.minimum(straight, before[rows] + 2 * local)
        before, last = last, current
    return float(last[n] / (n + m))


def wmfcc(target: Audio, match: Audio, sample_rate: int) -> float:
    """Return the warped MFCC distance, in MFCC units, symmetric (Hayes et al. 2025).

    It is the mean |difference| of 20 MFCC (50/10 ms, 128 mels) along the DTW path. It tolerates
    differences in timing and depends on the level.

    Args:
        target: Audio of shape (n,) or (channels, n).
        match: Audio to compare.
        sample_rate: Hz of both.

    Returns:
        The distance.

    Raises:
        ValueError: The audio is unusable (see `features.mono`).
    """
    a, b = (_mfcc(samples, sample_rate) for samples in _aligned(target, match))
    return dtw_distance(cdist(a, b, "cityblock") / a.shape[1])


def _cumulative_spectrum(samples: Float32, sample_rate: int) -> NDArray[np.float64]:
    """Return the cumulative frame-normalised |STFT| at 50/20 ms: (frames, bins), last column 1."""
    window, hop = whole_samples(50, sample_rate), whole_samples(20, sample_rate)
    magnitude = np.sqrt(power_spectrum(samples, window, hop)).astype(np.float64)
    # A frame at the floor contains only rounding noise, so it counts as a flat spectrum.
    quiet = magnitude.max(axis=1) <= magnitude.max() * 10 ** (FLOOR_DB / 20)
    magnitude[quiet | is_silent(samples)] = 1.0
    return np.cumsum(magnitude / magnitude.sum(axis=1, keepdims=True), axis=1)


def sot(target: Audio, match: Audio, sample_rate: int) -> float:
    """Return the spectral optimal transport: level-invariant, symmetric (Hayes et al. 2025).

    It is the mean over frames of the 1-Wasserstein distance between spectra. Frequency runs from 0
    (DC) to 1 (Nyquist). The score is the mean share of the band by which the energy must move.

    Args:
        target: Audio of shape (n,) or (channels, n).
        match: Audio to compare.
        sample_rate: Hz of both.

    Returns:
        The distance, 0 to 1.

    Raises:
        ValueError: The audio is unusable (see `features.mono`).
    """
    a, b = (_cumulative_spectrum(samples, sample_rate) for samples in _aligned(target, match))
    return mean_abs(a[:, :-1], b[:, :-1])


def envelope_cosine(target: Audio, match: Audio, sample_rate: int) -> float:
    """Return the cosine in [0, 1] of the RMS envelopes (50/25 ms): higher is better.

    The level does not matter. Silence scores 1 against silence and 0 against any other clip.

    Args:
        target: Audio of shape (n,) or (channels, n).
        match: Audio to compare.
        sample_rate: Hz of both.

    Returns:
        The similarity.

    Raises:
        ValueError: The audio is unusable (see `features.mono`).
    """
    window, hop = whole_samples(50, sample_rate), whole_samples(25, sample_rate)
    clips = _aligned(target, match)
    if any(is_silent(samples) for samples in clips):
        return float(all(is_silent(samples) for samples in clips))
    energies = [
        np.square(cut_frames(samples, window, hop), dtype=np.float64).sum(axis=1)
        for samples in clips
    ]
    a, b = (np.sqrt(energy / energy.sum()) for energy in energies)
    return float(min(1.0, a @ b))


def f0_cents(target: Audio, match: Audio, sample_rate: int) -> float:
    """Return |cents| between the clips' median f0, or NaN if a clip is unvoiced.

    Args:
        target: Audio of shape (n,) or (channels, n).
        match: Audio to compare.
        sample_rate: Hz of both.

    Returns:
        The pitch error in cents.

    Raises:
        ValueError: The audio is unusable (see `features.mono`).
    """
    a, b = estimate_f0(target, sample_rate), estimate_f0(match, sample_rate)
    return float(abs(1200 * np.log2(b / a)))


def _image(audio: Audio, form: Form, settings: FeatureSettings) -> NDArray[np.float64]:
    """Return the mel image above the floor, in [0, 1], as log (dB) or power.

    The maximum is 1 unless the clip is silent.
    """
    decibels = log_mel(audio, settings).astype(np.float64)
    above = decibels - settings.floor_db
    if form == "log":
        return above / -settings.floor_db
    return np.where(above > 0, 10 ** (decibels / 10), 0.0)


def spectral_convergence(
    target: Audio,
    match: Audio,
    sample_rate: int,
    form: Form = "linear",
    settings: FeatureSettings | None = None,
) -> float:
    """Return ||target - match||_F / ||target||_F over mel images relative to each clip's maximum.

    The score is not symmetric. A clip that is not silent has norm >= 1. A denominator of at least 1
    therefore changes only the score of a silent target, and keeps it finite. The paper's clips keep
    their level. Our clips are stored peak-normalised.

    Args:
        target: Audio of shape (n,) or (channels, n).
        match: Audio to compare.
        sample_rate: Hz of both.
        form: `linear` for power, `log` for dB above the floor.
        settings: Analysis. Default: the one for the sample rate and the longer clip.

    Returns:
        The score, lower is better.

    Raises:
        ValueError: The audio is unusable, or the settings are for another sample rate.
    """
    longest = max(target.shape[-1], match.shape[-1])
    settings = judge_settings(sample_rate, settings, longest)
    a, b = _image(target, form, settings), _image(match, form, settings)
    return float(np.linalg.norm(a - b) / max(1.0, float(np.linalg.norm(a))))


def mel_mse(
    target: Audio,
    match: Audio,
    sample_rate: int,
    form: Form = "log",
    settings: FeatureSettings | None = None,
) -> float:
    """Return the mean squared difference of mel images relative to each clip's maximum; symmetric.

    Args:
        target: Audio of shape (n,) or (channels, n).
        match: Audio to compare.
        sample_rate: Hz of both.
        form: `log` for dB^2, `linear` for relative power^2.
        settings: Analysis. Default: the one for the sample rate and the longer clip.

    Returns:
        The error.

    Raises:
        ValueError: The audio is unusable, or the settings are for another sample rate.
    """
    longest = max(target.shape[-1], match.shape[-1])
    settings = judge_settings(sample_rate, settings, longest)
    unit = -settings.floor_db if form == "log" else 1.0
    difference = _image(target, form, settings) - _image(match, form, settings)
    return float(np.mean(np.square(unit * difference)))


def parameter_mse_n(estimate: NDArray[Any], truth: NDArray[Any]) -> float:
    """Return the paper's MSE_n over unit vectors (batch, P).

    It is the squared error divided by the batch's mean square of the truth. Each parameter is
    normalised before the mean, as in the reference implementation. This error is reported but never
    used to select a model.

    Raises:
        ValueError: The shapes differ or are not (batch, P).
    """
    return float(parameter_errors_n(estimate, truth).mean())


def parameter_errors_n(estimate: NDArray[Any], truth: NDArray[Any]) -> NDArray[np.float64]:
    """Return each vector's part (batch,) of `parameter_mse_n`, which is their mean.

    Raises:
        ValueError: The shapes differ or are not (batch, P).
    """
    if estimate.shape != truth.shape or truth.ndim != 2:
        raise ValueError(
            f"the shapes are {estimate.shape} and {truth.shape}: expected two (batch, P)"
        )
    power = np.mean(np.square(truth, dtype=np.float64) + 1e-9, axis=0)
    errors = np.square(estimate.astype(np.float64) - truth) / power
    return np.asarray(np.mean(errors, axis=1))


def _spectral_convergence_log(target: Audio, match: Audio, sample_rate: int) -> float:
    """Return the `spectral_convergence` of log-mel images."""
    return spectral_convergence(target, match, sample_rate, form="log")


def _mel_mse_linear(target: Audio, match: Audio, sample_rate: int) -> float:
    """Return the `mel_mse` of power-mel images."""
    return mel_mse(target, match, sample_rate, form="linear")


@dataclass(frozen=True)
class Metric:
    """Describe a score of (target, match, sample_rate) and its better direction.

    Attributes:
        function: The score.
        lower_is_better: False only for similarities.
    """

    function: Callable[[Audio, Audio, int], float]
    lower_is_better: bool = True


ALL_METRICS: dict[str, Metric] = {
    "j": Metric(headline),
    "mss": Metric(mss),
    "log_mel_l1": Metric(log_mel_l1),
    "wmfcc": Metric(wmfcc),
    "sot": Metric(sot),
    "envelope_cosine": Metric(envelope_cosine, lower_is_better=False),
    "f0_cents": Metric(f0_cents),
    "sc": Metric(spectral_convergence),
    "sc_log": Metric(_spectral_convergence_log),
    "mel_mse": Metric(mel_mse),
    "mel_mse_linear": Metric(_mel_mse_linear),
}
