"""Make notes whose harmonics and noise are known, and a small model of them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.timbre.corpus.note import RATE, ListCorpus, Note
from models.timbre.harmonic.fit import HarmonicSettings
from models.timbre.harmonic.training import TrainingConfig

Float64 = npt.NDArray[np.float64]

SMALL = HarmonicSettings(hidden=32, latent=3, training=TrainingConfig(80, 64, 3e-3))


def hz(midi: float) -> float:
    return float(440 * 2 ** ((midi - 69) / 12))


def envelope_db(at_hz: Float64, bright: float = 0.0) -> Float64:
    """A source-filter sound: a slope, and a formant at 1.2 kHz."""
    formant = 12 * np.exp(-((np.log2(np.maximum(at_hz, 20) / 1200) / 0.6) ** 2))
    return np.asarray(formant - (9 - bright) * np.log2(np.maximum(at_hz, 50) / 200))


def tone(
    midi: float,
    seconds: float = 0.5,
    level_db: float = -20.0,
    bright: float = 0.0,
    noise: float = 0.0,
    decay_db_s: float = 0.0,
) -> Float64:
    """One note with an attack of 20 ms and a release of 100 ms."""
    f0 = hz(midi)
    t = np.arange(round(seconds * RATE)) / RATE
    k = np.arange(1.0, min(60, int(18000 / f0)) + 1)
    amplitudes = 10 ** (envelope_db(np.asarray(k * f0, np.float64), bright) / 20)
    waves = amplitudes[:, None] * np.sin(2 * np.pi * f0 * np.outer(k, t) + 0.7 * k[:, None] ** 2)
    sound = waves.sum(axis=0) / np.sqrt((amplitudes**2).sum() / 2)
    sound += noise * np.random.default_rng(round(100 * midi)).standard_normal(len(t))
    end = seconds - 0.1
    shape = np.minimum(t / 0.02, 1) * 10 ** (-np.maximum(t - end, 0) * 30)
    return np.asarray(sound * shape * 10 ** ((level_db - decay_db_s * t) / 20))


def scale(count: int = 5, low: int = 58) -> tuple[Note, ...]:
    """Notes two semitones apart, each soft and dark, and loud and bright."""
    return tuple(
        Note(f"{midi}-{name}", tone(midi, level_db=level, bright=bright, noise=0.003), midi)
        for midi in range(low, low + 2 * count, 2)
        for name, level, bright in (("soft", -32.0, 0.0), ("loud", -16.0, 3.0))
    )


def small_corpus() -> ListCorpus:
    return ListCorpus(scale())
