"""Find sounds around a position of a timbre model: training sounds, and new positions."""

from __future__ import annotations

import numpy as np

from datasets.spec import FloatArray
from models.instrument.neighbours import Neighbour, at_distance
from models.timbre.contract import TimbreModel
from models.timbre.latent import LatentPosition, position_of_knobs
from models.timbre.tone import Float64, sample_envelope

SAME = 1e-4  # Knob positions that differ by less are equal.
HALVINGS = 7  # Steps of the bisection: each decodes one position for each neighbour.
SPREAD = 4.0  # Standard deviations in the range of an axis, which holds 96 % of the training data.
DYNAMICS = 0.8
QUIET_DB = 60.0  # Harmonics that are quieter than the loudest by more do not count.


class TimbreSurroundings:
    """Find sounds around a preset, which is the knob position of each axis (see ``OwnSynth``)."""

    def __init__(self, timbre: TimbreModel) -> None:
        self._timbre = timbre
        self._midi = sum(timbre.pitch_range) / 2

    def known(self, unit: FloatArray, count: int) -> list[Neighbour]:
        """Return training sounds near a preset (P,), the nearest first, without the preset."""
        near = self._timbre.neighbours(self._position(unit), count + 1)
        found = [Neighbour(self.unit(one.position), one.distance_db, one.name) for one in near]
        return [one for one in found if np.abs(one.unit - unit).max() > SAME][:count]

    def fresh(self, unit: FloatArray, distance: float, count: int, seed: int) -> list[Neighbour]:
        """Return new positions at a distance from a preset.

        The distance is the RMS difference of the held note's harmonics in dB, in the middle of the
        model's range, without the level.

        Args:
            unit: The preset, (P,).
            distance: Distance in dB.
            count: Number of positions.
            seed: Seed of the directions.

        Returns:
            The positions; one at the end of its line is nearer.

        Raises:
            ServeError: The distance is out of range.
        """
        steps = np.random.default_rng(seed).normal(size=(count, len(unit)))
        steps /= np.linalg.norm(steps, axis=1, keepdims=True) * SPREAD
        here = self._shape(unit)

        def wander(lengths: FloatArray) -> FloatArray:
            return np.clip(unit + lengths[:, None] * steps, 0, 1).astype(np.float32)

        def measure(units: FloatArray) -> FloatArray:
            shapes = np.stack([self._shape(one) for one in units])
            return np.asarray(np.sqrt(np.square(shapes - here).mean(axis=1)), np.float32)

        return at_distance(wander, measure, distance, count, HALVINGS)

    def unit(self, position: LatentPosition) -> FloatArray:
        """Return the knob positions of a position, (P,); beyond the range of an axis its end."""
        pairs = zip(self._timbre.axes, position.values, strict=True)
        return np.clip(np.array([axis.knob(v) for axis, v in pairs], np.float32), 0, 1)

    def _position(self, unit: FloatArray) -> LatentPosition:
        return position_of_knobs(self._timbre.axes, unit.tolist())

    def _shape(self, unit: FloatArray) -> Float64:
        """Return the harmonics of the held note in dB without its level, (harmonics,)."""
        tone = self._timbre.decode(self._position(unit), self._midi, DYNAMICS)
        held = tone.harmonics_db[tone.loop_start or 0 :]
        f0_hz = np.full(len(held), 440.0 * 2 ** ((self._midi - 69) / 12))
        power = (sample_envelope(held, f0_hz).astype(np.float64) ** 2).mean(axis=0)
        decibels = 10 * np.log10(np.maximum(power, power.max() * 10 ** (-QUIET_DB / 10)))
        return np.asarray(decibels - 10 * np.log10(power.sum()))
