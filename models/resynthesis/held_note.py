"""Measure a preset while a key is held longer than the recording, and after its release."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Float64 = npt.NDArray[np.float64]

WINDOW_S = 0.1
RELEASE_CHECK_S = 0.3  # time after the key is released
RELEASE_WINDOW_S = 0.05
SUSTAIN_SHARE = 0.3  # The attack ends after this share of the recording.
SILENCE = 1e-10  # power


@dataclass(frozen=True)
class HeldNote:
    """Hold the levels of a long note, after the duration of the recording.

    Attributes:
        drift_db: Largest difference of the level (300 ms) from the recording's end, dB.
        jump_db: Largest step of the level between neighbouring windows of 100 ms, dB.
        recorded_jump_db: Largest step within the last 70 % of the recording's duration, dB.
        recorded_range_db: Largest difference from the recording's end in the same part, dB.
        change_db: Level at key-up, relative to the recording's end, dB.
        release_db: Level 0.3 s after key-up, relative to the loudest moment of the note, dB.
        peak: Largest absolute sample.
    """

    drift_db: float
    jump_db: float
    recorded_jump_db: float
    recorded_range_db: float
    change_db: float
    release_db: float
    peak: float


def measure_held_note(
    audio: npt.NDArray[np.floating], sample_rate: int, recorded_s: float, hold_s: float
) -> HeldNote:
    """Measure a render whose key is held for `hold_s`, longer than the recording.

    Args:
        audio: Shape (channels, n) or (n,), at least 0.4 s longer than the hold.
        sample_rate: Hz.
        recorded_s: Duration of the recording, at least 1.5 s.
        hold_s: Seconds from key press to release.

    Returns:
        The levels.
    """
    samples = np.atleast_2d(np.asarray(audio, np.float64)).mean(axis=0)
    level = _levels(samples[: round(hold_s * sample_rate)], sample_rate)
    smooth = 10 * np.log10(np.convolve(10 ** (level / 10), np.ones(3) / 3, mode="valid"))
    end = round(recorded_s / WINDOW_S) - 1
    start = round(SUSTAIN_SHARE * end)
    before = float(np.mean(smooth[end - 9 : end - 2]))
    after = smooth[end:]
    released = round((hold_s + RELEASE_CHECK_S) * sample_rate)
    width = round(RELEASE_WINDOW_S * sample_rate)
    tail = float((samples[released : released + width] ** 2).mean())
    return HeldNote(
        drift_db=float(np.abs(after - before).max()),
        jump_db=float(np.abs(np.diff(level[end:])).max()),
        recorded_jump_db=float(np.abs(np.diff(level[start:end])).max()),
        recorded_range_db=float(np.abs(smooth[start : end - 2] - before).max()),
        change_db=float(after[-1] - before),
        release_db=float(10 * np.log10(tail + SILENCE) - level.max()),
        peak=float(np.abs(audio).max()),
    )


def _levels(samples: Float64, sample_rate: int) -> Float64:
    """Return the RMS level of each 100 ms, dB."""
    width = round(WINDOW_S * sample_rate)
    power = (samples[: len(samples) // width * width].reshape(-1, width) ** 2).mean(axis=1)
    return np.asarray(10 * np.log10(power + SILENCE))
