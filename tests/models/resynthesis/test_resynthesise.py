"""Test the whole resynthesis: the preset in Vital sounds like the recorded note."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest

from datasets.errors import AudioError, RenderError
from datasets.spec import FloatArray
from models.audio.metrics import f0_cents
from models.audio.sound_kind import SoundKind
from models.resynthesis.exports import export_files
from models.resynthesis.held_note import measure_held_note
from models.resynthesis.options import ResynthesisOptions
from models.resynthesis.player import PresetPlayer
from models.resynthesis.resynthesise import Answer, Resynthesis, resynthesise
from tests.models.audio.tones import RATE, harmonic_tone, times
from tests.models.resynthesis.sounds import AMPLITUDES, NOTE, hit, note, vibrato

QUICK = ResynthesisOptions(frames=16, rounds=0)


@pytest.fixture(scope="module")
def player() -> Iterator[PresetPlayer]:
    with PresetPlayer(RATE, 1.0, workers=1) as opened:
        yield opened


@pytest.fixture(scope="module")
def long_player() -> Iterator[PresetPlayer]:
    with PresetPlayer(RATE, 4.0, workers=1) as opened:
        yield opened


@pytest.fixture(scope="module")
def decaying(player: PresetPlayer) -> Resynthesis:
    return resynthesise(note(decay_db_s=-20), NOTE, RATE, player, ResynthesisOptions(rounds=2))


def level_db(audio: FloatArray) -> float:
    return float(10 * np.log10((audio.astype(np.float64) ** 2).mean() + 1e-12))


def test_a_note_comes_back_near_and_correction_never_hurts(decaying: Resynthesis) -> None:
    assert decaying.open_loop.distance < 1.0
    assert decaying.distance <= decaying.open_loop.distance
    assert decaying.renders <= 10
    assert f0_cents(note(decay_db_s=-20), decaying.audio, RATE) < 3


def test_the_preset_alone_gives_the_same_audio(decaying: Resynthesis, player: PresetPlayer) -> None:
    again = player([decaying.preset], NOTE, decaying.hold_s)[0]
    assert np.array_equal(again, decaying.audio)


def test_the_same_sound_gives_the_same_preset(decaying: Resynthesis, player: PresetPlayer) -> None:
    options = ResynthesisOptions(rounds=2)
    again = resynthesise(note(decay_db_s=-20), NOTE, RATE, player, options)
    assert again.preset == decaying.preset


def test_the_preset_is_readable_and_small(decaying: Resynthesis) -> None:
    patch = json.loads(decaying.preset)
    assert [patch[f"macro{slot}"] for slot in (1, 2, 3, 4)] == [
        "BRIGHTNESS", "FORMANT", "NOISE", "MOVEMENT",
    ]  # fmt: skip
    names = [lfo["name"] for lfo in patch["settings"]["lfos"][:4]]
    assert names[:2] == ["Scan", "Amplitude"] and names[3] == "Noise level"
    assert patch["synth_version"] == "1.5.5"
    assert len(decaying.preset) <= 1.2e6
    assert "harmonics" in decaying.description and "\n" not in decaying.description


def test_the_sample_slot_does_not_hold_the_recording(decaying: Resynthesis) -> None:
    noise, sound = decaying.draft.noise, note(decay_db_s=-20)
    assert abs(np.corrcoef(noise, sound)[0, 1]) < 0.2
    assert abs(np.corrcoef(noise, decaying.draft.analysis.residual)[0, 1]) < 0.5


def test_the_open_loop_answer_comes_first(player: PresetPlayer) -> None:
    answers: list[Answer] = []
    options = ResynthesisOptions(frames=8, rounds=1)
    sound = note(decay_db_s=-20)
    result = resynthesise(sound, NOTE, RATE, player, options, on_open_loop=answers.append)
    assert [answer.preset for answer in answers] == [result.open_loop.preset]


def test_velocity_and_macros_act_and_rest_in_the_middle(
    decaying: Resynthesis, player: PresetPlayer
) -> None:
    base = level_db(decaying.audio)
    soft = level_db(player([decaying.preset], NOTE, velocity=30)[0])
    loud = level_db(player([decaying.preset], NOTE, velocity=127)[0])
    assert soft < base - 6 and loud > base + 1
    changed = []
    for macro in (1, 2, 3, 4):
        patch = json.loads(decaying.preset)
        patch["settings"][f"macro_control_{macro}"] = 1.0
        changed.append(player([json.dumps(patch).encode()], NOTE)[0])
    for audio in changed:
        difference = level_db(audio - decaying.audio) - base
        assert difference > -40


@pytest.mark.parametrize("level", [0.01, 0.3, 1.0])
def test_a_preset_is_loud_and_does_not_clip(level: float) -> None:
    with PresetPlayer(RATE, 1.0, workers=1) as short:
        result = resynthesise(level * note(1.0), NOTE, RATE, short, QUICK)
        loud = short([result.preset], NOTE, velocity=127)[0]
    assert 0.4 < np.abs(result.audio).max() < 0.85
    assert np.abs(loud).max() < 1.0


def test_a_sustained_note_goes_on_while_the_key_is_held(long_player: PresetPlayer) -> None:
    sound = note(1.0, f0_hz=vibrato(1.0))
    with PresetPlayer(RATE, 1.0, workers=1) as short:
        result = resynthesise(sound, NOTE, RATE, short, QUICK)
    assert result.draft.timeline.loop_start_s is not None
    audio = long_player([result.preset], NOTE, 3.5)[0]
    held = measure_held_note(audio, RATE, 1.5, 3.5)
    assert held.drift_db < 1 and held.jump_db < 2 and held.peak < 1
    assert held.release_db < -60


def test_a_deep_tremolo_is_as_recorded_once_and_small_in_the_loop(
    long_player: PresetPlayer,
) -> None:
    tremolo = 10 ** (-5 * (1 - np.cos(2 * np.pi * 4 * times(1.5))) / 20)
    with PresetPlayer(RATE, 1.5, workers=1) as short:
        result = resynthesise(note(1.5) * tremolo, NOTE, RATE, short, QUICK)
    assert result.distance < 1.5 and result.draft.timeline.loop_start_s is not None
    audio = long_player([result.preset], NOTE, 3.5)[0]
    held = measure_held_note(audio, RATE, 1.5, 3.5)
    assert held.recorded_jump_db > 4
    assert held.jump_db < 2 and held.drift_db < 3


def test_a_decaying_note_decays_beyond_the_recording(long_player: PresetPlayer) -> None:
    with PresetPlayer(RATE, 1.0, workers=1) as short:
        result = resynthesise(note(1.0, decay_db_s=-15), NOTE, RATE, short, QUICK)
    audio = long_player([result.preset], NOTE)[0]
    late = [level_db(audio[:, round(s * RATE) : round((s + 0.2) * RATE)]) for s in (0.7, 1.7, 2.7)]
    assert all(-20 < after - before < -10 for before, after in pairwise(late))


def test_a_short_sung_note_is_released_where_it_ends(player: PresetPlayer) -> None:
    sound = np.zeros(RATE, np.float32)
    sung = note(0.7)
    sung[-441:] *= np.linspace(1, 0, 441, dtype=np.float32)
    sound[: len(sung)] = sung
    result = resynthesise(sound, NOTE, RATE, player, QUICK)
    assert abs(result.hold_s - 0.7) < 0.05
    assert level_db(result.audio[:, round(0.85 * RATE) :]) < level_db(result.audio) - 50


def test_a_drum_hit_is_played_by_the_noise_alone(player: PresetPlayer) -> None:
    sound = np.pad(hit(), (0, RATE // 2))
    result = resynthesise(sound, 60, RATE, player, ResynthesisOptions(rounds=1))
    assert result.kind == SoundKind.PERCUSSIVE and result.distance < 3
    assert json.loads(result.preset)["settings"]["osc_1_on"] == 0.0
    with pytest.raises(AudioError, match="no pitch"):
        export_files(result.draft, "hit")


def test_awkward_sounds_still_give_a_near_preset(player: PresetPlayer) -> None:
    t = times(1.0)
    fifth = note() + 0.5 * note(f0_hz=np.full(RATE, 330.0))
    gaps = note() * (np.sin(2 * np.pi * 3 * t) > -0.5)
    clipped = np.clip(3 * note(), -0.5, 0.5)
    for sound in (fifth, gaps, clipped):
        result = resynthesise(sound.astype(np.float32), NOTE, RATE, player, QUICK)
        assert result.distance < 4 and np.abs(result.audio).max() < 1


def test_two_detuned_voices_become_a_unison(long_player: PresetPlayer) -> None:
    f0 = np.full(4 * RATE, 330.0)
    voices = [harmonic_tone(f0 + step, AMPLITUDES / 2) for step in (-1.0, 1.0)]
    sound = np.sum(voices, axis=0).astype(np.float32)
    result = resynthesise(sound, 64, RATE, long_player, QUICK)
    assert json.loads(result.preset)["settings"]["osc_1_unison_voices"] == 2.0
    assert abs(result.draft.analysis.detune_cents - 1200 * np.log2(331 / 329)) < 0.5
    assert result.distance < 2


def test_exports_of_a_resynthesis(decaying: Resynthesis) -> None:
    files = export_files(decaying.draft, "note")
    assert sorted(files) == ["note.envelopes.csv", "note.vitaltable", "note.wav", "note.wt"]
    table = json.loads(files["note.vitaltable"])
    assert len(table["groups"][0]["components"][0]["keyframes"]) == 64
    rows = files["note.envelopes.csv"].decode().splitlines()
    header = next(row for row in rows if not row.startswith("#"))
    assert header == "time_s,wavetable_position,amplitude_db,pitch_cents,noise_db"


def test_a_broken_preset_is_an_error(player: PresetPlayer) -> None:
    with pytest.raises(RenderError, match="refused"):
        player([b"no preset"], 60)
