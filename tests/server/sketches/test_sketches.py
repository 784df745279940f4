"""The bundled sketches: what their README says of them, and that their script still makes them."""

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from datasets.spec import load_spec
from models.matching.sound_target import load_target
from server.sketches import sketch_paths
from server.sketches.make_sketches import ESPEAK, RATE, SYNTHESISED, main, sung_vowel

NOTES = {"sung_vowel": 48, "plucked_string": 52, "filtered_sweep": 45}


def test_there_are_three() -> None:
    assert sketch_paths().keys() == NOTES.keys()


@pytest.mark.parametrize("name", NOTES)
def test_file_is_small_mono_flac(name: str) -> None:
    path = sketch_paths()[name]
    info = soundfile.info(path)
    assert path.stat().st_size <= 120_000
    assert (info.format, info.subtype) == ("FLAC", "PCM_16")
    assert (info.channels, info.samplerate) == (1, RATE)
    assert 1.5 <= info.duration <= 3


@pytest.mark.parametrize("name", NOTES)
def test_sketch_is_a_clean_target_of_its_note(name: str) -> None:
    target = load_target(sketch_paths()[name], load_spec("vital-32"))
    assert target.note == NOTES[name]
    assert target.f0_hz is not None
    assert target.f0_hz == pytest.approx(440 * 2 ** ((NOTES[name] - 69) / 12), rel=0.003)
    assert target.onset_s < 0.03
    assert target.warnings == ()


@pytest.mark.parametrize("name", NOTES)
def test_readme_states_the_note(name: str) -> None:
    readme = (sketch_paths()[name].parent / "README.md").read_text(encoding="utf-8")
    row = re.search(rf"`{name}\.flac`.*MIDI (\d+)", readme)
    assert row is not None and int(row[1]) == NOTES[name]


@pytest.mark.parametrize("name", SYNTHESISED)
def test_script_makes_the_same_samples(name: str) -> None:
    bundled, rate = soundfile.read(sketch_paths()[name], dtype="int16")
    assert rate == RATE
    assert np.array_equal(SYNTHESISED[name](), bundled)


def test_script_writes_what_it_can_make(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(tmp_path)
    made = {path.stem for path in tmp_path.glob("*.flac")}
    assert made >= SYNTHESISED.keys()
    assert capsys.readouterr().out.count(" bytes\n") == len(made)


@pytest.mark.skipif(shutil.which(ESPEAK[0]) is None, reason="espeak-ng is not installed")
def test_vowel_is_sung_on_its_note_whatever_the_espeak(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "vowel.flac", sung_vowel(), RATE)
    assert load_target(tmp_path / "vowel.flac", load_spec("vital-32")).note == NOTES["sung_vowel"]
