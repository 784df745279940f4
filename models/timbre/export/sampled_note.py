"""Render one note of a timbre as a sample with a loop whose seam does not click.

The pitch moves by less than 0.1 cent, and the frames of the loop by a part of a period, so that the
loop holds whole periods of every harmonic. The noise before the end of the loop fades into the
noise before its start, so both sides of the seam continue each other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.audio.harmonics import Harmonics, synthesise
from models.timbre.contract import TimbreModel
from models.timbre.latent import LatentPosition as LatentPosition
from models.timbre.player.noise_loops import LOOP_SAMPLES, noise_loops
from models.timbre.tone import MOST_HARMONICS, START_PHASES, Float32, Float64, Tone, sample_envelope

SHORTEST_LOOP_S = 0.5  # A shorter loop is repeated.
LONGEST_LOOP_S = 4.0
FADE_S = 0.1  # Longest cross-fade of the noise before the end of the loop.
RISE_S = 0.0015  # As in the player.
STEP = 128  # samples between two amplitudes
PERIOD = 2048  # samples of one period of a harmonic sound, before it is resampled
SEED = 0


@dataclass(frozen=True)
class SampledNote:
    """Hold a rendered note.

    Attributes:
        samples: Audio at the level of the model, (n,).
        sample_rate: Hz.
        note: MIDI note.
        loop: First and last sample of the loop; None for a one-shot.
        release_s: Seconds from key-up to silence, as in ``Tone``.
    """

    samples: Float32
    sample_rate: int
    note: int
    loop: tuple[int, int] | None
    release_s: float


def sample_note(
    model: TimbreModel, position: LatentPosition, note: int, loud: float, sample_rate: int
) -> SampledNote:
    """Render a held note.

    Args:
        model: The model.
        position: Point of its latent space.
        note: MIDI note.
        loud: Loudness, 0 to 1.
        sample_rate: Hz.

    Returns:
        The attack and one round of the loop; a one-shot to its end.
    """
    tone = model.decode(position, note, loud)
    f0_hz = 440.0 * 2 ** ((note - 69) / 12)
    attack, length = _loop(tone, f0_hz, sample_rate)
    if length:
        f0_hz = round(length * f0_hz / sample_rate) * sample_rate / length
    # The noise fades into what is before the loop, so a sound without an attack plays one round
    # of the loop first.
    start = attack + length if attack < FADE_S * sample_rate else attack
    count = start + length
    at = np.arange(0, count + STEP, STEP)
    noise = _noise(tone, _places(tone, attack, at, length, sample_rate), note, sample_rate)[:count]
    at = np.unique(np.concatenate([at, [start, count]]))  # the seam exactly
    places = _places(tone, attack, at, length, sample_rate)
    harmonics = _harmonics(tone, places, at, f0_hz, count, sample_rate)
    if length:
        noise = _seamless(noise, start, length, round(FADE_S * sample_rate))
    rise = np.minimum(1.0, np.arange(count) / (RISE_S * sample_rate))
    samples = ((harmonics + noise) * rise).astype(np.float32)
    loop = (start, start + length - 1) if length else None
    return SampledNote(samples, sample_rate, note, loop, tone.release_s)


def _loop(tone: Tone, f0_hz: float, rate: int) -> tuple[int, int]:
    """Return the samples before the loop, and in one round of it; 0 in a one-shot's loop.

    A round goes forward and back through the frames of the loop, in a whole number of periods.
    """
    start = tone.loop_start
    if start is None:
        return max(1, round((len(tone) - 1) * tone.hop_s * rate)), 0
    round_s = 2 * (len(tone) - 1 - start) * tone.hop_s or SHORTEST_LOOP_S
    round_s *= max(1, np.ceil(SHORTEST_LOOP_S / round_s))
    periods = max(1, round(min(float(round_s), LONGEST_LOOP_S) * f0_hz))
    return round(start * tone.hop_s * rate), round(periods * rate / f0_hz)


def _places(tone: Tone, attack: int, at: npt.NDArray[np.int64], length: int, rate: int) -> Float64:
    """Return the frame at samples ``at``; every round of the loop begins at its start."""
    if not length or tone.loop_start is None:
        return tone.places(at / rate)
    span = len(tone) - 1 - tone.loop_start
    rounds = max(1, round(length / rate / (2 * span * tone.hop_s))) if span else 1
    within = ((at - attack) / length * rounds) % 1.0
    looped = tone.loop_start + span * (1 - np.abs(2 * within - 1))
    return np.where(at < attack, at / max(attack, 1) * tone.loop_start, looped)


def _rows(rows: npt.NDArray[np.floating], places: Float64) -> Float64:
    """Return the frames at each place, linear between the frames."""
    low = np.minimum(places.astype(int), max(len(rows) - 2, 0))
    share = (places - low)[:, None]
    return np.asarray(rows[low] * (1 - share) + rows[np.minimum(low + 1, len(rows) - 1)] * share)


def _harmonics(
    tone: Tone, places: Float64, at: npt.NDArray[np.int64], f0_hz: float, count: int, rate: int
) -> Float64:
    """Return the sum of the sinusoids, (count,)."""
    rows = sample_envelope(tone.harmonics_db, np.full(len(tone), f0_hz), MOST_HARMONICS, rate)
    turns = np.exp(1j * (START_PHASES - np.pi / 2))  # of a cosine, as ``Harmonics`` has them
    cycles = np.arange(count) * f0_hz / rate
    amplitudes = _rows(rows.astype(np.float64), places) * turns
    return synthesise(Harmonics(at / rate, amplitudes, cycles, np.full(count, f0_hz), rate, PERIOD))


def _noise(tone: Tone, places: Float64, note: int, rate: int) -> Float64:
    """Return the filtered noise between the places; each note has other noise."""
    gains = _rows(10 ** (tone.noise_db.astype(np.float64) / 20), places)
    at = np.arange((len(places) - 1) * STEP) + 997 * note
    loops = noise_loops(rate, SEED)[:, at % LOOP_SAMPLES].reshape(len(gains[0]), -1, STEP)
    share = np.arange(STEP) / STEP
    here, after = (np.einsum("tb,bts->ts", part, loops) for part in (gains[:-1], gains[1:]))
    return np.asarray((here * (1 - share) + after * share).ravel())


def _seamless(noise: Float64, start: int, length: int, longest: int) -> Float64:
    """Fade the noise before the end of the loop into the noise before its start."""
    fade = min(longest, start, length // 2)
    share = (np.arange(fade) + 1) / (fade + 1)
    end = start + length
    noise = noise.copy()
    kept = np.cos(0.5 * np.pi * share) * noise[end - fade : end]
    noise[end - fade : end] = kept + np.sin(0.5 * np.pi * share) * noise[start - fade : start]
    return noise
