"""Make a small kit: kicks, snares and hats whose pitch, length and level vary."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from models.timbre.one_shot.fit import OneShotSettings
from models.timbre.one_shot.training import HitTrainingConfig

Float32 = npt.NDArray[np.float32]

RATE, EACH = 22050, 6
CLASSES = ("hat-closed", "kick", "snare")
SMALL = OneShotSettings(latent=4, hidden=48, training=HitTrainingConfig(200, 16, 4e-3))


def drum(label: str, number: int) -> Float32:
    """One hit, mono; a higher number is higher, shorter and louder."""
    random = np.random.default_rng(number)
    seconds = 0.35 - 0.02 * number
    t = np.arange(round(seconds * RATE)) / RATE
    noise = random.standard_normal(len(t))
    if label == "kick":
        pitch = (50 + 3 * number) * (1 + 2 * np.exp(-t / 0.02))
        sound = np.sin(2 * np.pi * np.cumsum(pitch) / RATE) * np.exp(-t / 0.08)
    elif label == "snare":
        body = np.sin(2 * np.pi * (180 + 8 * number) * t) * np.exp(-t / 0.04)
        sound = body + 0.4 * noise * np.exp(-t / 0.07)
    else:
        bright = np.diff(noise, prepend=[0.0, 0.0], n=2)
        sound = bright * np.exp(-t / (0.02 + 0.002 * number))
    level = 0.2 + 0.12 * number
    return np.asarray(level * sound / np.abs(sound).max(), np.float32)


def write_kit(folder: Path, count: int = EACH, first: int = 0) -> Path:
    """Write hits as WAV files whose names hold their class."""
    folder.mkdir(parents=True, exist_ok=True)
    for label in CLASSES:
        for number in range(first, first + count):
            path = folder / f"{label.replace('-closed', '')}_{number:02d}.wav"
            soundfile.write(path, drum(label, number), RATE, "FLOAT")
    return folder
