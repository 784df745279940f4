"""What a tone means: envelopes sampled at harmonics, a loop while the key is held, a release."""

from __future__ import annotations

import numpy as np
import pytest

from datasets.errors import SpecError
from models.audio.noise_bands import measure_bands
from models.timbre.contract import TimbreModel
from models.timbre.latent import Axis, LatentPosition, check_position, position_of_knobs
from models.timbre.tone import (
    GRID_HZ,
    GRID_POINTS,
    GRID_STEP_HZ,
    HIGHEST_HZ,
    NOISE_BANDS,
    NOISE_HZ,
    START_PHASES,
    sample_envelope,
)
from tests.fakes.plain_timbre import PlainTimbre

AXES = (Axis("a", -2.0, 2.0), Axis("b", 0.0, 1.0), Axis("c", -4.0, 0.0))


def test_the_grid_is_even_and_the_noise_bands_are_those_of_the_analysis() -> None:
    assert len(GRID_HZ) == GRID_POINTS and np.allclose(np.diff(GRID_HZ), GRID_STEP_HZ)
    assert np.allclose(measure_bands(np.zeros(4800), 48000, NOISE_BANDS).centres_hz, NOISE_HZ)


def test_an_envelope_is_linear_in_decibels_between_the_points_of_the_grid() -> None:
    envelope = -20.0 - GRID_HZ[None] / 400.0
    f0 = np.array([261.63])
    amplitudes = sample_envelope(envelope.astype(np.float32), f0, 60)
    hz = 261.63 * np.arange(1, 61)
    assert np.allclose(20 * np.log10(amplitudes[0]), -20.0 - hz / 400.0, atol=1e-4)


@pytest.mark.parametrize("rate", [8000, 44100, 48000])
def test_harmonics_beyond_the_limit_are_silent(rate: int) -> None:
    amplitudes = sample_envelope(
        np.zeros((1, GRID_POINTS), np.float32), np.array([900.0]), 60, rate
    )
    hz = 900.0 * np.arange(1, 61)
    assert np.array_equal(amplitudes[0] > 0, hz < min(HIGHEST_HZ, rate / 2))


def test_a_held_tone_plays_its_attack_once_and_then_loops_without_a_jump() -> None:
    tone = PlainTimbre().decode(PlainTimbre().start, 60.0, 1.0)
    places = tone.places(np.arange(400) * tone.hop_s / 8)
    assert np.abs(np.diff(places)).max() <= 1 / 8 + 1e-9
    assert places[0] == 0.0 and (places[100:] >= 3).all() and places.max() == len(tone) - 1


def test_a_release_ends_in_silence_at_its_time_and_a_one_shot_at_its_end() -> None:
    times = np.array([0.0, 0.5, 0.6, 0.701, 2.0])
    held = PlainTimbre(release_s=0.2).decode(PlainTimbre().start, 60.0, 1.0)
    gains = held.gains(times, 0.5)
    assert gains[:2].tolist() == [1.0, 1.0] and gains[3:].tolist() == [0.0, 0.0]
    assert 20 * np.log10(gains[2]) == pytest.approx(-30.0)
    shot = PlainTimbre(loop=False).decode(PlainTimbre().start, 60.0, 1.0)
    assert shot.gains(times, np.inf).tolist() == [1.0, 0.0, 0.0, 0.0, 0.0]


def test_knobs_and_coordinates_are_inverse() -> None:
    position = position_of_knobs(AXES, [0.0, 0.75])
    assert position == LatentPosition((-2.0, 0.75, -2.0))
    assert [axis.knob(v) for axis, v in zip(AXES, position.values, strict=True)] == [0.0, 0.75, 0.5]


@pytest.mark.parametrize("values", [(1.0,), (1.0, 2.0, float("nan"))])
def test_a_wrong_position_is_refused_with_its_values(values: tuple[float, ...]) -> None:
    with pytest.raises(SpecError, match=r"position .*: give"):
        check_position(AXES, LatentPosition(values))


def test_start_phases_keep_the_peak_low() -> None:
    t = np.arange(4096) / 4096
    x = np.sin(2 * np.pi * np.outer(np.arange(1, 101), t) + START_PHASES[:, None]).sum(axis=0)
    assert np.abs(x).max() / x.std() < 3.0  # All phases 0 give 10.3.


def test_the_plain_model_fits_the_protocol() -> None:
    assert isinstance(PlainTimbre(), TimbreModel)
