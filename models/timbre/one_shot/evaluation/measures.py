"""Measure organised latent spaces, reconstructions, denoising and morphs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import cdist

from models.audio.features import FeatureSettings, Float32, log_mel
from models.timbre.one_shot.images.mfcc import mfcc, mfcc_distance

Float64 = npt.NDArray[np.float64]
Labels = npt.NDArray[np.integer]


def nearest_accuracy(known: Float32, labels: Labels, points: Float32, wanted: Labels) -> float:
    """Return the part of points whose nearest known point has their class.

    Args:
        known: Latent points of the training sounds, (N, D).
        labels: Their classes, (N,); those below 0 do not count.
        points: Latent points of other sounds, (M, D).
        wanted: Their classes, (M,); those below 0 do not count.

    Returns:
        The accuracy, 0 to 1.
    """
    known, labels = known[labels >= 0], labels[labels >= 0]
    points, wanted = points[wanted >= 0], wanted[wanted >= 0]
    return float((labels[cdist(points, known).argmin(axis=1)] == wanted).mean())


def log_mel_errors(target: Float32, made: Float32, sample_rate: int) -> tuple[float, float]:
    """Return the log-mel errors of a sound and of silence, RMS in dB.

    Both count the cells that are above the floor (-80 dB) in the target.

    Args:
        target: Mono audio, (n,).
        made: Mono audio to compare.
        sample_rate: Hz of both.

    Returns:
        Error of the sound, and error of silence.
    """
    seconds = max(len(target), len(made)) / sample_rate
    top = min(11000.0, sample_rate / 2)
    hop = round(0.01 * sample_rate)
    settings = FeatureSettings(
        sample_rate, 4 * hop, hop, 64, 30.0, top, duration_s=max(seconds, 0.1)
    )
    a, b = log_mel(target, settings), log_mel(made, settings)
    cells = a > settings.floor_db
    error = np.sqrt(np.square(a - b)[cells].mean())
    return float(error), float(np.sqrt(np.square(a - settings.floor_db)[cells].mean()))


def centre_distances(members: Sequence[Float32], centre: Float32, sample_rate: int) -> list[float]:
    """Return the paper's distance of a class centre, for each sound of the class (eq. 5.3).

    It is the MFCC distance to the centre's sound, relative to the mean and the standard deviation
    of the distances to the other sounds of the class.

    Args:
        members: Sounds of the class, (n,) each, three or more.
        centre: Sound that is decoded from the mean of their latent points.
        sample_rate: Hz.

    Returns:
        A value for each sound; below 0 the centre is nearer than the other sounds are.
    """
    features = [mfcc(one, sample_rate, count=13) for one in members]
    middle = mfcc(centre, sample_rate, count=13)
    found = []
    for number, one in enumerate(features):
        others = [mfcc_distance(one, o) for n, o in enumerate(features) if n != number]
        spread = max(float(np.std(others)), 1e-9)
        found.append((mfcc_distance(one, middle) - float(np.mean(others))) / spread)
    return found


def is_monotone(steps: Sequence[Float32], sample_rate: int) -> bool:
    """Return whether the MFCC distance from the first sound grows with each step of a morph."""
    features = [mfcc(one, sample_rate) for one in steps]
    away = [mfcc_distance(features[0], one) for one in features]
    return bool((np.diff(away) > 0).all())


def snr_db(clean: npt.NDArray[np.floating], found: npt.NDArray[np.floating]) -> float:
    """Return the signal-to-noise ratio of a signal against its clean version, in dB."""
    error = float(np.square(found - clean).sum())
    return float(10 * np.log10(float(np.square(clean).sum()) / max(error, 1e-20)))
