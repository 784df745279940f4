"""A note's frames describe it; what is no single note is refused by name and reason."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from scipy.signal import fftconvolve

from datasets.errors import AudioError
from models.timbre.corpus.note import RATE, Note, at_common_rate
from models.timbre.harmonic.analysis import analyse_note
from models.timbre.harmonic.cepstrum import EnvelopeSettings, basis
from tests.models.timbre.tones import envelope_db, hz, tone

SETTINGS = EnvelopeSettings()
Float64 = npt.NDArray[np.float64]


def test_pitch_level_envelope_and_noise_are_measured() -> None:
    noise = 0.01
    frames = analyse_note(Note("n", tone(61.3, 0.9, -20.0, noise=noise)), SETTINGS)
    assert frames.midi == pytest.approx(61.3, abs=0.02)
    assert frames.loudness_db == pytest.approx(-20.0, abs=0.3)
    at = np.asarray(hz(61.3) * np.arange(1, 40), np.float64)
    every = np.asarray(hz(61.3) * np.arange(1, 61), np.float64)
    shape = basis(at, SETTINGS) @ frames.cepstra[frames.sustain].mean(axis=0)
    real = envelope_db(at)
    real -= 10 * np.log10((10 ** (envelope_db(every) / 10)).sum() / 2)
    assert np.abs(shape - real).max() < 0.7
    # White noise of this standard deviation has a density of 2 sigma^2 / rate; -20 dB later.
    density = 10 * np.log10(2 * noise**2 / RATE)
    measured = np.median(frames.noise_db[frames.sustain], axis=0)
    assert measured[8:40].mean() == pytest.approx(density, abs=3.0)


def test_the_level_is_removed_from_envelope_and_noise() -> None:
    soft, loud = (
        analyse_note(Note("n", tone(60, level_db=level, noise=0.01)), SETTINGS)
        for level in (-40.0, -10.0)
    )
    assert np.allclose(soft.cepstra, loud.cepstra, atol=0.2)
    assert loud.loudness_db - soft.loudness_db == pytest.approx(30.0, abs=0.1)


def test_silence_before_a_note_does_not_count() -> None:
    sound = tone(60)
    late = analyse_note(Note("n", np.concatenate([np.zeros(RATE), sound])), SETTINGS)
    now = analyse_note(Note("n", sound), SETTINGS)
    assert abs(len(late.level_db) - len(now.level_db)) <= 2
    assert late.level_db[10:25] == pytest.approx(now.level_db[10:25], abs=0.5)


def test_a_recording_of_8_khz_has_no_harmonics_above_4_khz() -> None:
    narrow = at_common_rate(at_common_rate(tone(60), RATE)[::6], 8000)
    frames = analyse_note(Note("n", narrow, None, 4000.0), SETTINGS)
    assert frames.top_hz == 4000.0 and frames.midi == pytest.approx(60.0, abs=0.05)
    assert np.isfinite(frames.cepstra).all()


def organ(midi: float, *stops: tuple[float, float, float]) -> Float64:
    """Pipes of several pitches at once: multiple of the key's pitch, level, slope in dB."""
    t = np.arange(RATE) / RATE
    sound = np.zeros(len(t))
    for multiple, level, slope in stops:
        f0 = hz(midi) * multiple
        for k in range(1, int(min(20, 16000 / f0)) + 1):
            amplitude = level * 10 ** (-slope * np.log2(k) / 20)
            sound += amplitude * np.sin(2 * np.pi * f0 * k * t + k * k)
    return np.asarray(0.1 * sound * np.minimum(np.minimum(t / 0.02, (1 - t) / 0.05), 1))


@pytest.mark.parametrize("midi", [48, 60, 72])
@pytest.mark.parametrize(
    "stops",
    [
        [(0.5, 1.0, 18.0), (1.0, 1.0, 9.0)],
        [(0.5, 0.7, 9.0), (1.0, 1.0, 6.0), (1.5, 0.4, 9.0), (2.0, 0.7, 9.0)],
        [(0.5, 0.5, 24.0), (1.0, 1.0, 6.0), (2.0, 0.8, 6.0), (3.0, 0.5, 9.0), (4.0, 0.5, 9.0)],
    ],
    ids=["16+8", "16+8+5+4", "plenum"],
)
def test_an_organ_with_a_16_foot_stop_is_one_note_an_octave_below(
    midi: int, stops: list[tuple[float, float, float]]
) -> None:
    frames = analyse_note(Note("organ", organ(midi, *stops)), SETTINGS)
    assert frames.midi == pytest.approx(midi - 12, abs=0.01)


@pytest.mark.parametrize("wet", [0.2, 0.9])
def test_five_seconds_of_reverb_change_no_pitch(wet: float) -> None:
    dry, length = tone(60, 1.0), 5 * RATE
    tail = np.random.default_rng(3).standard_normal(length) * 10 ** (
        -3 * np.arange(length) / length
    )
    sound = wet * fftconvolve(dry, tail / np.sqrt((tail**2).sum()))
    sound[: len(dry)] += (1 - wet) * dry
    frames = analyse_note(Note("church", sound), SETTINGS)
    assert frames.midi == pytest.approx(60, abs=0.02)
    assert np.isfinite(frames.cepstra).all() and np.isfinite(frames.noise_db).all()
    assert 0 <= frames.release_s < 5


def drum() -> Float64:
    t = np.arange(RATE) / RATE
    return np.asarray(np.random.default_rng(0).standard_normal(RATE) * np.exp(-t * 20))


@pytest.mark.parametrize(
    ("sound", "reason"),
    [
        (np.zeros(RATE), "silent"),
        (drum(), "no clear pitch"),
        (tone(60) + tone(64) + tone(67), "chord"),
        (tone(60) + tone(67), "chord"),
        (tone(60)[4800:6700], "at least 0.05 s"),
        (tone(60, 0.25), "steady"),
        (np.full(RATE, np.nan), "NaN"),
    ],
    ids=["silence", "drum", "triad", "fifth", "click", "short", "nan"],
)
def test_what_is_no_single_note_is_refused(sound: Float64, reason: str) -> None:
    with pytest.raises(AudioError, match=reason):
        analyse_note(Note("n", sound), SETTINGS)
