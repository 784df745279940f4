"""A recording of anything becomes clips of equal length, each a group of its own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

from models.timbre.corpus.clips import ClippedRecording
from models.timbre.corpus.note import RATE, Report
from models.timbre.corpus.open_corpus import open_corpus
from models.timbre.spectral.frames import gather_frames
from tests.models.timbre.tones import tone


def test_clips_follow_each_other_without_a_gap(tmp_path: Path) -> None:
    chord = np.concatenate([tone(m, 3.0) + tone(m + 4, 3.0) for m in (60, 62, 65)])
    soundfile.write(tmp_path / "chords.wav", chord, RATE, subtype="FLOAT")
    clips = list(ClippedRecording(tmp_path / "chords.wav", 2.0).notes(Report()))
    assert [clip.name for clip in clips] == ["0.00 s", "2.00 s", "4.00 s", "6.00 s", "8.00 s"]
    whole = np.concatenate([clip.samples for clip in clips])
    np.testing.assert_allclose(whole, chord, atol=1e-6)


def test_a_spectral_fit_takes_them_and_splits_by_clip(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "long.wav", np.tile(tone(64, 1.0), 9), RATE)
    corpus = open_corpus(tmp_path / "long.wav", clips=True)
    assert isinstance(corpus, ClippedRecording)
    data = gather_frames(corpus, Report())
    assert len(set(data.groups)) == 3 and np.isnan(data.midi).all()
