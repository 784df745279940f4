"""Check beating: the difference of two voices, and the spectrum of each voice."""

from __future__ import annotations

import numpy as np

from models.audio.beating import find_beating, remove_beating
from models.audio.harmonics import Harmonics, analyse_harmonics
from tests.models.audio.tones import RATE, harmonic_tone, times

AMPLITUDES = 0.3 / np.arange(1, 13)
F0 = np.full(3 * RATE, 330.0)


def two_voices(difference_hz: float) -> Harmonics:
    voices = [harmonic_tone(F0 + step * difference_hz / 2, AMPLITUDES) for step in (-1, 1)]
    return analyse_harmonics(voices[0] + voices[1], F0, RATE)


def test_the_difference_of_two_voices_is_found() -> None:
    for difference in (0.8, 1.92, 4.5):
        beating = find_beating(two_voices(difference))
        assert beating is not None
        assert abs(beating.difference_hz - difference) < 0.03


def test_each_voice_has_its_amplitudes_back() -> None:
    harmonics = two_voices(1.92)
    beating = find_beating(harmonics)
    assert beating is not None
    single = np.abs(remove_beating(harmonics, beating).amplitudes[20:-20, :12]) / np.sqrt(2)
    decibels = 20 * np.log10(np.median(single, axis=0) / AMPLITUDES)
    assert np.abs(decibels).max() < 1.0


def test_one_voice_does_not_beat_even_with_tremolo() -> None:
    tremolo = 1 + 0.6 * np.cos(2 * np.pi * 4 * times(3.0))
    for sound in (harmonic_tone(F0, AMPLITUDES), tremolo * harmonic_tone(F0, AMPLITUDES)):
        assert find_beating(analyse_harmonics(sound, F0, RATE)) is None
