"""Offer a timbre model without training: two axes, brightness and noise, at any pitch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.timbre.contract import EncodedSound, KnownSound
from models.timbre.latent import Axis, LatentPosition, check_position
from models.timbre.tone import FLOOR_DB, GRID_HZ, NOISE_HZ, Tone

ATTACK_DB = np.array([FLOOR_DB, -20.0, -6.0, 0.0, -1.0, 0.0])  # The last three frames loop.


@dataclass(frozen=True)
class PlainTimbre:
    """Model a sound whose harmonics fall by a slope, with flat noise.

    Attributes:
        name: Name of the model.
        release_s: Release of every tone.
        loop: Whether its tones loop; a one-shot otherwise.
    """

    name: str = "plain"
    release_s: float = 0.2
    loop: bool = True
    kind: str = "plain"
    axes: tuple[Axis, ...] = (Axis("dark", 0.0, 12.0), Axis("noise", -120.0, -60.0))
    pitch_range: tuple[float, float] = (48.0, 72.0)

    @property
    def start(self) -> LatentPosition:
        return LatentPosition((6.0, -100.0))

    def encode(self, samples: npt.NDArray[np.floating], sample_rate: int) -> EncodedSound:
        path = np.tile(self.start.array(), (len(ATTACK_DB), 1))
        return EncodedSound(self.start, 60.0, 0.5, path, 0.01)

    def decode(self, position: LatentPosition, midi: float, dynamics: float) -> Tone:
        return self.decode_many(position, [midi], [dynamics])[0]

    def decode_many(
        self, position: LatentPosition, midi: Sequence[float], dynamics: Sequence[float]
    ) -> list[Tone]:
        slope, noise = check_position(self.axes, position)
        octaves = np.log2(np.maximum(GRID_HZ, 20.0) / 440.0)
        tones = []
        for _, loud in zip(midi, dynamics, strict=True):
            level = ATTACK_DB + 30.0 * (loud - 1.0) - 20.0
            envelope = np.maximum(level[:, None] - slope * octaves, FLOOR_DB)
            bands = np.full((len(level), len(NOISE_HZ)), noise) + level[:, None]
            start = 3 if self.loop else None
            both = envelope.astype(np.float32), bands.astype(np.float32)
            tones.append(Tone(0.01, *both, start, self.release_s))
        return tones

    def morph(self, a: LatentPosition, b: LatentPosition, share: float) -> LatentPosition:
        return LatentPosition.of((1 - share) * a.array() + share * b.array())

    def neighbours(self, position: LatentPosition, count: int) -> list[KnownSound]:
        return [KnownSound("start", self.start, 60.0, 0.0)][:count]
