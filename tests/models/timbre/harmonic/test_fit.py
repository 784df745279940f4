"""A fit repeats, resumes, names what it skips, and its model keeps its promises."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from datasets.errors import AudioError, CheckpointError, SpecError
from models.timbre.contract import TimbreModel
from models.timbre.corpus.folder import NoteFolder
from models.timbre.corpus.note import RATE, ListCorpus, Note, Report
from models.timbre.harmonic.fit import HarmonicSettings, analyse_corpus, fit_harmonic
from models.timbre.harmonic.model import HarmonicModel
from models.timbre.harmonic.training import TrainingConfig
from models.timbre.latent import LatentPosition
from models.timbre.model_folder import load_timbre
from models.timbre.tone import GRID_HZ
from tests.models.timbre.tones import SMALL, scale, small_corpus, tone


class Stop(Exception):
    pass


def arrays(folder: Path) -> bytes:
    return (folder / "model.safetensors").read_bytes()


def test_a_fit_that_is_interrupted_twice_equals_one_that_is_not(
    fitted: tuple[HarmonicModel, Path], tmp_path: Path
) -> None:
    for until in ("note 5", "epoch 30"):

        def stop(line: str, until: str = until) -> None:
            if line.startswith(until):
                raise Stop

        with pytest.raises(Stop):
            fit_harmonic(small_corpus(), tmp_path / "small", SMALL, show=stop)
    fit_harmonic(small_corpus(), tmp_path / "small", SMALL)
    assert arrays(tmp_path / "small") == arrays(fitted[1])


def test_a_seed_gives_one_model_and_another_seed_another(
    fitted: tuple[HarmonicModel, Path], tmp_path: Path
) -> None:
    for name in ("again", "other"):  # The analyses are the same.
        shutil.copytree(fitted[1] / "training" / "notes", tmp_path / name / "training" / "notes")
    fit_harmonic(small_corpus(), tmp_path / "again", SMALL)
    assert arrays(tmp_path / "again") == arrays(fitted[1])
    other = replace(SMALL, training=replace(SMALL.training, seed=1))
    fit_harmonic(small_corpus(), tmp_path / "other", other)
    assert arrays(tmp_path / "other") != arrays(fitted[1])


def test_another_setting_in_the_same_folder_is_refused(
    fitted: tuple[HarmonicModel, Path], tmp_path: Path
) -> None:
    shutil.copytree(fitted[1], tmp_path / "small")
    with pytest.raises(CheckpointError, match="other settings"):
        fit_harmonic(small_corpus(), tmp_path / "small", replace(SMALL, latent=2))


def test_a_loaded_model_equals_the_saved_one(fitted: tuple[HarmonicModel, Path]) -> None:
    model, folder = fitted
    loaded = load_timbre(folder)
    assert isinstance(loaded, TimbreModel)
    assert loaded.axes == model.axes and loaded.name == model.name == "small"
    one, other = (m.decode(LatentPosition((0.3, -0.2, 0.1)), 64.5, 0.7) for m in (model, loaded))
    assert np.abs(one.harmonics_db - other.harmonics_db).max() < 0.05  # Curves in half precision.
    assert "small" in (folder / "card.md").read_text()
    for known in model.neighbours(model.start, 3):
        assert known.distance_db >= 0 and known.name in dict.fromkeys(model.known.names)


def test_bad_files_among_good_ones_are_named_skipped_and_counted(tmp_path: Path) -> None:
    folder = tmp_path / "notes"
    folder.mkdir()
    for midi in (60, 62, 64):
        soundfile.write(folder / f"good_{midi}.wav", tone(midi), RATE)
    (folder / "broken.wav").write_bytes((folder / "good_60.wav").read_bytes()[:100])
    (folder / "empty.flac").write_bytes(b"")
    (folder / "text.txt").write_text("no sound")
    soundfile.write(folder / "silence.wav", np.zeros(RATE), RATE)
    soundfile.write(folder / "chord.wav", 0.3 * (tone(60) + tone(64) + tone(67)), RATE)
    soundfile.write(folder / "wrong_A4.wav", tone(66), RATE)
    soundfile.write(folder / "telephone_65.wav", tone(65)[::6], 8000)
    report = Report()
    notes = analyse_corpus(NoteFolder(folder), SMALL.envelope, report)
    bad = {"broken.wav", "empty.flac", "text.txt", "silence.wav", "chord.wav"}
    assert set(report.skipped) == bad and len(notes) == len(report.used) == 5
    assert any("wrong_A4.wav" in r and "66" in r and "69" in r for r in report.remarks)
    assert "5 notes used, 5 skipped" in report.text()


def test_names_that_are_all_an_octave_off_give_one_remark() -> None:
    notes = tuple(Note(f"n{m}", tone(m), m - 12) for m in (60, 62, 64))
    report = Report()
    analyse_corpus(ListCorpus(notes), SMALL.envelope, report)
    assert len(report.remarks) == 1 and "-12" in report.remarks[0].replace("+12", "-12")


def test_a_corpus_without_a_usable_note_says_why(tmp_path: Path) -> None:
    silent = ListCorpus((Note("quiet", np.zeros(RATE)),), "my notes")
    with pytest.raises(AudioError, match=r"my notes has no usable note \(quiet: silent"):
        fit_harmonic(silent, tmp_path / "m", SMALL)
    assert not (tmp_path / "m" / "timbre.json").exists()


def test_two_notes_are_enough(tmp_path: Path) -> None:
    corpus = ListCorpus((Note("a", tone(60)), Note("b", tone(67))))
    settings = replace(SMALL, training=TrainingConfig(10, 64))
    model, report = fit_harmonic(corpus, tmp_path / "m", settings)
    assert any("only 2 notes" in remark for remark in report.remarks)
    assert np.isfinite(model.decode(model.start, 90.0, 1.0).harmonics_db).all()


def test_sounds_that_decay_go_on_decaying(tmp_path: Path) -> None:
    notes = tuple(Note(f"{m}", tone(m, 1.0, decay_db_s=25.0)) for m in (60, 64, 67))
    settings = replace(SMALL, training=TrainingConfig(10, 64))
    model, _ = fit_harmonic(ListCorpus(notes), tmp_path / "m", settings)
    held = model.decode(model.start, 62.0, 1.0)
    loudest = held.harmonics_db[:, 6]  # At 281 Hz, near the fundamental.
    seconds = (loudest[300] - loudest[50]) / 2.5
    assert seconds == pytest.approx(-25.0, abs=3.0)
    assert held.loop_start == len(held) - 1 and loudest[-1] < loudest.max() - 60


@pytest.fixture(scope="module")
def damaged(
    fitted: tuple[HarmonicModel, Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("damaged") / "small"
    shutil.copytree(fitted[1], folder)
    yield folder


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "other"}, "kind 'other'"),
        ({"version": 2}, "version 2"),
        ({"format": "other"}, "'other'"),
        ({"arrays_sha256": "0"}, "incomplete"),
        ({"envelope": {}}, "damaged|fit"),
        ({"notes": None}, "damaged"),
    ],
)
def test_a_model_of_another_kind_or_version_is_refused(
    damaged: Path, change: dict[str, object], message: str
) -> None:
    path = damaged / "timbre.json"
    before = path.read_bytes()
    path.write_text(json.dumps({**json.loads(before), **change}))
    try:
        if change == {"envelope": {}}:
            load_timbre(damaged)  # Every setting has its default.
            return
        with pytest.raises(CheckpointError, match=message):
            load_timbre(damaged)
    finally:
        path.write_bytes(before)


def test_a_synths_model_and_a_missing_one_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="model of a synth"):
        load_timbre("vital-32")
    with pytest.raises(CheckpointError, match="no such timbre model"):
        load_timbre(tmp_path / "nothing")


def test_wrong_sizes_are_refused_by_value() -> None:
    for settings, message in (
        (HarmonicSettings(kind="gan"), "gan"),
        (HarmonicSettings(latent=0), "latent 0"),
        (HarmonicSettings(beta=-1.0), "beta -1"),
    ):
        with pytest.raises(CheckpointError, match=message):
            settings.network()


@pytest.mark.parametrize(
    ("position", "midi", "dynamics"),
    [(LatentPosition((0.0,)), 60.0, 0.5), (LatentPosition((0.0,) * 3), float("nan"), 0.5)],
)
def test_wrong_requests_are_refused(
    model: HarmonicModel, position: LatentPosition, midi: float, dynamics: float
) -> None:
    with pytest.raises(SpecError, match="give"):
        model.decode(position, midi, dynamics)


def test_scale_has_two_loudnesses() -> None:
    assert len({note.name for note in scale()}) == 10 and GRID_HZ[0] == 0.0
