"""Frames play in tune at any rate, in blocks of any length, with pedal, voices and all phases."""

from __future__ import annotations

from pathlib import Path

import mido
import numpy as np
import pytest

from datasets.errors import SpecError
from models.audio.pitch import estimate_f0
from models.timbre.contract import LatentPosition
from models.timbre.player.frames.frame_bank import make_frame_bank
from models.timbre.player.frames.frame_player import FramePlayer, NoiseVoice
from models.timbre.player.instrument import phase_of
from models.timbre.player.song import Song, read_song, render_song
from models.timbre.spectral.model import SpectralModel
from tests.fakes.plain_timbre import PlainTimbre
from tests.models.timbre.tones import hz


@pytest.fixture
def player(spectral: SpectralModel) -> FramePlayer:
    return FramePlayer(make_frame_bank(spectral, spectral.start))


def level(player: FramePlayer, seconds: float = 0.2) -> float:
    return float(np.sqrt((player.block(round(48000 * seconds)) ** 2).mean()))


def chord(tmp_path: Path) -> Song:
    file, track = mido.MidiFile(), mido.MidiTrack()
    file.tracks.append(track)
    for key in (60, 67):
        track.append(mido.Message("note_on", note=key, velocity=100))
    track.append(mido.Message("control_change", control=20, value=127, time=300))
    for key, wait in ((60, 300), (67, 0)):
        track.append(mido.Message("note_off", note=key, time=wait))
    file.save(tmp_path / "chord.mid")
    return read_song(tmp_path / "chord.mid")


@pytest.mark.parametrize("rate", [32000, 48000, 96000])
def test_it_is_in_tune_at_every_sample_rate(spectral: SpectralModel, rate: int) -> None:
    player = FramePlayer(make_frame_bank(spectral, spectral.start), rate)
    player.note_on(0, 69, 100)
    player.channels[0].bend = 0.5
    player.block(rate // 5)
    found = estimate_f0(player.block(rate // 2)[0], rate)
    assert 1200 * np.log2(found / hz(70)) == pytest.approx(0, abs=8)


def test_the_lengths_of_the_blocks_have_no_effect(spectral: SpectralModel) -> None:
    sounds = []
    for size in (64, 480, 4800):
        player = FramePlayer(make_frame_bank(spectral, spectral.start))
        player.note_on(0, 62, 90)
        sounds.append(np.concatenate([player.block(size)[0] for _ in range(4800 // size)]))
    assert np.array_equal(sounds[0], sounds[1]) and np.array_equal(sounds[0], sounds[2])


def test_notes_are_held_by_the_pedal_released_and_stolen(player: FramePlayer) -> None:
    player.pedal(0, True)
    player.note_on(0, 60, 127)
    player.note_off(0, 60)
    level(player)
    held = level(player)
    assert held > 0.03
    player.pedal(0, False)
    level(player, 0.5)
    assert level(player) < 0.01 * held and player.is_silent
    for key in range(60, 72):
        player.note_on(0, key, 60)
    assert player.sounding == 8
    player.all_off(0, at_once=True)
    level(player, 0.3)
    assert player.is_silent


def test_a_louder_velocity_is_louder_and_full_scale_is_never_reached(player: FramePlayer) -> None:
    levels = []
    for velocity in (20, 127):
        player.note_on(0, 64, velocity)
        level(player)
        levels.append(level(player))
        player.all_off(0, at_once=True)
        level(player, 0.4)
    assert levels[1] > 5 * levels[0]
    for key in range(60, 68):
        player.note_on(0, key, 127)
    assert np.abs(player.block(48000)).max() < 1.0


def test_a_bank_that_changes_does_not_click(spectral: SpectralModel) -> None:
    ends = [LatentPosition((x, x, 0.0)) for x in (0.1, 0.9)]
    first, second = (make_frame_bank(spectral, end) for end in ends)
    player = FramePlayer(first)
    player.note_on(0, 60, 100)
    before = np.abs(np.diff(player.block(24000)[0][9600:], 2)).max()
    player.offer(second)
    changing = player.block(6000)[0]
    after = np.abs(np.diff(player.block(24000)[0], 2)).max()
    assert np.abs(np.diff(changing, 2)).max() < 1.2 * max(before, after)


def test_every_phase_method_renders_the_same_song(spectral: SpectralModel, tmp_path: Path) -> None:
    song = chord(tmp_path)
    sounds = {p: render_song(spectral, song, phase=p) for p in ("tones", "peaks", "noise", "pghi")}
    assert np.array_equal(sounds["peaks"], render_song(spectral, song))
    for sound in sounds.values():
        assert 0.02 < sound[9600:28800].std() < 0.3 and np.abs(sound[-10:]).max() < 1e-3
    assert np.array_equal(sounds["pghi"], render_song(spectral, song, phase="pghi"))


def test_wrong_methods_are_refused(spectral: SpectralModel) -> None:
    assert phase_of(PlainTimbre(), "", live=True) == "tones"
    for model, phase, live, message in (
        (spectral, "magic", False, "'magic'"),
        (spectral, "pghi", True, "whole sound"),
        (PlainTimbre(), "noise", False, "only tones"),
    ):
        with pytest.raises(SpecError, match=message):
            phase_of(model, phase, live)


def test_noise_phases_repeat_and_differ_from_peaks(spectral: SpectralModel) -> None:
    bank, sounds = make_frame_bank(spectral, spectral.start), []
    for _ in range(2):
        player = FramePlayer(bank, new_phases=NoiseVoice)
        player.note_on(0, 60, 100)
        sounds.append(player.block(9600))
    assert np.array_equal(sounds[0], sounds[1])
