"""The sounds of a folder: natural order, safe and unique names."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.errors import AudioError
from models.banks.sounds import LONGEST_NAME, RESERVED, safe_names, sound_files


def test_sounds_are_in_natural_order_and_other_files_are_left_out(tmp_path: Path) -> None:
    for name in ("kick 10.wav", "Kick 2.WAV", "clap.flac", "notes.txt", ".hidden.wav"):
        (tmp_path / name).touch()
    (tmp_path / "folder.wav").mkdir()
    assert [path.name for path in sound_files(tmp_path)] == [
        "clap.flac",
        "Kick 2.WAV",
        "kick 10.wav",
    ]


def test_a_folder_without_sounds_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="has no sound file"):
        sound_files(tmp_path)


@given(st.lists(st.text(min_size=1).filter(lambda t: "/" not in t and "\0" not in t), unique=True))
def test_names_are_safe_and_unique_in_any_case(stems: list[str]) -> None:
    files = [Path(f"{stem}.wav") for stem in stems if f"{stem}.wav" not in (".wav", "..wav")]
    names = list(safe_names(files, {}).values())
    assert len({name.casefold() for name in names}) == len({path.name for path in files})
    for name in names:
        assert 0 < len(name) <= LONGEST_NAME + 8 and name == name.strip(" .")
        assert not set(name) & set('<>:"/\\|?*\n') and name.casefold() not in RESERVED


def test_known_names_stay_when_files_are_added() -> None:
    first = safe_names([Path("b.wav")], {})
    assert safe_names([Path("B.flac"), Path("b.wav")], first) == {"B.flac": "B 2", "b.wav": "b"}
