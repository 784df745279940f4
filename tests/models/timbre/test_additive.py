"""Samples follow their control frames: pitch contour, levels, noise, release."""

from __future__ import annotations

import numpy as np
import pytest

from models.audio.f0_track import track_f0
from models.audio.noise_bands import density_gain_db, measure_bands
from models.timbre.additive import (
    Expression,
    control_frames,
    play,
    synthesise,
    synthesise_harmonics,
    synthesise_noise,
    without_noise,
)
from models.timbre.latent import LatentPosition
from models.timbre.tone import NOISE_BANDS, sample_envelope
from tests.fakes.plain_timbre import PlainTimbre
from tests.models.timbre.tones import hz

MODEL = PlainTimbre(release_s=0.1)
TONE = MODEL.decode(LatentPosition((6.0, -60.0)), 60.0, 1.0)


def test_each_harmonic_has_the_amplitude_of_the_envelope() -> None:
    frames = control_frames(TONE, 60.0, 1.0)
    sound = synthesise_harmonics(frames, 48000)[9600:33600]  # The loop, between two levels.
    f0 = hz(60.0)
    expected = sample_envelope(TONE.harmonics_db[[3, 4]], np.full(2, f0))
    for k in (1, 2, 5, 20, 60):
        turns = np.exp(-2j * np.pi * k * f0 * np.arange(len(sound)) / 48000)
        amplitude = 2 * abs((sound * turns).mean())
        assert expected[1, k - 1] * 0.99 < amplitude < expected[0, k - 1] * 1.01


def test_noise_has_the_stated_power_density() -> None:
    frames = control_frames(TONE, 60.0, 2.0)
    noise = synthesise_noise(frames, 96000, 48000, 3)
    measured = measure_bands(noise, 48000, NOISE_BANDS).decibels - density_gain_db(48000)
    mean = 10 * np.log10((10 ** (measured[20:-40] / 10)).mean(axis=0))
    assert np.abs(mean - frames.noise_db[100]).max() < 1.5


def test_glide_and_vibrato_reach_the_samples() -> None:
    moves = Expression(glide_semitones=-2.0, glide_s=0.3, vibrato_cents=40.0, vibrato_from_s=0.5)
    sound = play(TONE, 64.0, 1.5, moves).astype(np.float64)
    track = track_f0(sound[:72000], 48000, hz(64.0))
    middle = (track.times_s > 0.05) & (track.times_s < 1.4)
    wanted = moves.midi(64.0, track.times_s)
    found = 69 + 12 * np.log2(track.hz / 440)
    assert np.abs(found - wanted)[middle].max() < 0.1


def test_a_swell_changes_the_level_and_the_release_ends_the_sound() -> None:
    sound = play(TONE, 60.0, 1.0, Expression(swell_db=-20.0))
    early, late = sound[4800:9600].std(), sound[43200:48000].std()
    assert 20 * np.log10(late / early) == pytest.approx(-16.0, abs=1.0)
    assert np.abs(sound[round(1.1 * 48000) :]).max(initial=0.0) < 1e-4


def test_the_whole_is_harmonics_and_noise_and_repeats() -> None:
    frames = control_frames(TONE, 60.0, 0.3)
    whole = synthesise(frames)
    dry = synthesise(without_noise(frames))
    noise = synthesise_noise(frames, len(whole), 48000, 7)
    assert np.allclose(whole, dry + noise, atol=1e-6)
    assert np.array_equal(whole, synthesise(frames))


@pytest.mark.parametrize("rate", [22050, 44100, 96000])
def test_any_sample_rate_gives_the_same_sound_without_aliases(rate: int) -> None:
    tone = MODEL.decode(LatentPosition((3.0, -160.0)), 96.0, 1.0)
    sound = play(tone, 96.0, 0.5, sample_rate=rate).astype(np.float64)
    spectrum = np.abs(np.fft.rfft(sound[: rate // 4] * np.hanning(rate // 4)))
    at = np.fft.rfftfreq(rate // 4, 1 / rate)
    distance = np.abs(at / hz(96.0) - np.round(at / hz(96.0))) * hz(96.0)
    between = spectrum[(distance > 200) & (at > 500)]
    assert between.max() < 1e-3 * spectrum.max()
