"""Check the harmonics: amplitudes, phases, and a split that adds up to the sound."""

from __future__ import annotations

import numpy as np
import pytest

from models.audio.harmonics import analyse_harmonics, split
from tests.models.audio.tones import RATE, harmonic_tone, times

AMPLITUDES = 0.5 * 10 ** (-np.arange(20) * 3 / 20)  # 0 to -57 dB
PHASES = np.random.default_rng(0).uniform(-np.pi, np.pi, 20)


@pytest.mark.parametrize("f0", [82.4, 261.6, 740.0])
def test_amplitudes_are_right_within_a_tenth_of_a_decibel(f0: float) -> None:
    f0_hz = np.full(RATE, f0)
    found = analyse_harmonics(harmonic_tone(f0_hz, AMPLITUDES, PHASES), f0_hz, RATE)
    middle = np.abs(found.amplitudes[len(found.times_s) // 2, :20])
    assert np.abs(20 * np.log10(middle / AMPLITUDES)).max() < 0.1


def test_phases_are_right() -> None:
    f0_hz = np.full(RATE, 261.6)
    found = analyse_harmonics(harmonic_tone(f0_hz, AMPLITUDES, PHASES), f0_hz, RATE)
    middle = found.amplitudes[len(found.times_s) // 2, :20]
    assert np.abs(np.angle(middle * np.exp(-1j * PHASES))).max() < 0.05


def test_amplitudes_of_a_vibrato_are_right() -> None:
    """Check that a vibrato does not smear the harmonics on the grid of constant phase."""
    f0_hz = 261.6 * 2 ** (50 * np.sin(2 * np.pi * 6 * times(1.0)) / 1200)
    found = analyse_harmonics(harmonic_tone(f0_hz, AMPLITUDES, PHASES), f0_hz, RATE)
    inner = np.abs(found.amplitudes[20:-20, :20])
    assert np.abs(20 * np.log10(inner / AMPLITUDES)).max() < 0.1


def test_parts_add_up_to_the_sound() -> None:
    f0_hz = 200 * 2 ** (times(1.0) / 2)
    noise = 0.05 * np.random.default_rng(1).standard_normal(RATE)
    sound = harmonic_tone(f0_hz, AMPLITUDES) + noise
    harmonic, residual = split(sound, analyse_harmonics(sound, f0_hz, RATE))
    assert np.allclose(harmonic + residual, sound, rtol=0, atol=1e-12)


def test_a_harmonic_sound_leaves_no_residual() -> None:
    f0_hz = 200 * 2 ** (times(1.0) / 2)
    sound = harmonic_tone(f0_hz, AMPLITUDES)
    residual = split(sound, analyse_harmonics(sound, f0_hz, RATE))[1]
    inner = slice(RATE // 10, -RATE // 10)
    share = (residual[inner] ** 2).sum() / (sound[inner] ** 2).sum()
    assert 10 * np.log10(share) < -60


def test_harmonics_end_below_half_the_sample_rate() -> None:
    f0_hz = np.full(RATE, 1000.0)
    found = analyse_harmonics(harmonic_tone(f0_hz, AMPLITUDES), f0_hz, RATE)
    assert found.count * 1000.0 <= RATE / 2
