"""Measure the player: 8 voices of 100 harmonics and noise, against a bare table lookup in numpy."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from models.timbre.player.bank import ToneBank
from models.timbre.player.synth import SAMPLE_RATE, PolySynth
from models.timbre.tone import GRID_HZ, NOISE_BANDS, Float64

VOICES, FRAMES = 8, 256
LOWEST_KEY = 36  # All 100 harmonics of these keys are below 20 kHz.
BLOCKS = 4000  # 21 s of sound
TABLE = 2048
TONE_FRAMES = 200


def bench_timbre(model: str = "") -> dict[str, float]:
    """Measure the speed of the player on one core.

    Both sides play 8 voices at 48 kHz in blocks of 256 frames, and both are measured in processor
    time of their thread.

    Args:
        model: Not used: the speed depends on the number of harmonics, not on the model.

    Returns:
        ``x_real_time``: Seconds of sound per second of processor time. ``table_x_real_time``: The
        same of a bare batched table lookup in numpy. ``vs_table``: Their ratio; 1 is as fast as
        the lookup. ``block_p50_ms`` and ``block_p99_ms``: Time of a block by the clock, where other
        programs count too.
    """
    synth = PolySynth(_bank(), SAMPLE_RATE, VOICES)
    for voice in range(VOICES):
        synth.note_on(0, LOWEST_KEY + voice, 100)
    lookup = _TableLookup()
    _seconds(lambda: synth.block(FRAMES))
    _seconds(lookup.block)
    ours, blocks_s = _seconds(lambda: synth.block(FRAMES))
    table, _ = _seconds(lookup.block)
    sound_s = BLOCKS * FRAMES / SAMPLE_RATE
    return {
        "x_real_time": round(sound_s / ours, 2),
        "table_x_real_time": round(sound_s / table, 2),
        "vs_table": round(table / ours, 3),
        "block_p50_ms": round(1000 * float(np.percentile(blocks_s, 50)), 3),
        "block_p99_ms": round(1000 * float(np.percentile(blocks_s, 99)), 3),
    }


class _TableLookup:
    """Read a table for 8 voices with linear interpolation, the least that a synth does."""

    def __init__(self) -> None:
        random = np.random.default_rng(0)
        self._table = np.append(table := random.standard_normal(TABLE), table[0])
        self._phases = random.random((VOICES, 1))
        keys = LOWEST_KEY + np.arange(VOICES)
        self._steps = (440 * 2 ** ((keys - 69) / 12) / SAMPLE_RATE)[:, None]
        self._count = np.arange(FRAMES)[None]

    def block(self) -> Float64:
        """Return the next block, (FRAMES,)."""
        places = ((self._phases + self._steps * self._count) % 1.0) * TABLE
        self._phases = (self._phases + self._steps * FRAMES) % 1.0
        index = places.astype(np.int64)
        share = places - index
        low = self._table[index]
        total = low + share * (self._table[index + 1] - low)
        return np.asarray(total.sum(axis=0))


def _bank() -> ToneBank:
    """Return tones whose every harmonic and band is audible, and which move in every frame."""
    random = np.random.default_rng(0)
    zones, layers = np.arange(24.0, 97.0, 3.0), np.array([0.0, 0.5, 1.0])
    shape = (len(zones), len(layers), TONE_FRAMES)
    harmonics = -30 + 6 * random.standard_normal((*shape, len(GRID_HZ)))
    noise = -100 + 6 * random.standard_normal((*shape, NOISE_BANDS))
    times = np.array([0.01, 20.0, 0.3])
    return ToneBank(
        zones, layers, harmonics.astype(np.float32), noise.astype(np.float32), times, 0.0
    )


def _seconds(block: Callable[[], object]) -> tuple[float, Float64]:
    """Return the processor seconds of all blocks, and the clock's seconds of each."""
    taken = np.empty(BLOCKS)
    began = time.thread_time()
    for i in range(BLOCKS):
        before = time.perf_counter()
        block()
        taken[i] = time.perf_counter() - before
    return time.thread_time() - began, taken
