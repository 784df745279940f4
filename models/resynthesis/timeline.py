"""Choose the length of a preset's curves, and where they loop while the key is held."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from models.audio.sound_kind import level_db
from models.resynthesis.analysis import SoundAnalysis
from models.resynthesis.vital.curves import Error, absolute_error, fit_points
from models.resynthesis.vital.patch import MOST_POINTS

Float64 = npt.NDArray[np.float64]

EARLIEST_LOOP_SHARE = 0.3  # A loop starts after this share of the sound, after the attack.
SHORTEST_LOOP_S = 0.4
LONGEST_LOOP_S = 1.0  # One way. The points of a curve follow the movement of a longer loop badly.
LOOP_STEP_S = 0.05
LOOP_RANGE_DB = 2.5  # Largest range of the level in a steady loop.
LEAD_S = 0.3  # Longest time from the level of the recording's end to the level of the loop.
HELD_STEP_S = 0.005  # Step of the curves in the loop, before few points are chosen.
LOOP_WINDOW_S = 0.2  # Window of the level in a loop.
LONGEST_RELEASE_S = 0.6  # A sound with a longer release is not a held note.
SILENT_DB = 60.0  # The drawn decay ends this far below the end of the recording.
LONGEST_TAIL_S = 12.0
SLOWEST_DECAY_DB_S = -3.0
QUIET_END_DB = -60.0  # A sound with a quieter end needs no tail.


@dataclass(frozen=True)
class Timeline:
    """Hold the times of the curves of a preset.

    A curve with a loop has three parts: the recording, a lead into the loop, and the loop. The
    loop runs back and forth between the end of the recording and the start of the loop. Only the
    first part must follow the recording, so the loop can have another level.

    Attributes:
        duration_s: Duration of the recorded sound, without its release if it loops.
        loop_start_s: Moment of the recording where the loop turns. None plays the curves once.
        tail_s: Seconds of decay after the recording.
        decay_db_s: Slope of that decay, dB per second, below 0.
    """

    duration_s: float
    loop_start_s: float | None = None
    tail_s: float = 0.0
    decay_db_s: float = 0.0

    @property
    def total_s(self) -> float:
        """Return the length of the curves, seconds."""
        if self.loop_start_s is None:
            return self.duration_s + self.tail_s
        return self.duration_s + 2 * (self.duration_s - self.loop_start_s) + self.lead_s

    @property
    def lead_s(self) -> float:
        """Return the seconds from the end of the recording to the start of the loop."""
        if self.loop_start_s is None:
            return 0.0
        return min(LEAD_S, (self.duration_s - self.loop_start_s) / 2)

    @property
    def loop_phase(self) -> float:
        """Return the start of the loop as a share of the curves."""
        if self.loop_start_s is None:
            return 0.0
        return (self.duration_s + self.lead_s) / self.total_s

    @cached_property
    def held_s(self) -> Float64:
        """Return times from the end of the recording to the end of the loop, shape (m,)."""
        if self.loop_start_s is None:
            return np.empty(0)
        one_way = self.duration_s - self.loop_start_s
        edges = self.duration_s + np.array(
            [0.0, self.lead_s, one_way, 2 * one_way, 2 * one_way + self.lead_s]
        )
        legs = [
            np.linspace(start, end, int(np.ceil((end - start) / HELD_STEP_S)), endpoint=False)
            for start, end in pairwise(edges)
        ]
        return np.concatenate([*legs, edges[-1:]])

    @cached_property
    def recorded_s(self) -> Float64:
        """Return the moment of the recording that plays at each time of `held_s`, shape (m,)."""
        if self.loop_start_s is None:
            return np.empty(0)
        one_way = self.duration_s - self.loop_start_s
        passed = (self.held_s - self.duration_s) % (2 * one_way)
        return np.asarray(self.loop_start_s + np.abs(passed - one_way))

    def draw(
        self,
        times_s: Float64,
        values: Float64,
        held: Float64 | None = None,
        error: Error = absolute_error,
    ) -> tuple[Float64, Float64]:
        """Spread a curve over the recording and what follows it.

        Args:
            times_s: Ascending from 0 to `duration_s`, shape (points,).
            values: The curve at these times, shape (points,).
            held: The curve at `held_s`, shape (m,), from the last of the values on. By default,
                it has the values of the recording at `recorded_s`.
            error: Error of the lines between the points that are chosen for `held`.

        Returns:
            Positions from 0 to 1, and the values there.
        """
        if self.loop_start_s is None:
            if self.tail_s > 0:
                times_s, values = np.append(times_s, self.total_s), np.append(values, values[-1])
            return times_s / self.total_s, values
        if held is None:
            held = np.interp(self.recorded_s, times_s, values)
        start = int(np.argmin(np.abs(self.held_s - self.duration_s - self.lead_s)))
        most = MOST_POINTS - len(times_s) + 1
        chosen = fit_points(self.held_s, held, most, error, fixed=(start,))[1:]
        times_s = np.concatenate([times_s, self.held_s[chosen]])
        return times_s / self.total_s, np.concatenate([values, held[chosen]])


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
    earliest_s = max(EARLIEST_LOOP_SHARE * end_s, end_s - LONGEST_LOOP_S)
    starts = np.arange(earliest_s, end_s - SHORTEST_LOOP_S, LOOP_STEP_S)
    if not len(starts):
        return max(0.0, end_s - SHORTEST_LOOP_S)
    ranges = np.array([_range_db(level[round(start * rate) :], rate) for start in starts])
    steady = np.flatnonzero(ranges <= LOOP_RANGE_DB)
    return float(starts[steady[0] if len(steady) else int(np.argmin(ranges))])


def _range_db(level: Float64, rate: int) -> float:
    """Return the range of a level, without the end, where the window extends past the sound."""
    inside = level[: max(1, len(level) - round(LOOP_WINDOW_S / 2 * rate))]
    return float(inside.max() - inside.min())
