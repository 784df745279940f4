"""Check the features: geometry, floor, invariance to level and pitch, equality with librosa."""

import subprocess
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from models.audio.features import FeatureSettings, Float32, log_mel, mel_filterbank, mono
from models.audio.pitch import estimate_f0
from tests import ROOT

SETTINGS = FeatureSettings()
TIME = np.arange(SETTINGS.samples) / SETTINGS.sample_rate


def harmonic_tone(note: float, decay: float = 1.0) -> Float32:
    """Make 20 decaying harmonics of falling strength, 4 s: the same patch at any note."""
    f0 = 440 * 2 ** ((note - 69) / 12)
    partials = [np.sin(2 * np.pi * f0 * k * TIME) / k for k in range(1, 21) if f0 * k < 20000]
    tone: Float32 = (0.3 * np.sum(partials, axis=0) * np.exp(-decay * TIME)).astype(np.float32)
    return tone


def noise(seed: int) -> Float32:
    """Make 4 s of white noise at -20 dBFS."""
    return (0.1 * np.random.default_rng(seed).standard_normal(len(TIME))).astype(np.float32)


def test_image_shape_range_and_determinism() -> None:
    image = log_mel(noise(0), SETTINGS)
    assert image.shape == (SETTINGS.bands, SETTINGS.frames) == (128, 87)
    assert image.dtype == np.float32
    assert image.max() == 0.0 and image.min() >= -80.0
    assert np.array_equal(image, log_mel(noise(0), SETTINGS))


@pytest.mark.parametrize("window", [441, 1102, 4096, 4410])
def test_filterbank_equals_librosa(window: int) -> None:
    from librosa.filters import mel

    ours = mel_filterbank(44100, window, 32, 30.0, 11000.0).toarray()
    theirs = mel(sr=44100, n_fft=window, n_mels=32, fmin=30.0, fmax=11000.0)
    assert np.allclose(ours, theirs, rtol=1e-5, atol=1e-6 * float(theirs.max()))


def test_image_equals_librosa_end_to_end() -> None:
    from librosa import power_to_db
    from librosa.feature import melspectrogram

    audio = harmonic_tone(60) + noise(1)
    theirs = power_to_db(
        melspectrogram(
            y=audio,
            sr=44100,
            n_fft=4096,
            hop_length=2048,
            n_mels=128,
            fmin=30,
            fmax=11000,
            pad_mode="constant",
        ),
        ref=np.max,
        amin=1e-30,
        top_db=80,
    )
    assert np.abs(log_mel(audio, SETTINGS) - theirs).max() < 0.01


@pytest.mark.parametrize("gain", [8.0, 1e-3])
def test_level_does_not_matter(gain: float) -> None:
    audio = harmonic_tone(60)
    assert np.allclose(
        log_mel(audio, SETTINGS), log_mel(np.float32(gain) * audio, SETTINGS), atol=1e-3
    )


@pytest.mark.parametrize("residue", [0.0, 1e-7])
def test_silence_is_all_floor(residue: float) -> None:
    image = log_mel(np.float32(residue) * harmonic_tone(60), replace(SETTINGS, floor_db=-60.0))
    assert np.all(image == -60.0)


def test_channels_are_averaged_and_length_fitted() -> None:
    left, right = noise(2), noise(3)
    both = log_mel(np.stack([left, right]), SETTINGS)
    assert np.allclose(both, log_mel((left + right) / 2, SETTINGS), atol=1e-3)
    longer = np.concatenate([left, right])
    assert np.array_equal(log_mel(longer, SETTINGS), log_mel(left, SETTINGS))
    padded = np.concatenate([left[:1000], np.zeros(len(left) - 1000, np.float32)])
    assert np.array_equal(log_mel(left[:1000], SETTINGS), log_mel(padded, SETTINGS))


@pytest.mark.parametrize(("low", "high"), [(60, 72), (48, 60), (60, 67)])
def test_pitch_normalised_image_is_the_same_at_any_note(low: int, high: int) -> None:
    # Partials must agree to 1 dB. The dips between them cannot: the window resolves 10.8 Hz at
    # any note, so they fill in lower down, which the tolerance on the whole image allows for.
    settings = replace(SETTINGS, reference_note=60)
    a, b = (log_mel(harmonic_tone(note), settings, note) for note in (low, high))
    plain_a, plain_b = (log_mel(harmonic_tone(note), SETTINGS) for note in (low, high))
    spectrum = b[:, 20]
    partials = 1 + np.flatnonzero(
        (spectrum[1:-1] > -40) & (spectrum[1:-1] > spectrum[:-2]) & (spectrum[1:-1] > spectrum[2:])
    )
    assert len(partials) >= 10
    assert np.abs(a - b)[partials, 20].max() < 1.0
    assert np.abs(plain_a - plain_b)[partials, 20].mean() > 10.0
    assert 3 * np.abs(a - b).mean() < np.abs(plain_a - plain_b).mean()


def test_reference_note_itself_changes_nothing() -> None:
    normalised = replace(SETTINGS, reference_note=60)
    assert np.array_equal(log_mel(noise(4), SETTINGS), log_mel(noise(4), normalised, 60))


def test_bands_beyond_nyquist_stay_at_the_floor() -> None:
    settings = replace(SETTINGS, reference_note=60)
    loudest = log_mel(noise(5), settings, 84).max(axis=1)
    edge = 103  # the first band above Nyquist once 11 kHz has become 44 kHz
    assert np.all(loudest[:edge] > -80) and np.all(loudest[edge:] == -80)
    beyond_limit = log_mel(noise(5), settings, 100)
    assert np.array_equal(beyond_limit, log_mel(noise(5), settings, 84))


@pytest.mark.parametrize("shift", [-24.0, -12.0, -5.25, 0.0])
def test_no_band_is_empty_when_shifted_down(shift: float) -> None:
    bank = mel_filterbank(44100, 4096, 128, 30.0, 11000.0, shift)
    assert np.all(bank.sum(axis=1) > 0)


def test_pitch_normalised_features_require_the_note() -> None:
    with pytest.raises(ValueError, match="reference_note 60"):
        log_mel(noise(0), replace(SETTINGS, reference_note=60))


@pytest.mark.parametrize(
    "audio",
    [np.zeros(0), np.zeros((4, 2)), np.zeros((1, 2, 3)), np.array([0, np.nan]), np.array([np.inf])],
)
def test_unusable_audio_is_refused(audio: NDArray[np.float64]) -> None:
    with pytest.raises(ValueError, match="audio has"):
        mono(audio)


def test_settings_round_trip_and_name_unknown_keys() -> None:
    settings = replace(SETTINGS, bands=64, reference_note=48)
    assert FeatureSettings.from_dict(settings.to_dict()) == settings
    with pytest.raises(ValueError, match=r"unknown feature settings n_fft"):
        FeatureSettings.from_dict({"n_fft": 2048})


@pytest.mark.parametrize(
    "change", [{"fmax": 30000.0}, {"fmin": 12000.0}, {"floor_db": 0.0}, {"hop": 0}, {"bands": -1}]
)
def test_impossible_settings_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(change))):
        replace(SETTINGS, **change)


def test_digest_depends_on_every_field_and_only_on_values() -> None:
    changes: list[dict[str, Any]] = [
        {"sample_rate": 48000},
        {"window": 2048},
        {"hop": 1024},
        {"bands": 64},
        {"fmin": 20.0},
        {"fmax": 10000.0},
        {"floor_db": -60.0},
        {"duration_s": 2.0},
        {"reference_note": 60},
    ]
    assert {next(iter(change)) for change in changes} == set(SETTINGS.to_dict())
    digests = {replace(SETTINGS, **change).digest() for change in changes} | {SETTINGS.digest()}
    assert len(digests) == len(changes) + 1
    assert replace(SETTINGS, fmin=30).digest() == SETTINGS.digest()


def test_default_digest_is_stable() -> None:
    # A new value makes every feature cache useless. Change it only with FEATURES_VERSION.
    assert SETTINGS.digest() == "d703057e5364"


def test_settings_at_another_rate_keep_milliseconds() -> None:
    assert FeatureSettings.for_rate(44100) == SETTINGS
    half = FeatureSettings.for_rate(22050)
    assert (half.window, half.hop, half.frames) == (2048, 1024, 87)


def test_features_import_stays_lean() -> None:
    code = (
        "import sys, models.audio.features; "
        "print([m for m in ('torch', 'librosa', 'numba') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("note", [28, 36, 60, 84])
def test_f0_is_found_within_five_cents(note: int) -> None:
    expected = 440 * 2 ** ((note - 69) / 12)
    assert abs(1200 * np.log2(estimate_f0(harmonic_tone(note), 44100) / expected)) < 5


@pytest.mark.parametrize("audio", [noise(6), np.zeros(44100, np.float32)])
def test_noise_and_silence_have_no_f0(audio: Float32) -> None:
    assert np.isnan(estimate_f0(audio, 44100))
