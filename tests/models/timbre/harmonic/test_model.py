"""What a fitted model promises to players: levels, smoothness, round trips, centred axes."""

from __future__ import annotations

import numpy as np
import pytest

from models.timbre.additive import play
from models.timbre.corpus.note import Note
from models.timbre.harmonic.analysis import analyse_note
from models.timbre.harmonic.model import HarmonicModel
from models.timbre.latent import Axis, LatentPosition
from models.timbre.tone import MOST_HARMONICS, NOISE_BANDS, Tone, sample_envelope
from tests.models.timbre.tones import hz, scale, tone


def level_db(made: Tone, midi: float, frame: int = 70) -> float:
    amplitudes = sample_envelope(made.harmonics_db[[frame]], np.array([hz(midi)]), MOST_HARMONICS)
    return float(10 * np.log10((amplitudes.astype(np.float64) ** 2).sum() / 2))


def test_the_start_is_the_middle_of_the_training_data(model: HarmonicModel) -> None:
    notes = [analyse_note(note, model.envelope) for note in scale()]
    mean = np.mean([n.cepstra[n.sustain].mean(axis=0) for n in notes], axis=0)
    levels = [n.loudness_db for n in notes]
    made = model.frames_at(np.zeros((1, len(model.axes)), np.float32), 64.0, np.mean(levels))
    assert np.sqrt(((made[0, :-NOISE_BANDS] - mean) ** 2).sum()) < 4.0
    assert all(axis.low < 0 < axis.high for axis in model.axes[:1])


def test_an_encoded_note_decodes_to_itself(model: HarmonicModel) -> None:
    note = tone(64, level_db=-20.0, bright=2.0, noise=0.003)
    encoded = model.encode(note, 48000)
    assert encoded.midi == pytest.approx(64.0, abs=0.05)
    real = analyse_note(Note("n", note), model.envelope)
    made = model.frames_at(encoded.path, real.midi, real.level_db)[:, :-NOISE_BANDS]
    error = np.sqrt(((made - real.cepstra) ** 2).sum(axis=1))[real.sustain].mean()
    spread = np.sqrt(((model.scaling.mean[:-NOISE_BANDS] - real.cepstra) ** 2).sum(axis=1))
    assert error < 4.0 and error < 0.7 * spread[real.sustain].mean()


def test_a_played_tone_is_encoded_near_its_position(model: HarmonicModel) -> None:
    low, high = model.axes[0].at(0.1), model.axes[0].at(0.9)
    found = []
    for value in (low, high):
        position = LatentPosition((value, *model.start.values[1:]))
        sound = play(model.decode(position, 63.0, 0.8), 63.0, 0.8)
        found.append(model.encode(sound, 48000).position.values[0])
    assert found[0] < found[1]


def test_the_level_is_that_of_the_dynamics_at_any_pitch(model: HarmonicModel) -> None:
    low, high = model.loudness
    for midi in (50.0, 61.5, 80.0):
        tones = model.decode_many(model.start, [midi] * 3, [0.0, 0.5, 1.0])
        levels = [level_db(made, midi, 59) for made in tones]
        assert np.diff(levels) == pytest.approx([(high - low) / 2] * 2, abs=1.0)


def test_a_loud_note_is_brighter_than_a_soft_one(model: HarmonicModel) -> None:
    soft, loud = model.decode_many(model.start, [62.0, 62.0], [0.1, 1.0])
    above = slice(40, 200)
    brightness = [t.harmonics_db[59, above].mean() - t.harmonics_db[59, 6] for t in (soft, loud)]
    assert brightness[1] > brightness[0] + 3.0


def test_a_sweep_of_pitch_changes_the_envelope_by_a_tenth_of_a_decibel(
    model: HarmonicModel,
) -> None:
    midi = np.arange(*model.pitch_range, 0.05)
    zeros = np.zeros((len(midi), len(model.axes)), np.float32)
    cepstra = model.frames_at(zeros, midi, -24.0)[:, :-NOISE_BANDS]
    assert np.sqrt((np.diff(cepstra, axis=0) ** 2).sum(axis=1)).max() <= 0.1


def test_many_tones_equal_single_ones_and_share_their_frames(model: HarmonicModel) -> None:
    pitches, louds = [40.0, 60.25, 100.0], [0.0, 0.6, 1.0]
    many = model.decode_many(model.start, pitches, louds)
    for made, midi, loud in zip(many, pitches, louds, strict=True):
        one = model.decode(model.start, midi, loud)
        assert np.allclose(one.harmonics_db, made.harmonics_db, atol=1e-3)
        assert len(made) == len(many[0]) and made.loop_start == many[0].loop_start


@pytest.mark.parametrize("knob", [-1.0, 0.0, 1.0, 3.0])
def test_no_position_gives_anything_but_numbers_within_full_scale(
    model: HarmonicModel, knob: float
) -> None:
    position = LatentPosition(tuple(axis.at(knob) for axis in model.axes))
    sound = play(model.decode(position, 57.0, 1.0), 57.0, 0.5)
    assert np.isfinite(sound).all() and np.abs(sound).max() < 1.0


def test_a_morph_ends_at_both_sounds(model: HarmonicModel) -> None:
    a, b = LatentPosition((0.5, 0.0, -0.5)), LatentPosition((-0.5, 1.0, 0.25))
    assert model.morph(a, b, 0.0) == a and model.morph(a, b, 1.0) == b
    assert model.morph(a, b, 0.5) == LatentPosition((0.0, 0.5, -0.125))


def test_a_training_note_is_its_own_neighbour(model: HarmonicModel) -> None:
    place = LatentPosition.of(model.known.positions[4])
    nearest = model.neighbours(place, 3)
    assert nearest[0].name == model.known.names[4] and nearest[0].distance_db < 1e-3
    assert [n.distance_db for n in nearest] == sorted(n.distance_db for n in nearest)


def test_axes_are_ordered_by_their_effect(model: HarmonicModel) -> None:
    def effect(axis: Axis, number: int) -> float:
        ends = np.zeros((2, len(model.axes)), np.float32)
        ends[:, number] = axis.low, axis.high
        return float(np.ptp(model.frames_at(ends, 64.0, -24.0), axis=0).max())

    effects = [effect(axis, number) for number, axis in enumerate(model.axes)]
    assert effects[0] == max(effects)
