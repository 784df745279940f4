"""Compute J, the headline distance in dB: analyse a target once, then measure many sounds fast.

MSS and log-mel L1 are defined here once. A search, the evaluator and a single call of `metrics.mss`
run the same lines and agree to the last bit. A clip of 4 s at 44.1 kHz takes about 5 ms.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.audio.features import (
    Audio,
    FeatureSettings,
    Float32,
    apply_filterbank,
    is_silent,
    log_mel,
    mel_filterbank,
    mono,
    power_spectrum,
    relative_db,
)

FLOOR_DB = -80.0
MSS_SCALES = ((10, 5, 32), (25, 10, 64), (100, 50, 128))  # Window ms, hop ms, mel bands.


def whole_samples(milliseconds: int, sample_rate: int) -> int:
    """Return the whole samples in a duration, rounded down as Hayes does."""
    return sample_rate * milliseconds // 1000


def mel_power(samples: Float32, sample_rate: int, scale: tuple[int, int, int]) -> Float32:
    """Return the mel power (bands, frames) of a clip from 0 Hz to Nyquist.

    Args:
        samples: Mono audio, shape (n,).
        sample_rate: Sample rate in Hz.
        scale: Window in ms, hop in ms, and number of bands.

    Returns:
        Mel power, shape (bands, frames).
    """
    window, hop = whole_samples(scale[0], sample_rate), whole_samples(scale[1], sample_rate)
    filterbank = mel_filterbank(sample_rate, window, scale[2], 0.0, sample_rate / 2)
    return apply_filterbank(filterbank, power_spectrum(samples, window, hop))


def _scales(samples: Float32, sample_rate: int) -> list[Float32]:
    """Return the dB mel images (bands, frames) of (n,) at the three scales of MSS."""
    silent = is_silent(samples)
    return [
        relative_db(mel_power(samples, sample_rate, scale), FLOOR_DB, silent)
        for scale in MSS_SCALES
    ]


def mean_abs(a: NDArray[Any], b: NDArray[Any]) -> float:
    """Return the mean |a - b| over all cells, summed in double precision."""
    return float(np.abs(a - b).mean(dtype=np.float64))


@dataclass(frozen=True)
class Distance:
    """Hold the distance of one match to its target, in dB: 0 is identical, lower is better.

    Attributes:
        mss: Multi-scale mel distance.
        log_mel_l1: Distance of the clips' log-mel images (128 bands, absolute pitch).
        j: Mean of both, the headline score.
    """

    mss: float
    log_mel_l1: float
    j: float


class TargetDistance:
    """Measure many matches against one target, which is analysed once at first use.

    Args:
        target: Audio of shape (n,) or (channels, n).
        sample_rate: Hz of the target and of every match.
        settings: Analysis of the log-mel half. Its `reference_note` is ignored: the distance uses
            absolute pitch, so a match in the wrong octave costs something.

    Raises:
        ValueError: The audio is unusable, or the settings are for another sample rate.

    >>> tone = np.sin(np.arange(44100) / 16)
    >>> TargetDistance(tone, 44100).distance(tone)
    Distance(mss=0.0, log_mel_l1=0.0, j=0.0)
    """

    def __init__(
        self, target: Audio, sample_rate: int, settings: FeatureSettings | None = None
    ) -> None:
        self.sample_rate = sample_rate
        self._given = settings
        self._target = mono(target)
        self.settings = judge_settings(sample_rate, settings, len(self._target))
        self._scales_by_length: dict[int, list[Float32]] = {}

    def analysed(self) -> "TargetDistance":
        """Compute the target's images before this object goes to other processes, and return it."""
        self._target_scales(len(self._target))
        _ = self._image
        return self

    @cached_property
    def _image(self) -> Float32:
        return log_mel(self._target, self.settings)

    def distance(self, match: Audio) -> Distance:
        """Measure a match, (n,) or (channels, n), at the target's sample rate.

        Raises:
            ValueError: The audio is empty, has a wrong shape, or has NaN or infinite samples.
        """
        samples = mono(match)
        multi_scale = self.mss(samples)
        if len(samples) > len(self._target):
            features = log_mel_l1(self._target, samples, self.sample_rate, self._given)
        else:
            features = mean_abs(self._image, log_mel(samples, self.settings))
        return Distance(multi_scale, features, (multi_scale + features) / 2)

    def mss(self, match: Audio) -> float:
        """Measure only the multi-scale half, in dB."""
        samples = mono(match, max(len(self._target), match.shape[-1]))
        pairs = zip(
            self._target_scales(len(samples)), _scales(samples, self.sample_rate), strict=True
        )
        return float(np.mean([mean_abs(a, b) for a, b in pairs]))

    def _target_scales(self, length: int) -> list[Float32]:
        """Return the images of the target padded to `length`.

        Only the last length is kept, because renders usually share one length.
        """
        if length not in self._scales_by_length:
            padded = mono(self._target, length)
            self._scales_by_length = {length: _scales(padded, self.sample_rate)}
        return self._scales_by_length[length]


def judge_settings(
    sample_rate: int, settings: FeatureSettings | None, samples: int
) -> FeatureSettings:
    """Default the settings, check their sample rate, and drop pitch normalisation.

    By default the image is as long as the clips. Padding would compare silence with silence and
    make every distance too small.

    Args:
        sample_rate: Sample rate of the audio in Hz.
        settings: The given settings, or None.
        samples: Length of the longer clip.

    Returns:
        Settings for absolute pitch.

    Raises:
        ValueError: The settings are for another sample rate.
    """
    if settings is None:
        return replace(FeatureSettings.for_rate(sample_rate), duration_s=samples / sample_rate)
    if settings.sample_rate != sample_rate:
        raise ValueError(
            f"audio is at {sample_rate} Hz but the feature settings are for "
            f"{settings.sample_rate} Hz: resample the audio first"
        )
    return replace(settings, reference_note=None)


def mss(target: Audio, match: Audio, sample_rate: int) -> float:
    """Return the multi-scale spectral distance in dB, 0 to 80, symmetric (Hayes et al. 2025).

    It is the mean |dB| of mel power at 10/5/32, 25/10/64 and 100/50/128 (window ms, hop ms, bands).
    Each image is in dB relative to its own maximum with a floor of -80, so the level does not
    matter.

    Args:
        target: Audio of shape (n,) or (channels, n).
        match: Audio to compare.
        sample_rate: Hz of both.

    Returns:
        The distance in dB.

    Raises:
        ValueError: The audio is unusable (see `features.mono`).
    """
    return TargetDistance(target, sample_rate).mss(match)


def log_mel_l1(
    target: Audio, match: Audio, sample_rate: int, settings: FeatureSettings | None = None
) -> float:
    """Return the mean |dB| between two `features.log_mel` images: level-invariant, symmetric.

    Args:
        target: Audio of shape (n,) or (channels, n).
        match: Audio to compare.
        sample_rate: Hz of both.
        settings: Analysis. Default: the one for the sample rate and the longer clip.

    Returns:
        The distance in dB.

    Raises:
        ValueError: The audio is unusable, or the settings are for another sample rate.
    """
    longest = max(target.shape[-1], match.shape[-1])
    settings = judge_settings(sample_rate, settings, longest)
    return mean_abs(log_mel(target, settings), log_mel(match, settings))


def headline(
    target: Audio, match: Audio, sample_rate: int, settings: FeatureSettings | None = None
) -> float:
    """Return J = (MSS + log-mel L1) / 2 in dB, the score that decides.

    `models.evaluation.protocol` says how it is used.

    Args:
        target: Audio of shape (n,) or (channels, n).
        match: Audio to compare.
        sample_rate: Hz of both.
        settings: Analysis of the log-mel half.

    Returns:
        The distance in dB.

    Raises:
        ValueError: The audio is unusable, or the settings are for another sample rate.
    """
    return TargetDistance(target, sample_rate, settings).distance(match).j
