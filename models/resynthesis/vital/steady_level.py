"""Steady the level of a loop while the key is held longer than the recording.

A recorded tremolo or beat can move the level by many dB in 100 ms. The preset plays it as recorded
once. In the loop, which repeats for as long as the key is held, the movement is smaller.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.ndimage import uniform_filter1d

from models.resynthesis.frames import FrameSequence
from models.resynthesis.noise import NoiseLayer
from models.resynthesis.timeline import HELD_STEP_S, Timeline

Float64 = npt.NDArray[np.float64]

WINDOW_S = 0.03  # The level is measured in windows of this length.
STEP_S = 0.1
LARGEST_STEP_DB = 1.5  # In that time.
RETURN_S = 0.03  # A short dip at the recording's end ends in this time.
LARGEST_RANGE_DB = 2.0  # From the usual level.
USUAL_S = 1.0  # The usual level is that of the mean power in this time before the end.
SILENCE = 1e-12  # power


def steady_gain(
    timeline: Timeline, frames: FrameSequence | None, gains: Float64, layer: NoiseLayer | None
) -> Float64:
    """Return the gain that bounds the movement of the level in the loop.

    Args:
        timeline: Times of the preset, with a loop.
        frames: Spectra and amplitude curve; None for a percussive sound.
        gains: Corrections of each harmonic in each frame, shape (K, harmonics).
        layer: The noise; None if it is silent.

    Returns:
        Gain at each time of `timeline.held_s`, dB, shape (m,). It is 0 at the first time. It is
        0 at all times if the level of the recording moves little.
    """
    assert timeline.loop_start_s is not None
    count = int(np.ceil((timeline.duration_s - timeline.loop_start_s) / HELD_STEP_S)) + 1
    times_s = np.linspace(timeline.loop_start_s, timeline.duration_s, count)
    # The loop turns at both ends, so the level before an end is the level after it.
    width = max(1, round(WINDOW_S / HELD_STEP_S))
    power = uniform_filter1d(_power(times_s, frames, gains, layer), width, mode="mirror")
    level = 10 * np.log10(np.maximum(power, 0.0) + SILENCE)
    recent = power[times_s > timeline.duration_s - USUAL_S]
    usual = float(10 * np.log10(recent.mean() + SILENCE))
    wanted = usual + _share(level, usual) * (level - usual)
    held = np.interp(timeline.recorded_s, times_s, wanted)
    return np.asarray(
        _with_lead(held, timeline, level) - np.interp(timeline.recorded_s, times_s, level)
    )


def _with_lead(held: Float64, timeline: Timeline, level: Float64) -> Float64:
    """Move evenly from the last level of the recording to the level of the loop, dB."""
    passed_s = timeline.held_s - timeline.duration_s
    inside = passed_s < timeline.lead_s
    last = float(level[-round(STEP_S / HELD_STEP_S) :].mean())
    lead = last + passed_s / timeline.lead_s * (held[~inside][0] - last)
    lead += (level[-1] - lead) * np.clip(1 - passed_s / RETURN_S, 0, 1)
    return np.where(inside, lead, held)


def _power(
    times_s: Float64, frames: FrameSequence | None, gains: Float64, layer: NoiseLayer | None
) -> Float64:
    """Return the power of oscillator and noise at some moments of the recording."""
    power = np.zeros(len(times_s))
    if frames is not None:
        norm = np.sqrt((np.abs(frames.spectra * gains) ** 2).sum(axis=1))
        roots = np.interp(times_s, frames.amplitude_times_s, np.sqrt(frames.amplitudes))
        power += 0.5 * (roots**2 * np.interp(times_s, frames.times_s, norm)) ** 2
    if layer is not None:
        roots = np.interp(times_s, layer.times_s, np.sqrt(layer.levels))
        power += roots**4 * float((layer.wave**2).mean())
    return power


def _share(level: Float64, usual: float) -> float:
    """Return the share of the movement to keep: 1 if it is small already."""
    later = round(STEP_S / HELD_STEP_S)
    step = float(np.abs(level[later:] - level[:-later]).max(initial=0.0))
    moved = float(np.abs(level - usual).max())
    return min(1.0, LARGEST_STEP_DB / max(step, 1e-9), LARGEST_RANGE_DB / max(moved, 1e-9))
