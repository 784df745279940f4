"""Classify a sound by its content, and by whether it sustains or decays."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
from scipy.ndimage import uniform_filter1d

Float64 = npt.NDArray[np.float64]

INHARMONIC_RESIDUAL = 0.01  # Least share of power in the residual of an inharmonic sound.
INHARMONIC_DROP = 0.4  # A dense grid must reduce the residual to less than this part.
LEVEL_WINDOW_S = 0.05
TREND_SHARE = 0.6  # The trend is fitted over this share of the sound, at its end.
SHORTEST_SUSTAIN_S = 0.5
STEEPEST_SUSTAIN_DB_S = -2.0
STEEPEST_DRIVEN_DB_S = -4.0
LATE_PEAK_SHARE = 0.25  # A sound that is loudest after this share of its length is driven.
QUIETEST_SUSTAIN_DB = -15.0  # Level at the end, relative to the loudest moment.
FLOOR_DB = -80.0
RELEASE_WINDOW_S = 0.03
LOUD_DB = -40.0  # Quieter moments do not count towards the level before a release.
FALL_WINDOW_S = 0.005
RELEASE_DROP_DB = 6.0  # Below the median level of the second half.
AUDIBLE_DB = -60.0  # The trend is fitted to louder moments.
END_MARGIN_S = 0.05  # A fade at the end of a recording is not a decay.


class SoundKind(StrEnum):
    """List the kinds of sound."""

    HARMONIC = "harmonic"
    INHARMONIC = "inharmonic"
    PERCUSSIVE = "percussive"  # Noise without a clear pitch.


@dataclass(frozen=True)
class LevelTrend:
    """Describe how the level of a sound moves at its end.

    Attributes:
        slope_db_s: Slope over the last 60 % of the audible sound, dB per second.
        end_db: Level at the end, relative to the loudest moment, dB.
        is_sustained: True if the sound would continue while a key is held.
    """

    slope_db_s: float
    end_db: float
    is_sustained: bool


def level_db(samples: Float64, sample_rate: int, window_s: float = LEVEL_WINDOW_S) -> Float64:
    """Return the RMS level at every sample, shape (n,).

    Args:
        samples: Mono audio, shape (n,).
        sample_rate: Sample rate in Hz.
        window_s: Length of the window in seconds.

    Returns:
        dB relative to the loudest sample, at least -80.
    """
    power = uniform_filter1d(samples**2, max(1, round(window_s * sample_rate)), mode="constant")
    power = np.maximum(power, 0.0)
    floor = 10 ** (FLOOR_DB / 10)
    return np.asarray(10 * np.log10(np.maximum(power / max(power.max(), 1e-20), floor)))


def release_start(samples: Float64, sample_rate: int) -> float:
    """Return the second when the release begins and the sound finally leaves its level.

    Args:
        samples: The sound without padding, shape (n,).
        sample_rate: Sample rate in Hz.

    Returns:
        The start of the release. It is the end of the sound if there is no release.
    """
    level = level_db(samples, sample_rate, RELEASE_WINDOW_S)
    loud = level[level > LOUD_DB]
    usual = float(np.median(loud[len(loud) // 2 :]))
    lasting = int(np.flatnonzero(level >= usual - RELEASE_DROP_DB)[-1]) + 1
    end_s = len(samples) / sample_rate
    # A window that reaches beyond the end of the sound contains only half of it.
    start_s = lasting / sample_rate - RELEASE_WINDOW_S / 2
    return end_s if end_s - start_s < RELEASE_WINDOW_S else start_s


def release_time(samples: Float64, sample_rate: int, start_s: float) -> float:
    """Return the seconds from the start of a release until the level falls by 20 dB.

    Args:
        samples: The clip, shape (n,). Silence after its end counts as fallen.
        sample_rate: Sample rate in Hz.
        start_s: Start of the release in seconds, inside the clip.

    Returns:
        The time in seconds.
    """
    level = level_db(samples, sample_rate, FALL_WINDOW_S)
    start = min(round(start_s * sample_rate), len(level) - 1)
    before = level[max(0, start - round(RELEASE_WINDOW_S * sample_rate)) : start + 1]
    fallen = np.flatnonzero(level[start:] < before.max() - 20.0)
    return float((fallen[0] if len(fallen) else len(level) - start) / sample_rate)


def level_trend(samples: Float64, sample_rate: int) -> LevelTrend:
    """Fit the trend of the level at the end of a sound.

    Args:
        samples: The sound without padding and release, shape (n,).
        sample_rate: Sample rate in Hz.

    Returns:
        The trend.
    """
    level = level_db(samples, sample_rate)
    margin = round(END_MARGIN_S * sample_rate)
    end = max(1, len(level) - margin)
    audible = int(np.flatnonzero(level[:end] > AUDIBLE_DB)[-1]) + 1
    part = level[round((1 - TREND_SHARE) * audible) : audible]
    seconds = np.arange(len(part)) / sample_rate
    slope = float(np.polyfit(seconds, part, 1)[0]) if len(part) > 1 else 0.0
    recent = level[max(0, end - round(0.25 * sample_rate)) : end]
    end_db = float(recent.mean())
    # A struck or plucked sound is loudest at its attack. A driven sound can grow later.
    is_driven = int(np.argmax(level)) > LATE_PEAK_SHARE * len(level)
    steepest = STEEPEST_DRIVEN_DB_S if is_driven else STEEPEST_SUSTAIN_DB_S
    is_sustained = (
        len(samples) > SHORTEST_SUSTAIN_S * sample_rate
        and slope > steepest
        and end_db > QUIETEST_SUSTAIN_DB
    )
    return LevelTrend(slope, end_db, is_sustained)


def is_inharmonic(residual_share: float, dense_residual_share: float) -> bool:
    """Decide whether a dense grid of partials explains the residual of the harmonics.

    Args:
        residual_share: Power of the residual of the harmonics over the power of the sound.
        dense_residual_share: The same with partials at multiples of f0/8.

    Returns:
        True if the sound is inharmonic.
    """
    if residual_share < INHARMONIC_RESIDUAL:
        return False
    return dense_residual_share < INHARMONIC_DROP * residual_share
