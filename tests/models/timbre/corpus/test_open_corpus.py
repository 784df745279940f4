"""Notes come from folders, recordings, SoundFonts and rendered datasets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from datasets.errors import AudioError
from models.audio.pitch import estimate_f0
from models.timbre.corpus.faust_violin import FaustViolin
from models.timbre.corpus.folder import NoteFolder
from models.timbre.corpus.note import RATE, Report
from models.timbre.corpus.open_corpus import FontOptions, open_corpus
from models.timbre.corpus.recording import LongRecording, find_notes
from models.timbre.corpus.rendered import RenderedDataset
from models.timbre.corpus.soundfont import SoundFontInstrument
from renderer.dataset.render import render_dataset
from tests.fakes.fake_synth import fake_synth
from tests.models.timbre.corpus.soundfont_file import write_soundfont
from tests.models.timbre.tones import tone

MELODY = (60, 62, 62, 67, 60)


def midi_of(samples: np.ndarray) -> float:
    return float(69 + 12 * np.log2(estimate_f0(samples, RATE) / 440))


def test_a_recording_is_cut_at_changes_of_pitch_and_at_repeated_notes(tmp_path: Path) -> None:
    sound = np.concatenate([tone(midi, 0.6) for midi in MELODY])
    soundfile.write(tmp_path / "melody.wav", sound, RATE)
    corpus = open_corpus(tmp_path / "melody.wav")
    assert isinstance(corpus, LongRecording)
    notes = [*corpus.notes(Report())]
    assert [round(midi_of(n.samples[4800:24000])) for n in notes] == list(MELODY)
    starts = np.array([float(n.name.split()[0]) for n in notes])
    assert np.abs(starts - 0.6 * np.arange(5)).max() < 0.1


def test_a_recording_longer_than_a_part_keeps_every_note(tmp_path: Path) -> None:
    bar = np.concatenate([tone(midi, 0.5) for midi in (57, 64)])
    soundfile.write(tmp_path / "long.flac", np.tile(bar, 70), RATE)
    notes = [*LongRecording(tmp_path / "long.flac").notes(Report())]
    assert 136 <= len(notes) <= 140  # A note across the end of a part may be lost.


def test_silence_and_noise_have_no_notes() -> None:
    assert find_notes(np.zeros(RATE)) == []
    assert find_notes(0.1 * np.random.default_rng(0).standard_normal(RATE)) == []


def test_a_soundfonts_instrument_plays_its_notes(tmp_path: Path) -> None:
    write_soundfont(tmp_path / "one.sf2")
    corpus = open_corpus(tmp_path / "one.sf2", FontOptions(7, 0, 59, 71))
    assert isinstance(corpus, SoundFontInstrument)
    notes = [*corpus.notes(Report())]
    assert len(notes) == 13 * 3
    for note in notes[::18]:
        assert note.named_midi is not None
        assert midi_of(note.samples[:48000]) == pytest.approx(note.named_midi - 0.49, abs=0.2)
    loud = [float(np.abs(note.samples).max()) for note in notes[:3]]
    assert loud == sorted(loud) and loud[2] > 2 * loud[0]
    again = [*corpus.notes(Report())]
    assert all(np.array_equal(a.samples, b.samples) for a, b in zip(notes, again, strict=True))


@pytest.mark.parametrize(("program", "bank"), [(8, 0), (7, 3)])
def test_an_instrument_that_a_soundfont_lacks_is_refused(
    tmp_path: Path, program: int, bank: int
) -> None:
    write_soundfont(tmp_path / "one.sf2")
    corpus = open_corpus(tmp_path / "one.sf2", FontOptions(program, bank))
    with pytest.raises(AudioError, match=f"bank {bank}, program {program}"):
        next(iter(corpus.notes(Report())))


def test_a_rendered_dataset_gives_its_clips_at_the_synths_level(tmp_path: Path) -> None:
    render_dataset(fake_synth(), 4, 0, tmp_path / "data", workers=1)
    corpus = open_corpus(tmp_path / "data")
    assert isinstance(corpus, RenderedDataset)
    report = Report()
    notes = [*corpus.notes(report)]
    assert len(notes) + len(report.skipped) == 4 and len(notes) >= 1
    assert all(note.named_midi is not None for note in notes)


def test_a_folder_lists_files_in_the_order_of_their_names(tmp_path: Path) -> None:
    for name, midi in (("b_62", 62), ("a_60", 60)):
        soundfile.write(tmp_path / f"{name}.wav", tone(midi), 44100)
    (tmp_path / ".hidden.wav").write_bytes(b"")
    corpus = open_corpus(tmp_path)
    assert isinstance(corpus, NoteFolder)
    notes = [*corpus.notes(Report())]
    assert [(n.name, n.named_midi, n.top_hz) for n in notes] == [
        ("a_60.wav", 60, 22050.0),
        ("b_62.wav", 62, 22050.0),
    ]


def test_wrong_paths_are_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "song.mid").write_bytes(b"MThd")
    write_soundfont(tmp_path / "one.sf2")
    for path, message in (
        (tmp_path / "nothing", "does not exist"),
        (tmp_path / "song.mid", "'song.mid' is no sound file"),
        (tmp_path / "one.sf2", "--program"),
    ):
        with pytest.raises(AudioError, match=message):
            open_corpus(path)


def test_the_violin_repeats_and_is_in_tune() -> None:
    corpus = FaustViolin(low=67, high=68, velocities=(60,), hold_s=0.6, tail_s=0.2)
    first, again = ([*corpus.notes(Report())] for _ in range(2))
    for one, other in zip(first, again, strict=True):
        assert np.array_equal(one.samples, other.samples)
        assert one.named_midi == pytest.approx(midi_of(one.samples[9600:28800]), abs=0.3)
