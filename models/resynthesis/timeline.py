"""Choose the length of a preset's curves, and where they loop while the key is held."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.audio.sound_kind import level_db
from models.resynthesis.analysis import SoundAnalysis

Float64 = npt.NDArray[np.float64]

EARLIEST_LOOP_SHARE = 0.3  # A loop starts after this share of the sound, after the attack.
SHORTEST_LOOP_S = 0.4
LOOP_STEP_S = 0.05
LOOP_RANGE_DB = 2.5  # Largest range of the level in a steady loop.
LOOP_WINDOW_S = 0.2  # Window of the level in a loop.
LONGEST_RELEASE_S = 0.6  # A sound with a longer release is not a held note.
SILENT_DB = 60.0  # The drawn decay ends this far below the end of the recording.
LONGEST_TAIL_S = 12.0
SLOWEST_DECAY_DB_S = -3.0
QUIET_END_DB = -60.0  # A sound with a quieter end needs no tail.


@dataclass(frozen=True)
class Timeline:
    """Hold the times of the curves of a preset.

    Attributes:
        duration_s: Duration of the recorded sound, without its release if it loops.
        loop_start_s: Start of the loop, which runs to the end, back and forth. None plays the
            curves once.
        tail_s: Seconds of decay after the recording.
        decay_db_s: Slope of that decay, dB per second, below 0.
    """

    duration_s: float
    loop_start_s: float | None = None
    tail_s: float = 0.0
    decay_db_s: float = 0.0

    @property
    def total_s(self) -> float:
        """Return the length of one cycle of the curves, seconds."""
        if self.loop_start_s is not None:
            return 2 * self.duration_s - self.loop_start_s
        return self.duration_s + self.tail_s

    @property
    def loop_phase(self) -> float:
        """Return the start of the loop as a share of the cycle."""
        return 0.0 if self.loop_start_s is None else self.loop_start_s / self.total_s

    def draw(self, times_s: Float64, values: Float64) -> tuple[Float64, Float64]:
        """Spread a curve over one cycle: forward once, then back to the start of the loop.

        Args:
            times_s: Ascending from 0 to `duration_s`, shape (points,).
            values: The curve at these times, shape (points,).

        Returns:
            Positions in the cycle from 0 to 1, and the values there.
        """
        if self.loop_start_s is None:
            if self.tail_s > 0:
                times_s, values = np.append(times_s, self.total_s), np.append(values, values[-1])
            return times_s / self.total_s, values
        inside = times_s > self.loop_start_s
        inside[-1] = False  # the turning point occurs once
        back = 2 * self.duration_s - times_s[inside][::-1]
        start = float(np.interp(self.loop_start_s, times_s, values))
        times_s = np.concatenate([times_s, back, [self.total_s]])
        return times_s / self.total_s, np.concatenate([values, values[inside][::-1], [start]])


def plan_timeline(analysis: SoundAnalysis, loop: bool = True) -> Timeline:
    """Choose between a loop, a decay after the recording, and an end with the recording.

    Args:
        analysis: Analysis of the sound.
        loop: Whether a sustained sound may loop.

    Returns:
        The times of the curves.
    """
    short_release = analysis.duration_s - analysis.release_s < LONGEST_RELEASE_S
    if loop and analysis.trend.is_sustained and short_release:
        end_s = analysis.release_s
        return Timeline(end_s, _loop_start(analysis, end_s))
    if not analysis.fills_clip or analysis.trend.end_db < QUIET_END_DB:
        return Timeline(analysis.duration_s)
    slope = min(analysis.trend.slope_db_s, SLOWEST_DECAY_DB_S)
    tail_s = min(LONGEST_TAIL_S, SILENT_DB / -slope)
    return Timeline(analysis.duration_s, None, tail_s, slope)


def _loop_start(analysis: SoundAnalysis, end_s: float) -> float:
    """Return the start of the longest steady part before `end_s`, or of the steadiest one."""
    rate = analysis.sample_rate
    level = level_db(analysis.samples[: round(end_s * rate)], rate, LOOP_WINDOW_S)
    starts = np.arange(EARLIEST_LOOP_SHARE * end_s, end_s - SHORTEST_LOOP_S, LOOP_STEP_S)
    if not len(starts):
        return max(0.0, end_s - SHORTEST_LOOP_S)
    ranges = np.array([_range_db(level[round(start * rate) :], rate) for start in starts])
    steady = np.flatnonzero(ranges <= LOOP_RANGE_DB)
    return float(starts[steady[0] if len(steady) else int(np.argmin(ranges))])


def _range_db(level: Float64, rate: int) -> float:
    """Return the range of a level, without the end, where the window extends past the sound."""
    inside = level[: max(1, len(level) - round(LOOP_WINDOW_S / 2 * rate))]
    return float(inside.max() - inside.min())
