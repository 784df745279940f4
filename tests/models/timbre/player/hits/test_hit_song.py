"""A MIDI file plays pads, the same samples every time; keys without a pad are named."""

from __future__ import annotations

from pathlib import Path

import mido
import numpy as np
import pytest
import soundfile

from datasets.errors import SpecError
from models.timbre.one_shot.model import OneShotModel
from models.timbre.player.hits.hit_song import render_hit_song, write_hit_song
from models.timbre.player.song import read_song
from tests.models.timbre.player.test_song import note, song


def test_hits_start_at_their_beats_and_repeat_exactly(hits: OneShotModel, tmp_path: Path) -> None:
    path = song(tmp_path / "a.mid", [*note(36, 480), *note(38, 480), *note(42, 480)])
    seconds, notes = write_hit_song(hits, path, tmp_path / "a.wav", None, 44100, 8, 0)
    audio, rate = soundfile.read(tmp_path / "a.wav")
    assert (rate, notes) == (44100, 3) and seconds > 1.0
    for beat in range(3):
        start = round(0.5 * beat * rate)
        loud = np.abs(audio[start : start + 2000]).max()
        assert loud > 5 * np.abs(audio[max(0, start - 600) : start]).max(initial=0.0)
        assert loud > 0.02
    again = render_hit_song(hits, read_song(path), None, 44100, 8, 0)
    assert np.abs(again[0] - audio).max() < 1e-6


def test_a_controller_moves_an_axis_between_hits(hits: OneShotModel, tmp_path: Path) -> None:
    move = mido.Message("control_change", control=20, value=127)
    plain = song(tmp_path / "a.mid", [*note(38, 480), *note(38, 480)])
    moved = song(tmp_path / "b.mid", [*note(38, 240), move, *note(38, 480, wait=240)])
    a, b = (render_hit_song(hits, read_song(path))[0] for path in (plain, moved))
    half = round(0.5 * hits.sample_rate)
    assert np.array_equal(a[: half - 2048], b[: half - 2048])
    assert not np.array_equal(a[half : half + 4000], b[half : half + 4000])


def test_keys_without_pads_and_wrong_knobs_are_refused(hits: OneShotModel, tmp_path: Path) -> None:
    path = song(tmp_path / "a.mid", note(100, 480))
    with pytest.raises(SpecError, match=r"100.*36 kick"):
        render_hit_song(hits, read_song(path))
    with pytest.raises(SpecError, match=r"1\.5"):
        render_hit_song(hits, read_song(path), [1.5])
