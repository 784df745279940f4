"""The commands for one-shots write what they say, and refuse what does not exist."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from datasets.errors import CheckpointError, SpecError
from models.timbre.commands import timbre
from models.timbre.one_shot.model import OneShotModel
from tests.models.timbre.drum_sounds import RATE, drum, write_kit


def run(*words: object) -> str:
    result = CliRunner().invoke(timbre, [str(word) for word in words])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def peak(path: Path) -> float:
    return float(np.abs(soundfile.read(path)[0]).max())


def test_a_folder_becomes_a_model(tmp_path: Path) -> None:
    sounds = write_kit(tmp_path / "sounds", 2)
    text = run("fit", sounds, "--kind", "one-shot", "--steps", 3, "--out", tmp_path / "kit")
    assert "6 sounds used" in text and "3 classes" in text
    assert (tmp_path / "kit" / "timbre.json").is_file()


def test_morphs_prototypes_and_random_hits_are_sound_files(
    kit: tuple[OneShotModel, Path], tmp_path: Path
) -> None:
    folder = kit[1]
    mine = tmp_path / "mine.wav"
    soundfile.write(mine, drum("snare", 6), RATE)
    run("morph", folder, "kick", mine, "--steps", 3, "--out", tmp_path / "morph")
    run("random", folder, "snare", "--count", 2, "--out", tmp_path / "random")
    run("prototype", folder, "hat-closed", "--out", tmp_path / "hat.wav")
    found = sorted(path.name for path in tmp_path.rglob("*-*.wav"))
    assert found == ["morph-1.wav", "morph-2.wav", "morph-3.wav", "snare-1.wav", "snare-2.wav"]
    assert all(0.01 < peak(path) < 1.0 for path in tmp_path.rglob("*.wav"))
    with pytest.raises(SpecError, match="bell"):
        run("morph", folder, "kick", "bell", "--out", tmp_path / "morph")
    with pytest.raises(CheckpointError, match="harmonic"):
        run("random", "violin", "kick", "--out", tmp_path / "random")


def test_a_denoised_recording_is_quieter_in_its_pauses(
    kit: tuple[OneShotModel, Path], tmp_path: Path
) -> None:
    clean = np.pad(drum("kick", 2), (0, RATE // 4))
    noisy = clean + 0.02 * np.random.default_rng(0).uniform(-1, 1, len(clean))
    soundfile.write(tmp_path / "noisy.wav", noisy, RATE)
    run("denoise", kit[1], tmp_path / "noisy.wav", "--out", tmp_path / "clean.wav")
    found, rate = soundfile.read(tmp_path / "clean.wav")
    assert rate == RATE and len(found) == len(clean)
    pause = slice(len(clean) - RATE // 8, None)
    assert found[pause].std() < 0.2 * noisy[pause].std()
