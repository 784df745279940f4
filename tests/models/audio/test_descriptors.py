"""Laws of the descriptors: known orders of sounds, invariances, agreement with librosa."""

from functools import cache

import numpy as np
import pytest

from datasets.tags import PAIRS
from models.audio.descriptors import (
    DESCRIPTORS,
    describe,
    spectral_centroid,
    spectral_flatness,
)
from models.audio.features import Audio, Float32, power_spectrum

RATE, HOLD_S = 44100, 3.0
TIME = np.arange(4 * RATE) / RATE
HELD = np.where(TIME < HOLD_S, 1.0, np.exp(-(TIME - HOLD_S) / 0.05))
NOTES = [36, 60, 84]


def hertz(note: float) -> float:
    return float(440 * 2 ** ((note - 69) / 12))


@cache
def tone(note: float, tilt: float = 1.0, count: int = 100, first: int = 1) -> Float32:
    """Make harmonics ``first..count`` below 18 kHz, held for 3 s; the k-th has k ** -tilt."""
    f0 = hertz(note)
    harmonics = [k for k in range(first, count + 1) if k * f0 < 18000]
    waves = [k**-tilt * np.sin(2 * np.pi * f0 * k * TIME + k * k) for k in harmonics]
    return shaped(np.sum(waves, axis=0), 0.1 * HELD)


def noise(seed: int = 0) -> Float32:
    """Make white noise, held for 3 s."""
    return shaped(np.random.default_rng(seed).standard_normal(len(TIME)), 0.1 * HELD)


def shaped(audio: Audio, envelope: Audio) -> Float32:
    return np.asarray(audio * envelope, np.float32)


def measured(name: str, sounds: list[Float32], note: float = 60) -> list[float]:
    return [describe(sound, RATE, note, HOLD_S)[name] for sound in sounds]


def rises(values: list[float], least: float) -> bool:
    """Return whether each value is above the one before by more than ``least``."""
    return bool(np.all(np.diff(values) > least))


def test_every_pair_of_tags_has_its_descriptor() -> None:
    assert list(DESCRIPTORS) == [pair.descriptor for pair in PAIRS]
    assert [descriptor.pair for descriptor in DESCRIPTORS.values()] == list(PAIRS)
    assert list(describe(noise(), RATE, 60)) == list(DESCRIPTORS)


@pytest.mark.parametrize("note", NOTES)
def test_a_saw_through_an_opening_filter_gets_brighter(note: int) -> None:
    sounds = [tone(note, tilt) for tilt in (4, 3, 2, 1.5, 1, 0.5)]
    assert rises(measured("brightness", sounds, note), 0.05)


def test_brightness_is_octaves_above_the_note() -> None:
    sine = describe(tone(60, count=1), RATE, 60, HOLD_S)["brightness"]
    assert sine == pytest.approx(0, abs=0.05)
    third = describe(tone(60, first=8, count=8), RATE, 60, HOLD_S)["brightness"]
    assert third == pytest.approx(3, abs=0.05)


@pytest.mark.parametrize("name", ["brightness", "thickness", "sustain", "noisiness", "movement"])
def test_the_same_patch_has_the_same_descriptors_at_any_note(name: str) -> None:
    values = [measured(name, [tone(note, 1.5, count=16)], note)[0] for note in NOTES]
    spans = {"brightness": 8, "thickness": 1, "sustain": 1, "noisiness": 0.56, "movement": 50}
    assert np.ptp(values) < 0.1 * spans[name]


@pytest.mark.parametrize("note", NOTES)
def test_clashing_partials_and_hard_attacks_are_aggressive(note: int) -> None:
    slow = np.minimum(1, TIME / 0.8)
    f0 = hertz(note)
    clash = sum(np.sin(2 * np.pi * (8 * f0 + d) * TIME) for d in (0.0, 40.0, 95.0, 160.0))
    apart = sum(np.sin(2 * np.pi * k * f0 * TIME) for k in (1, 4, 8, 12))
    rough, smooth = (shaped(np.asarray(x, np.float32), 0.1 * HELD) for x in (clash, apart))
    assert rises(measured("aggressiveness", [smooth, rough], note), 0.1)
    assert rises(measured("aggressiveness", [shaped(rough, slow), rough], note), 0.1)
    # A sine is always soft, and brightness alone is not aggressive.
    sine, high = tone(note, count=1), tone(note, first=12, count=12)
    assert max(measured("aggressiveness", [sine, high, smooth], note)) < 0.12


def test_distortion_makes_a_chord_of_partials_more_aggressive() -> None:
    clean = tone(48, 2, count=6) + tone(52.1, 2, count=6)
    sounds = [shaped(np.tanh(drive * clean), HELD) for drive in (1, 5, 30)]
    assert rises(measured("aggressiveness", sounds, 48), 0.01)


@pytest.mark.parametrize("note", NOTES)
def test_tremolo_and_filter_sweeps_move(note: int) -> None:
    saw, dull = tone(note), tone(note, 3)
    depths = [shaped(saw, 1 + depth * np.sin(2 * np.pi * 5 * TIME)) for depth in (0, 0.2, 0.5, 0.9)]
    assert rises(measured("movement", depths, note), 3)
    wave = 0.5 + 0.5 * np.sin(2 * np.pi * 2 * TIME)
    swept = shaped(saw, wave) + shaped(dull, 1 - wave)
    assert rises(measured("movement", [saw, swept], note), 3)


def test_decay_noise_and_an_early_end_are_not_movement() -> None:
    saw = tone(60)
    tremolo = shaped(saw, 1 + 0.5 * np.sin(2 * np.pi * 5 * TIME))
    decays = [shaped(saw, np.exp(-TIME / seconds)) for seconds in (2.0, 0.5, 0.1)]
    still = measured("movement", [saw, *decays, noise()])
    assert max(still) < 0.5 * measured("movement", [tremolo])[0]


def test_plucks_are_percussive_and_swells_sustained() -> None:
    saw = tone(60)
    decays = [shaped(saw, np.exp(-TIME / seconds)) for seconds in (0.02, 0.2, 1.0, 5.0)]
    values = measured("sustain", [*decays, saw, shaped(saw, np.minimum(1, TIME / 2))])
    assert rises(values, 0.02)
    assert values[4] == pytest.approx(0.5, abs=0.02)
    # The part after note-off is release. It says nothing about the held note.
    rings = tone(60) + shaped(noise(1), np.where(TIME > HOLD_S + 0.02, 5.0, 0.0))
    assert measured("sustain", [rings])[0] == pytest.approx(values[4], abs=0.02)


@pytest.mark.parametrize("note", NOTES)
def test_without_its_low_partials_a_sound_is_thin(note: int) -> None:
    sounds = [tone(note, 1, count=12, first=first) for first in (5, 2, 1)]
    sub = tone(note - 12, 1, count=1)
    values = measured("thickness", [*sounds, sounds[-1] + sub], note)
    assert rises(values, 0.02) and values[0] < 0.02 and values[-1] > 0.8


@pytest.mark.parametrize("note", NOTES)
def test_noise_added_to_a_tone_makes_it_noisy(note: int) -> None:
    saw, hiss = tone(note), noise()
    sounds = [saw, saw + np.float32(0.3) * hiss, saw + hiss, saw + 4 * hiss, hiss]
    values = measured("noisiness", sounds, note)
    assert rises(values, 0.004)
    assert values[0] < 0.03 and values[-1] == pytest.approx(0.6, abs=0.05)


def test_dark_noise_is_noise_and_detuned_or_inharmonic_tones_are_none() -> None:
    dark = np.convolve(noise(), np.ones(64) / 64, "same").astype(np.float32)
    assert measured("noisiness", [dark])[0] > 0.5
    bell = sum(tone(note, count=1) for note in (60, 67.3, 74.8, 81.1))
    detuned = tone(60) + tone(60.15) + tone(47.9)
    assert max(measured("noisiness", [np.asarray(bell, np.float32), detuned])) < 0.05


@pytest.mark.parametrize("gain", [8.0, 0.5, 1e-3])
def test_level_does_not_matter(gain: float) -> None:
    for sound in (tone(60), noise(), shaped(tone(48), np.exp(-TIME / 0.3))):
        loud, other = (describe(np.float32(g) * sound, RATE, 60, HOLD_S) for g in (1, gain))
        assert list(other.values()) == pytest.approx(list(loud.values()), rel=1e-3, abs=1e-5)


def test_equal_audio_has_equal_descriptors_and_channels_are_averaged() -> None:
    audio = tone(60) + noise()
    again = describe(np.stack([audio, audio]), RATE, 60, HOLD_S)
    assert again == describe(audio.copy(), RATE, 60, HOLD_S)


@pytest.mark.parametrize("rate", [22050, 48000, 96000])
def test_other_sample_rates_give_the_same(rate: int) -> None:
    def play(rate: int) -> dict[str, float]:
        time = np.arange(4 * rate) / rate
        waves = [np.sin(2 * np.pi * hertz(60) * k * time) / k for k in range(1, 30)]
        return describe(np.sum(waves, axis=0) * (time < HOLD_S), rate, 60, HOLD_S)

    here, there = play(RATE), play(rate)
    for name, tolerance in {"brightness": 0.1, "thickness": 0.02, "sustain": 0.02}.items():
        assert there[name] == pytest.approx(here[name], abs=tolerance)
    assert there["noisiness"] < 0.03 and there["movement"] < 5


@pytest.mark.parametrize(
    "audio",
    [
        np.zeros(RATE, np.float32),
        np.full(RATE, 1e-7, np.float32),
        np.zeros(1, np.float32),
    ],
)
def test_silence_is_nothing_at_all(audio: Float32) -> None:
    assert set(describe(audio, RATE, 60, HOLD_S).values()) == {0.0}


@pytest.mark.parametrize("length", [1, 100, 2048, 5000, RATE])
@pytest.mark.parametrize("hold_s", [0.0, 0.02, 3.0])
def test_short_clips_and_holds_give_finite_values(length: int, hold_s: float) -> None:
    click = np.zeros(length, np.float32)
    click[-1] = 1
    for audio in (click, np.ones(length, np.float32), noise()[:length]):
        values = describe(audio, RATE, 60, hold_s)
        assert all(np.isfinite(value) for value in values.values()), values


@pytest.mark.parametrize("audio", [np.zeros(0), np.array([0, np.nan]), np.array([np.inf])])
def test_unusable_audio_is_refused(audio: Audio) -> None:
    with pytest.raises(ValueError, match="audio has"):
        describe(audio, RATE, 60)


@pytest.mark.parametrize("sound", [tone(60), noise(), shaped(tone(48), np.exp(-TIME / 0.3))])
def test_centroid_and_flatness_equal_librosa(sound: Float32) -> None:
    from librosa.feature import spectral_centroid as their_centroid
    from librosa.feature import spectral_flatness as their_flatness

    power = power_spectrum(sound, 4096, 2048)
    bins = np.arange(2049) * RATE / 4096
    magnitude = np.sqrt(power.T)
    centroid = their_centroid(S=magnitude, sr=RATE, n_fft=4096)[0]
    flatness = their_flatness(S=magnitude)[0]
    heard = power.sum(axis=1) > 1e-6
    assert heard.sum() > 30
    assert np.allclose(spectral_centroid(power, bins)[heard], centroid[heard], rtol=1e-4)
    assert np.allclose(spectral_flatness(power), flatness, rtol=1e-3, atol=1e-6)
