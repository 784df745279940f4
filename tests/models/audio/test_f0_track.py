"""Check the f0 track: steady and moving pitch, wrong octaves, silence between notes."""

from __future__ import annotations

import numpy as np
import pytest

from models.audio.f0_track import track_f0
from models.audio.harmonics import refine_f0
from models.audio.octave import octave_factor
from tests.models.audio.tones import RATE, Float64, cents, harmonic_tone, times

AMPLITUDES = 0.5 / np.arange(1, 13)


def refined(tone: Float64, median_hz: float) -> Float64:
    track = track_f0(tone, RATE, median_hz)
    return refine_f0(tone, track.per_sample(len(tone), RATE), RATE)


@pytest.mark.parametrize("f0", [70.3, 220.0, 987.6])
def test_steady_pitch_is_right_within_a_cent(f0: float) -> None:
    tone = harmonic_tone(np.full(RATE, f0), AMPLITUDES)
    inner = refined(tone, f0)[RATE // 10 : -RATE // 10]
    assert cents(inner, f0).max() < 1.0


def test_vibrato_is_followed_within_two_cents() -> None:
    t = times(1.5)
    f0 = 220 * 2 ** (30 * np.sin(2 * np.pi * 5 * t) / 1200)
    inner = slice(RATE // 10, -RATE // 10)
    assert cents(refined(harmonic_tone(f0, AMPLITUDES), 220.0)[inner], f0[inner]).max() < 2.0


def test_chirp_over_an_octave_is_followed() -> None:
    t = times(2.0)
    f0 = 200 * 2 ** (t / 2)
    inner = slice(RATE // 10, -RATE // 10)
    assert cents(refined(harmonic_tone(f0, AMPLITUDES), 283.0)[inner], f0[inner]).max() < 3.0


@pytest.mark.parametrize("factor", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("f0", [110.0, 440.0])
def test_a_wrong_octave_is_corrected(f0: float, factor: float) -> None:
    tone = harmonic_tone(np.full(RATE, f0), AMPLITUDES)
    assert octave_factor(tone, RATE, f0 * factor) == 1 / factor
    assert cents(track_f0(tone, RATE, f0 * factor).hz[5:-5], f0).max() < 10


def test_odd_harmonics_alone_keep_their_octave() -> None:
    """Check a clarinet, which has almost no even harmonics."""
    odd = np.where(np.arange(1, 14) % 2 == 1, 1.0, 1e-4)
    assert octave_factor(harmonic_tone(np.full(RATE, 196.0), odd), RATE, 196.0) == 1.0


def test_noise_between_harmonics_is_no_lower_octave() -> None:
    tone = harmonic_tone(np.full(RATE, 220.0), AMPLITUDES)
    noisy = tone + 0.1 * np.random.default_rng(0).standard_normal(len(tone))
    assert octave_factor(noisy, RATE, 220.0) == 1.0


def test_pauses_are_unvoiced_and_the_pitch_goes_through_them() -> None:
    tone = harmonic_tone(np.full(2 * RATE, 220.0), AMPLITUDES)
    tone[RATE // 2 : RATE] = 0.0
    track = track_f0(tone, RATE, 220.0)
    pause = (track.times_s > 0.6) & (track.times_s < 0.9)
    assert not track.voiced[pause].any()
    assert track.voiced[track.times_s > 1.1].mean() > 0.95
    assert cents(track.hz[5:-5], 220.0).max() < 50


def test_noise_is_unvoiced() -> None:
    noise = np.random.default_rng(1).standard_normal(RATE)
    assert track_f0(noise, RATE, 220.0).voiced_share < 0.2


def test_an_impossible_median_is_refused() -> None:
    with pytest.raises(ValueError, match="median_hz is 0"):
        track_f0(np.zeros(RATE), RATE, 0.0)
