"""Decode a timbre once for many pitches and loudnesses, for an audio thread to read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.timbre.contract import TimbreModel
from models.timbre.latent import LatentPosition
from models.timbre.tone import MOST_HARMONICS, Float32, Float64, Tone, sample_envelope

ZONE_SEMITONES = 3  # Distance between two decoded pitches of a live bank.
BEYOND_SEMITONES = 12  # A live bank reaches so far beyond the pitches of the training data.
LAYERS = (0.0, 0.5, 1.0)  # Loudnesses of a bank, 0 (softest) to 1 (loudest).
VELOCITY_RANGE_DB = 24.0  # Least difference between the softest and the loudest velocity.


@dataclass(frozen=True)
class ToneBank:
    """Hold the tones of one position, at some pitches (zones) and loudnesses (layers).

    A bank does not change. A synthesizer interpolates in dB between the zones and the layers.

    Attributes:
        zones: Pitches, MIDI, increasing, shape (Z,).
        layers: Loudnesses, 0 to 1, increasing, shape (L,).
        harmonics_db: As in ``Tone``, shape (Z, L, frames, GRID_POINTS).
        noise_db: As in ``Tone``, shape (Z, L, frames, NOISE_BANDS).
        times: Hop in seconds, first frame of the loop (-1: one-shot), release in seconds.
        softer_db: Further dB between the softest and the loudest velocity, for a model that
            learned one loudness only.
    """

    zones: Float64
    layers: Float64
    harmonics_db: Float32
    noise_db: Float32
    times: Float64
    softer_db: float

    @property
    def parts(self) -> tuple[Float64, Float64, Float32, Float32, Float64]:
        """Return the arrays in the order in which the kernel takes them."""
        times = np.append(self.times, self.softer_db)  # a copy: numba compiles for writable arrays
        return self.zones, self.layers, self.harmonics_db, self.noise_db, times


def zone_step(model: TimbreModel) -> int:
    """Return the semitones between two decoded pitches: 1 if each key has its own note class."""
    return 1 if any(axis.labels for axis in model.axes) else ZONE_SEMITONES


def live_zones(pitch_range: tuple[float, float], step: int = ZONE_SEMITONES) -> list[float]:
    """Return the pitches of a live bank, from an octave below the training data to one above it.

    Args:
        pitch_range: Lowest and highest pitch of the training data, MIDI.
        step: Semitones between two of them.

    Returns:
        The pitches, increasing.

    >>> live_zones((60.0, 62.0))[:2], live_zones((60.0, 62.0))[-1]
    ([48.0, 51.0], 75.0)
    """
    low = max(0, int(np.floor(pitch_range[0])) - BEYOND_SEMITONES)
    high = min(127, int(np.ceil(pitch_range[1])) + BEYOND_SEMITONES)
    return [float(midi) for midi in range(low, high + step, step)]


def make_bank(
    model: TimbreModel,
    position: LatentPosition,
    zones: Sequence[float],
    layers: Sequence[float] = LAYERS,
) -> ToneBank:
    """Decode a position at all zones and layers, in one batch; not for an audio thread.

    Args:
        model: The model.
        position: Point of its latent space.
        zones: Pitches, MIDI, increasing.
        layers: Loudnesses, increasing.

    Returns:
        The bank.

    Raises:
        SpecError: The position does not fit the model.
    """
    pairs = [(midi, loud) for midi in zones for loud in layers]
    tones = model.decode_many(position, [midi for midi, _ in pairs], [loud for _, loud in pairs])
    shape = (len(zones), len(layers))
    harmonics = _stacked([tone.harmonics_db for tone in tones], shape)
    noise = _stacked([tone.noise_db for tone in tones], shape)
    first = tones[0]
    start = -1 if first.loop_start is None else first.loop_start
    times = np.array([first.hop_s, start, first.release_s], np.float64)
    middle = len(zones) // 2 * len(layers)
    levels = [tone_level(tone, zones[len(zones) // 2]) for tone in tones[middle:][: len(layers)]]
    range_db = 20 * np.log10((levels[-1] + 1e-9) / (levels[0] + 1e-9))
    softer_db = float(max(0.0, VELOCITY_RANGE_DB - range_db)) if len(layers) > 1 else 0.0
    return ToneBank(np.array(zones), np.array(layers), harmonics, noise, times, softer_db)


def tone_level(tone: Tone, midi: float) -> float:
    """Return the largest RMS level of the harmonics and the noise of a tone, over its frames."""
    f0_hz = np.full(len(tone), 440.0 * 2 ** ((midi - 69) / 12))
    amplitudes = sample_envelope(tone.harmonics_db, f0_hz, MOST_HARMONICS)
    return float(np.sqrt((amplitudes.astype(np.float64) ** 2).sum(axis=1) / 2).max())


def _stacked(rows: list[npt.NDArray[np.float32]], shape: tuple[int, int]) -> Float32:
    """Return rows of tones as one contiguous array, (Z, L, frames, n)."""
    whole = np.stack(rows).astype(np.float32, copy=False)
    return np.ascontiguousarray(whole.reshape(*shape, *rows[0].shape))
