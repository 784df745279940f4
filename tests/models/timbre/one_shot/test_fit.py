"""A fitted model is saved, loaded and resumed exactly; its space is organised by class."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from datasets.errors import AudioError, CheckpointError
from models.timbre.hits import HitModel
from models.timbre.model_folder import is_one_shot, load_one_shot, load_timbre
from models.timbre.one_shot.evaluation.measures import log_mel_errors
from models.timbre.one_shot.fit import OneShotSettings, fit_one_shot
from models.timbre.one_shot.images.onset import prepared
from models.timbre.one_shot.map import nearest_label
from models.timbre.one_shot.model import OneShotModel
from models.timbre.one_shot.training import HitTrainingConfig
from tests.models.timbre.drum_sounds import CLASSES, EACH, RATE, SMALL, drum, write_kit

SHORT = replace(SMALL, training=HitTrainingConfig(104, 8))


def test_a_loaded_model_makes_the_same_sounds(kit: tuple[OneShotModel, Path]) -> None:
    model, folder = kit
    loaded = load_one_shot(folder)
    assert isinstance(loaded, HitModel) and loaded.classes == CLASSES
    for label in CLASSES:
        mine, other = model.decode(model.centre(label)), loaded.decode(loaded.centre(label))
        assert np.array_equal(mine.samples, other.samples)
    assert "kick (6)" in (folder / "card.md").read_text()


def test_an_interrupted_fit_continues_to_the_same_bytes(tmp_path: Path) -> None:
    sounds = write_kit(tmp_path / "sounds", 3)
    fit_one_shot(sounds, tmp_path / "whole", SHORT, "kit")

    class Stop(Exception):
        pass

    def stop(line: str) -> None:
        if line.startswith("step 100"):
            raise Stop

    with pytest.raises(Stop):
        fit_one_shot(sounds, tmp_path / "parts", SHORT, "kit", stop)
    fit_one_shot(sounds, tmp_path / "parts", SHORT, "kit")
    files = [tmp_path / name / "model.safetensors" for name in ("whole", "parts")]
    assert files[0].read_bytes() == files[1].read_bytes()
    with pytest.raises(CheckpointError, match="other settings"):
        fit_one_shot(sounds, tmp_path / "parts", replace(SHORT, beta=3.0), "kit")


def test_new_hits_are_nearest_to_their_class_and_rebuilt_far_better_than_silence(
    hits: OneShotModel,
) -> None:
    for label in CLASSES:
        clip = drum(label, 7) if label != "kick" else drum(label, 3)
        position = hits.encode(clip, RATE)
        assert nearest_label(hits, position) == label
        shares = hits.class_shares(position)
        assert max(shares, key=lambda one: shares[one]) == label
        made = hits.decode(position).samples[0]
        target = prepared(clip, RATE, hits.image)[0]
        error, silence = log_mel_errors(target, made, RATE)
        assert error < silence - 10.0
        assert abs(len(made) - len(target)) < 0.1 * RATE


def test_stereo_files_make_a_stereo_model_and_one_length_can_be_forced(tmp_path: Path) -> None:
    sounds = write_kit(tmp_path / "sounds", 3)
    for path in sounds.iterdir():
        samples, rate = soundfile.read(path)
        delayed = np.concatenate([np.zeros(20), samples[:-20]])
        soundfile.write(path, np.stack([samples, 0.5 * delayed], axis=1), rate)
    model, _ = fit_one_shot(sounds, tmp_path / "kit", replace(SHORT, length_s=0.3))
    made = model.decode(model.centre("snare")).samples
    assert made.shape == (2, round(0.3 * RATE)) and np.abs(made[0] - made[1]).max() > 0.01


def test_what_cannot_be_used_is_named(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="nowhere"):
        fit_one_shot(tmp_path / "nowhere", tmp_path / "kit")
    sounds = write_kit(tmp_path / "sounds", 2)
    soundfile.write(sounds / "silent.wav", np.zeros(RATE), RATE)
    (sounds / "broken.wav").write_bytes(b"RIFF....")
    settings = OneShotSettings(hidden=8, latent=2, training=HitTrainingConfig(2, 4))
    model, report = fit_one_shot(sounds, tmp_path / "kit", settings)
    assert len(model.known.names) == 6 and set(report.skipped) == {"silent.wav", "broken.wav"}


def test_damaged_folders_and_other_kinds_are_refused(
    kit: tuple[OneShotModel, Path], tmp_path: Path
) -> None:
    folder = shutil.copytree(kit[1], tmp_path / "kit")
    assert is_one_shot(folder) and not is_one_shot("violin")
    with pytest.raises(CheckpointError, match="needs tones"):
        load_timbre(folder)
    with pytest.raises(CheckpointError, match="harmonic"):
        load_one_shot("violin")
    config = json.loads((folder / "timbre.json").read_bytes())
    for key, value in (("image", {"bands": -8}), ("network", {"planes": 2}), ("classes", 7)):
        (folder / "timbre.json").write_text(json.dumps({**config, key: value}))
        with pytest.raises(CheckpointError, match="damaged"):
            load_one_shot(folder)
    (folder / "timbre.json").write_text(json.dumps(config))
    (folder / "model.safetensors").write_bytes(b"")
    with pytest.raises(CheckpointError, match="damaged"):
        load_one_shot(folder)


def test_all_sounds_are_known_by_name(hits: OneShotModel) -> None:
    assert len(hits.known.names) == EACH * len(CLASSES)
    near = hits.neighbours(hits.position_of("snare_02"), 3)
    assert near[0].name == "snare_02.wav" and near[0].distance_db < 1e-3
    assert near[0].distance_db <= near[1].distance_db
