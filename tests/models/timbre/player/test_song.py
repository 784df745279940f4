"""Test MIDI files: tempo, channels, controllers, damaged files; the same samples every time."""

from __future__ import annotations

from pathlib import Path

import mido
import numpy as np
import pytest
import soundfile

from datasets.errors import AudioError, SpecError
from models.timbre.player.song import read_song, render_song
from models.timbre.player.write_song import write_song
from models.timbre.tone import Float32
from tests.fakes.plain_timbre import PlainTimbre

RATE, MODEL = 48000, PlainTimbre()


def song(path: Path, *tracks: list[mido.Message | mido.MetaMessage], kind: int = 1) -> Path:
    """Write a MIDI file with 480 ticks a beat."""
    file = mido.MidiFile(type=kind, ticks_per_beat=480)
    for messages in tracks:
        file.tracks.append(mido.MidiTrack(messages))
    file.save(path)
    return path


def note(key: int, ticks: int, channel: int = 0, wait: int = 0) -> list[mido.Message]:
    return [
        mido.Message("note_on", note=key, velocity=100, time=wait, channel=channel),
        mido.Message("note_off", note=key, time=ticks, channel=channel),
    ]


def levels(audio: Float32, step_s: float) -> list[float]:
    size = round(step_s * RATE)
    return [float(np.abs(audio[i : i + size]).max()) for i in range(0, len(audio) - size, size)]


def test_tempo_changes_move_the_notes(tmp_path: Path) -> None:
    slow, fast = (mido.MetaMessage("set_tempo", tempo=tempo) for tempo in (1_000_000, 250_000))
    # A beat of silence at 1 s, then a note after another beat at 0.25 s.
    tempo = [slow, mido.MetaMessage("set_tempo", tempo=250_000, time=480)]
    path = song(tmp_path / "a.mid", tempo, note(60, 480, wait=960))
    assert fast.tempo == 250_000
    read = read_song(path)
    assert [at_s for at_s, _ in read.events] == pytest.approx([1.25, 1.5])
    audio = render_song(MODEL, read)
    found = levels(audio, 0.05)
    assert max(found[:25]) == 0 and found[26] > 0.01
    assert len(audio) / RATE == pytest.approx(1.5 + MODEL.release_s, abs=0.05)


def test_every_channel_plays_with_its_own_bend(tmp_path: Path) -> None:
    bent = [mido.Message("pitchwheel", pitch=8191, channel=9), *note(69, 1920, channel=9)]
    read = read_song(song(tmp_path / "a.mid", note(57, 1920, channel=2), bent))
    assert read.notes == 2 and read.keys == [57, 69]
    audio = render_song(MODEL, read)[RATE // 2 : RATE // 2 + RATE]
    spectrum = np.abs(np.fft.rfft(audio * np.hanning(RATE)))
    for hz in (220, 494):
        assert spectrum[hz - 3 : hz + 4].max() > 100 * np.median(spectrum)
    assert spectrum[415:425].max() < spectrum[490:498].max() / 30


def test_a_controller_moves_an_axis(tmp_path: Path) -> None:
    dark = mido.Message("control_change", control=20, value=127, time=960)
    track = [mido.Message("note_on", note=60, velocity=100), dark]
    track += [mido.Message("note_off", note=60, time=960)]
    audio = render_song(MODEL, read_song(song(tmp_path / "a.mid", track)))

    def brightness(part: Float32) -> float:
        spectrum = np.abs(np.fft.rfft(part * np.hanning(len(part))))
        return float((spectrum * np.arange(len(spectrum))).sum() / spectrum.sum())

    before, after = audio[RATE // 2 : RATE - 4800], audio[RATE + RATE // 4 : 2 * RATE - 16800]
    assert brightness(after) < 0.8 * brightness(before)


def test_a_render_repeats_by_its_seed(tmp_path: Path) -> None:
    path = song(tmp_path / "a.mid", note(60, 480) + note(64, 480))
    for out, seed in (("a.wav", 0), ("b.wav", 0), ("c.wav", 1)):
        seconds, notes = write_song(MODEL, path, tmp_path / out, [0.5, 1.0], RATE, 8, seed)
        assert notes == 2
    first = (tmp_path / "a.wav").read_bytes()
    assert first == (tmp_path / "b.wav").read_bytes() != (tmp_path / "c.wav").read_bytes()
    audio, rate = soundfile.read(tmp_path / "a.wav")
    assert rate == RATE and len(audio) == round(seconds * RATE) and 0.01 < np.abs(audio).max() < 1


def test_files_without_notes_and_damaged_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "text.mid").write_text("no midi")
    whole = song(tmp_path / "whole.mid", note(60, 480)).read_bytes()
    (tmp_path / "cut.mid").write_bytes(whole[:-9])
    film = whole[:12] + bytes([0xE8, 40]) + whole[14:]  # 24 frames a second
    (tmp_path / "film.mid").write_bytes(film)
    song(tmp_path / "two.mid", note(60, 480), kind=2)
    cases = {
        song(tmp_path / "empty.mid", []): "has no notes",
        tmp_path / "text.mid": "not a MIDI file",
        tmp_path / "cut.mid": "damaged",
        tmp_path / "film.mid": "film frames",
        tmp_path / "two.mid": "type 2",
        tmp_path / "absent.mid": "absent.mid",
        song(tmp_path / "long.mid", note(60, 10_000_000)): "lasts",
    }
    for path, text in cases.items():
        with pytest.raises(AudioError, match=text):
            read_song(path)
    with pytest.raises(SpecError, match="from 0 to 1"):
        write_song(MODEL, tmp_path / "whole.mid", tmp_path / "out.wav", [1.5], RATE, 8, 0)
    assert not (tmp_path / "out.wav").exists()
