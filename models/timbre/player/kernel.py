"""Synthesise the voices of a block: sinusoids and noise, compiled by numba.

numpy needs about 10 passes over memory for each harmonic; the compiled loop needs one. Time is
divided into ticks of 128 samples. At each tick, a voice reads its bank and sets the amplitudes for
the end of the tick. Within a tick, amplitudes and frequency change linearly. Nothing jumps, so
nothing clicks. Ticks count from the start of the stream, so the length of the blocks has no effect.

All voices share one noise for each band, with the root of their summed powers as its gain. That has
the distribution of a sum of independent noises, at the cost of one.

The first call of each process loads the compiled code from numba's cache, or compiles it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from numba import njit

from models.timbre.tone import GRID_POINTS, GRID_STEP_HZ, HIGHEST_HZ, RELEASE_DB, Float32, Float64

Counts = npt.NDArray[np.int64]
Bank = tuple[Float64, Float64, Float32, Float32, Float64]  # ``ToneBank.parts``
Work = tuple[Float64, Float64, Float64, Float64, Float64, Float64]  # each (TICK,)

TICK = 128  # samples; even
FREE, HELD, RELEASED, KILLED = 0, 1, 2, 3  # stages of a voice
# Columns of the float state of a voice. `_TO` is the value that a smoothed one moves to.
PHASE, INC, INC_STEP, AGE_S, RELEASED_S, KILL = 0, 1, 2, 3, 4, 5
PITCH, PITCH_TO, LOUD, LOUD_TO, GAIN, GAIN_TO, VIBRATO, VIBRATO_TO = 6, 7, 8, 9, 10, 11, 12, 13
LEVEL = 14
FIELDS = 15
# Columns of the integer state of a voice.
STAGE, AUDIBLE, IS_NEW = 0, 1, 2
COUNTS = 3

RISE_S = 0.0015  # A note rises so fast at its start, or as slowly as its tone does.
KILL_S = 0.005  # A voice that makes room for another note fades in this time.
SMOOTH_S = 0.006  # Time constant of bend, pressure, volume and vibrato.
FADE_S = 0.02  # A new bank replaces the old one in this time.
VIBRATO_HZ = 5.5
SILENT = 1e-7

_compiled = cast(
    Callable[[Callable[..., Any]], Callable[..., Any]], njit(cache=True, fastmath=True)
)


@_compiled
def _between(points: Float64, value: float) -> tuple[int, float]:
    """Return the point at or below a value, and the share of the next one."""
    last = len(points) - 1
    if last == 0 or value <= points[0]:
        return 0, 0.0
    if value >= points[last]:
        return last - 1, 1.0
    low = int(np.searchsorted(points, value, side="right")) - 1
    return low, float((value - points[low]) / (points[low + 1] - points[low]))


@_compiled
def _frame_at(times: Float64, frames: int, age_s: float) -> float:
    """Return the frame that plays at a time, as ``Tone.places`` does."""
    last = frames - 1
    frame, start = age_s / times[0], times[1]
    if start < 0 or last <= start:
        return float(min(frame, float(last)))
    if frame < start:
        return float(frame)
    length = last - start
    beyond = (frame - start) % (2 * length)
    return float(start + min(beyond, 2 * length - beyond))


@_compiled
def _add_bank(
    bank: Bank, weight: float, state: Float64, f0_hz: float, top_hz: float, harmonics: Float64,
    noise: Float64,
) -> None:  # fmt: skip
    """Add the amplitudes of a voice at its pitch, loudness and time, from one bank."""
    zones, layers, envelopes, bands, times = bank
    frames = envelopes.shape[2]
    z, z_share = _between(zones, state[PITCH])
    layer, layer_share = _between(layers, state[LOUD])
    place = _frame_at(times, frames, state[AGE_S])
    frame = min(int(place), max(frames - 2, 0))
    share = place - frame
    z_next, layer_next = min(z + 1, len(zones) - 1), min(layer + 1, len(layers) - 1)
    w = (
        (1 - z_share) * (1 - layer_share),
        (1 - z_share) * layer_share,
        z_share * (1 - layer_share),
        z_share * layer_share,
    )
    extra_db = times[3] * (min(max(state[LOUD], 0.0), 1.0) - 1.0)
    to_log = np.log(10.0) / 20.0
    for step in range(2):
        at = min(frame + step, frames - 1)
        much = weight * (share if step else 1 - share)
        if much == 0.0:
            continue
        a, b = envelopes[z, layer, at], envelopes[z, layer_next, at]
        c, d = envelopes[z_next, layer, at], envelopes[z_next, layer_next, at]
        for k in range(harmonics.shape[0]):
            hz = (k + 1) * f0_hz
            if hz >= top_hz:
                break
            grid = min(hz / GRID_STEP_HZ, GRID_POINTS - 1.001)
            i = int(grid)
            r = grid - i
            low = w[0] * a[i] + w[1] * b[i] + w[2] * c[i] + w[3] * d[i]
            high = w[0] * a[i + 1] + w[1] * b[i + 1] + w[2] * c[i + 1] + w[3] * d[i + 1]
            harmonics[k] += much * np.exp(to_log * (low + r * (high - low) + extra_db))
        a, b = bands[z, layer, at], bands[z, layer_next, at]
        c, d = bands[z_next, layer, at], bands[z_next, layer_next, at]
        for k in range(noise.shape[0]):
            db = w[0] * a[k] + w[1] * b[k] + w[2] * c[k] + w[3] * d[k]
            noise[k] += much * np.exp(to_log * (db + extra_db))


@_compiled
def _release_gain(times: Float64, frames: int, state: Float64) -> float:
    """Return the gain of a bank's release, and 0 after the end of a one-shot."""
    if times[1] < 0 and state[AGE_S] > (frames - 1) * times[0]:
        return 0.0
    if state[RELEASED_S] < 0:
        return 1.0
    fall_db = RELEASE_DB * state[RELEASED_S] / max(times[2], 1e-6)
    return 10 ** (-fall_db / 20) if fall_db < RELEASE_DB else 0.0


@_compiled
def _move(state: Float64, counts: Counts, seconds: float) -> None:
    """Advance the times of a voice, and move its smoothed values."""
    if state[AGE_S] < 0:
        state[AGE_S] = 0.0
    part = 1 - np.exp(-seconds / SMOOTH_S)
    for field in (PITCH, LOUD, GAIN, VIBRATO):
        state[field] += part * (state[field + 1] - state[field])
    state[AGE_S] += seconds
    if state[RELEASED_S] >= 0:
        state[RELEASED_S] += seconds
    if counts[STAGE] == KILLED:
        state[KILL] = max(0.0, state[KILL] - seconds / KILL_S)


@_compiled
def _aim(
    left: int, at_s: float, rate: float, state: Float64, counts: Counts, amps: Float64,
    bands: Float64, new: Bank, old: Bank, mix: float, master: float,
) -> None:  # fmt: skip
    """Set the frequency and the amplitudes that a voice has in ``left`` samples."""
    _move(state, counts, left / rate)
    wave = np.sin(2 * np.pi * VIBRATO_HZ * at_s)
    f0_hz = 440.0 * 2.0 ** ((state[PITCH] + state[VIBRATO] * wave - 69.0) / 12.0)
    if counts[IS_NEW]:
        state[INC] = f0_hz / rate
    state[INC_STEP] = (f0_hz / rate - state[INC]) / left
    targets = np.zeros(amps.shape[1])
    bands[:] = 0.0
    top_hz = min(HIGHEST_HZ, rate / 2)
    gain = master * state[GAIN] * state[KILL] * min(1.0, state[AGE_S] / RISE_S)
    release = mix * _release_gain(new[4], new[2].shape[2], state)
    if mix < 1.0:
        release += (1 - mix) * _release_gain(old[4], old[2].shape[2], state)
    gain *= release
    state[LEVEL] = gain
    if gain > SILENT:
        _add_bank(new, mix * gain, state, f0_hz, top_hz, targets, bands)
        if mix < 1.0:
            _add_bank(old, (1 - mix) * gain, state, f0_hz, top_hz, targets, bands)
    audible = 0
    for k in range(amps.shape[1]):
        amps[1, k] = (targets[k] - amps[0, k]) / left
        if targets[k] > SILENT or amps[0, k] > SILENT:
            audible = k + 1
    counts[AUDIBLE] = audible
    is_over = gain <= SILENT and not counts[IS_NEW] and counts[STAGE] != HELD
    is_over = is_over or (new[4][1] < 0 and release == 0.0)
    counts[IS_NEW] = 0
    if is_over and audible == 0:
        counts[STAGE] = FREE


@_compiled
def _add_voice(
    out: Float64, start: int, size: int, state: Float64, counts: Counts, amps: Float64,
    turns: Float64, work: Work,
) -> None:  # fmt: skip
    """Add ``size`` samples of the sinusoids of a voice to the output, from ``start`` on."""
    sine, cosine, sine_before, cosine_before, twice, total = work
    phase, inc = state[PHASE], state[INC]
    for i in range(size):
        inc += state[INC_STEP]
        phase += inc
        angle = 2 * np.pi * phase
        sine[i], cosine[i] = np.sin(angle), np.cos(angle)
        sine_before[i], cosine_before[i] = 0.0, 1.0
        twice[i], total[i] = 2 * cosine[i], 0.0
    state[PHASE], state[INC] = phase - np.floor(phase), inc
    for k in range(0, counts[AUDIBLE], 2):
        # sin((k + 1) x) = 2 cos(x) sin(k x) - sin((k - 1) x), and the same for the cosine. Two
        # harmonics at a time need half as many passes over memory.
        a, a_step, a_cos, a_sin = amps[0, k], amps[1, k], turns[0, k], turns[1, k]
        b, b_step, b_cos, b_sin = amps[0, k + 1], amps[1, k + 1], turns[0, k + 1], turns[1, k + 1]
        for i in range(size):
            s, c = sine[i], cosine[i]
            s_next, c_next = twice[i] * s - sine_before[i], twice[i] * c - cosine_before[i]
            total[i] += (a + a_step * (i + 1)) * (a_cos * s + a_sin * c)
            total[i] += (b + b_step * (i + 1)) * (b_cos * s_next + b_sin * c_next)
            sine[i], cosine[i] = twice[i] * s_next - s, twice[i] * c_next - c
            sine_before[i], cosine_before[i] = s_next, c_next
        amps[0, k] = max(0.0, a + a_step * size)
        amps[0, k + 1] = max(0.0, b + b_step * size)
    for k in range(counts[AUDIBLE] + counts[AUDIBLE] % 2, amps.shape[1]):
        amps[0, k] = 0.0
    for i in range(size):
        out[start + i] += total[i]


@_compiled
def _aim_noise(left: int, bands: Float64, noise: Float64) -> None:
    """Set the gain that each band has in ``left`` samples: the root of the voices' powers."""
    for k in range(noise.shape[1]):
        power = 0.0
        for v in range(bands.shape[0]):
            power += bands[v, k] * bands[v, k]
        noise[1, k] = (np.sqrt(power) - noise[0, k]) / left


@_compiled
def _add_noise(
    out: Float64, start: int, size: int, at: int, noise: Float64, loops: Float32
) -> None:
    """Add ``size`` samples of noise to the output, from ``start`` on; ``at`` is in the loops."""
    for k in range(loops.shape[0]):
        a, a_step, loop = noise[0, k], noise[1, k], loops[k, at : at + size]
        if a > SILENT * 1e-3 or a_step > 0:
            for i in range(size):
                out[start + i] += (a + a_step * (i + 1)) * loop[i]
        noise[0, k] = max(0.0, a + a_step * size)


@_compiled
def render(
    out: Float64, clock: Counts, rate: float, states: Float64, counts: Counts, amps: Float64,
    bands: Float64, noise: Float64, new: Bank, old: Bank, mix: Float64, loops: Float32,
    turns: Float64, work: Work, master: float,
) -> None:  # fmt: skip
    """Add the samples of all voices to the output, and advance the clock.

    Args:
        out: Output, (n,).
        clock: Samples since the start, (1,).
        rate: Sample rate in Hz.
        states: Float state of each voice, (V, FIELDS).
        counts: Integer state of each voice, (V, COUNTS).
        amps: Amplitudes and their steps, (V, 2, harmonics).
        bands: Gains of the bands at the next tick, (V, bands).
        noise: Gains of the shared noise and their steps, (2, bands).
        new: Parts of the bank.
        old: Parts of the bank before it.
        mix: Share of the new bank, (1,).
        loops: Noise, (bands, samples). The first TICK samples follow again at the end.
        turns: Cosine and sine of the start phases, (2, harmonics).
        work: Work space.
        master: Gain of the output.
    """
    done, frames, length = 0, out.shape[0], loops.shape[1] - TICK
    while done < frames:
        into = clock[0] % TICK
        left = TICK - into
        if into == 0:
            mix[0] = min(1.0, mix[0] + TICK / rate / FADE_S)
        size = min(left, frames - done)
        at_s = (clock[0] + left) / rate
        is_aimed = into == 0
        for v in range(states.shape[0]):
            if counts[v, STAGE] == FREE:
                bands[v] = 0.0
                continue
            if into == 0 or counts[v, IS_NEW]:
                is_aimed = True
                _aim(
                    left, at_s, rate, states[v], counts[v], amps[v], bands[v],
                    new, old, mix[0], master,
                )  # fmt: skip
            if counts[v, STAGE] != FREE:
                _add_voice(out, done, size, states[v], counts[v], amps[v], turns, work)
        if is_aimed:
            _aim_noise(left, bands, noise)
        _add_noise(out, done, size, clock[0] % length, noise, loops)
        done += size
        clock[0] += size
