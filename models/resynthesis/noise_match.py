"""Match shaped noise to a residual in mel images of several resolutions."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.audio.noise_bands import filter_over_time
from models.resynthesis.mel_image import Scale, power_ratio

Float64 = npt.NDArray[np.float64]

SCALES = (Scale(93, 46, 128), Scale(25, 10, 64), Scale(100, 50, 128), Scale(10, 5, 32))
PASSES = 2  # Over all scales.
STEP = 0.35  # Exponent of the power ratio when applied to amplitudes.
LIMIT = 100.0  # The largest power ratio of one pass.


def follow(noise: Float64, residual: Float64, sample_rate: int) -> Float64:
    """Filter noise to bring its mel images near those of the residual.

    Two noises with the same band powers still differ by several dB in each cell of a spectrogram.
    Each filter corrects a part of that difference at one resolution.

    Args:
        noise: Shaped noise, shape (n,).
        residual: The residual to match, shape (n,).
        sample_rate: Hz.

    Returns:
        The filtered noise, shape (n,).
    """
    targets = [scale.power(residual, sample_rate) for scale in SCALES]
    for _ in range(PASSES):
        for scale, target in zip(SCALES, targets, strict=True):
            ratio = power_ratio(target, scale.power(noise, sample_rate), LIMIT)
            times_s = scale.times_s(sample_rate, target.shape[1])
            centres_hz = scale.centres_hz(sample_rate)
            noise = filter_over_time(noise, sample_rate, ratio**STEP, centres_hz, times_s)
    return noise
