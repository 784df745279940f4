"""Offer a timbre model whose spectrum has two formants that stay in place when the pitch moves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.timbre.latent import Axis, LatentPosition
from models.timbre.latent import check_position as checked
from models.timbre.tone import FLOOR_DB, GRID_HZ, NOISE_HZ, Tone
from tests.fakes.plain_timbre import PlainTimbre

FRAMES, LOOP_START, HOP_S = 120, 20, 0.01


@dataclass(frozen=True)
class FormantTimbre(PlainTimbre):
    """Model two formants; axis 1 moves the upper one, axis 2 is the level of the noise.

    A note rises in 0.2 s and then swells by 2 dB, 0.5 times a second.
    """

    name: str = "formant"
    axes: tuple[Axis, ...] = (Axis("formant", 1500.0, 3500.0), Axis("noise", -120.0, -80.0))

    @property
    def start(self) -> LatentPosition:
        return LatentPosition((2500.0, -110.0))

    def decode_many(
        self, position: LatentPosition, midi: Sequence[float], dynamics: Sequence[float]
    ) -> list[Tone]:
        formant_hz, noise_db = checked(self.axes, position)
        times_s = np.arange(FRAMES) * HOP_S
        rise_db = 60 * np.minimum(times_s / (LOOP_START * HOP_S) - 1, 0)
        swell_db = np.where(rise_db < 0, rise_db, -1 + np.cos(np.pi * (times_s - 0.2)))
        octaves = np.log2(np.maximum(GRID_HZ, 40.0) / 440)
        peaks = 18 * np.exp(-(((GRID_HZ - 600) / 250) ** 2))
        peaks += 18 * np.exp(-(((GRID_HZ - formant_hz) / 500) ** 2))
        tones = []
        for _, loud in zip(midi, dynamics, strict=True):
            level_db = swell_db[:, None] + 30 * (loud - 1) - 40
            envelope = np.maximum(level_db + peaks - 9 * octaves, FLOOR_DB).astype(np.float32)
            noise = (level_db + noise_db + 40 + np.zeros(len(NOISE_HZ))).astype(np.float32)
            start = LOOP_START if self.loop else None
            tones.append(Tone(HOP_S, envelope, noise, start, self.release_s))
        return tones
