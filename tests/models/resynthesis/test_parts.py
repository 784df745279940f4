"""Test the parts of a draft: frames, noise, formants, held notes."""

from __future__ import annotations

import numpy as np
import pytest

from datasets.errors import AudioError
from models.audio.sound_kind import SoundKind
from models.resynthesis.analysis import SoundAnalysis, analyse_sound
from models.resynthesis.draft import make_draft
from models.resynthesis.formants import FormantTracking, choose_tracking
from models.resynthesis.held_note import measure_held_note
from models.resynthesis.noise import make_noise_layer
from models.resynthesis.options import ResynthesisOptions
from models.resynthesis.vital.controls import key_curve
from tests.models.audio.tones import RATE, harmonic_tone, times
from tests.models.resynthesis.sounds import AMPLITUDES, NOTE, hit, note, vibrato


def test_frames_have_the_spectrum_of_the_sound() -> None:
    frames = make_draft(analyse_sound(note(), NOTE, RATE), ResynthesisOptions(frames=4)).frames
    assert frames is not None
    waves = frames.waves()
    assert waves.shape == (4, 2048)
    spectrum = np.abs(np.fft.rfft(waves[2]))[1:25]
    decibels = 20 * np.log10(spectrum / spectrum[0] * AMPLITUDES[0] / AMPLITUDES)
    assert np.abs(decibels).max() < 0.5


def test_curve_times_sample_is_the_noise() -> None:
    noise = hit().astype(np.float64)
    layer = make_noise_layer(noise, RATE, 0.5, 40, None)
    assert layer is not None and np.abs(layer.wave).max() == 1.0
    roots = np.interp(times(0.5), layer.times_s, np.sqrt(layer.levels))
    assert np.allclose(layer.wave * roots**2, noise, atol=1e-9)


def test_silence_has_no_noise_layer() -> None:
    assert make_noise_layer(np.zeros(RATE), RATE, 1.0, 40, None) is None


def test_a_vibrato_is_found_and_a_steady_pitch_needs_no_curve() -> None:
    moving = make_draft(analyse_sound(note(1.5, f0_hz=vibrato(1.5)), NOTE, RATE), OPTIONS).pitch
    assert moving is not None and moving.vibrato is not None
    assert abs(moving.vibrato.rate_hz - 5.5) < 0.2
    assert abs(moving.vibrato.depth_cents - 30) < 5
    steady = make_draft(analyse_sound(note(), NOTE, RATE), OPTIONS).pitch
    assert steady is not None and steady.vibrato is None and steady.glide is None
    assert abs(steady.base) < 0.02


def test_a_glide_is_drawn() -> None:
    f0 = 220 * 2 ** (np.clip(times(1.5) - 0.5, 0, 0.5) * 4 / 12)
    pitch = make_draft(analyse_sound(note(1.5, f0_hz=f0), NOTE, RATE), OPTIONS).pitch
    assert pitch is not None and pitch.times_s is not None and pitch.glide is not None
    drawn = pitch.base + np.interp([0.3, 0.75, 1.2], pitch.times_s, pitch.glide)
    assert np.abs(drawn - [0, 1, 2]).max() < 0.05


def test_bright_sounds_track_formants_more() -> None:
    bright = analyse_sound(note(), NOTE, RATE)
    dark_sound = (0.5 * np.sin(2 * np.pi * 220 * times(1.0))).astype(np.float32)
    dark = analyse_sound(dark_sound, NOTE, RATE)
    assert choose_tracking(bright).above > choose_tracking(dark).above
    assert choose_tracking(bright, given=0.4) == FormantTracking(0.4, 0.4)


@pytest.mark.parametrize("tracking", [0.0, 0.5, 1.0])
def test_a_second_note_gives_the_tracking(tracking: float) -> None:
    """Move a resonance at 1.2 kHz by an octave, by half an octave, or not, one octave up."""

    def resonant(f0: float, centre_hz: float) -> SoundAnalysis:
        octaves = np.log2(np.arange(1, int(15000 / f0)) * f0 / centre_hz)
        amplitudes = 0.1 * np.exp(-((octaves / 1.5) ** 2))
        tone = harmonic_tone(np.full(RATE, f0), np.asarray(amplitudes)).astype(np.float32)
        return analyse_sound(tone, round(69 + 12 * np.log2(f0 / 440)), RATE)

    root, octave = resonant(220.0, 1200.0), resonant(440.0, 1200.0 * 2 ** (1 - tracking))
    chosen = choose_tracking(root, second=octave)
    assert abs(chosen.above - tracking) < 0.16
    assert chosen.below == choose_tracking(root).below


@pytest.mark.parametrize("root", [20, 60, 110])
def test_the_key_curve_is_neutral_at_the_root(root: int) -> None:
    shape = key_curve(root, FormantTracking(0.33, 1.0))
    at = np.interp(np.array([root, root + 12]) / 127, shape.x, shape.y)
    assert abs(at[0] - 0.5) < 1e-9 and abs(at[1] - 0.75) < 1e-9


def test_noise_alone_is_percussive() -> None:
    analysis = analyse_sound(hit(), 60, RATE)
    assert analysis.kind == SoundKind.PERCUSSIVE and analysis.harmonics is None


@pytest.mark.parametrize(
    ("sound", "message"),
    [
        (np.zeros(RATE, np.float32), "silent"),
        (note(0.04), "0.04 s long"),
        (np.full(RATE, np.nan, np.float32), "NaN"),
        (np.zeros((2, RATE), np.float32), "long"),
        (np.ones(31 * RATE, np.float32), "at most 30 s"),
    ],
)
def test_unusable_sounds_are_refused_in_one_line(sound: np.ndarray, message: str) -> None:
    with pytest.raises(AudioError, match=message) as raised:
        analyse_sound(sound, 60, RATE)
    assert "\n" not in str(raised.value)


def test_options_out_of_range_are_refused() -> None:
    for frames in (0, 258):
        with pytest.raises(AudioError, match=f"frames {frames} is out of range"):
            ResynthesisOptions(frames=frames)
    with pytest.raises(AudioError, match="rounds -1 is out of range"):
        ResynthesisOptions(rounds=-1)
    with pytest.raises(AudioError, match=r"formant_tracking 1\.5 is out of range"):
        ResynthesisOptions(formant_tracking=1.5)


def test_a_held_note_is_measured() -> None:
    t = times(6.0)
    tone = np.sin(2 * np.pi * 220 * t)
    steady = measure_held_note(np.where(t < 5, tone, 0.0), RATE, 2.0, 5.0)
    assert steady.drift_db < 0.1 and steady.jump_db < 0.1 and steady.release_db < -60
    stepped = measure_held_note(np.where(t < 3, tone, 0.5 * tone), RATE, 2.0, 5.0)
    assert abs(stepped.drift_db - 6) < 0.1 and abs(stepped.jump_db - 6) < 0.1
    assert stepped.release_db > -10


OPTIONS = ResynthesisOptions()
