"""Classes come from a CSV, words, folders or names; sounds without any of them form groups."""

from __future__ import annotations

from pathlib import Path

import pytest

from datasets.errors import AudioError
from models.timbre.one_shot.sources.labels import label_sounds
from tests.models.timbre.drum_sounds import CLASSES, RATE, drum

CLIPS = [drum(label, number)[None] for label in CLASSES for number in range(4)]


def names(*stems: str) -> list[str]:
    return [f"{stem}{number}.wav" for stem in stems for number in range(4)]


@pytest.mark.parametrize(
    ("files", "way", "classes"),
    [
        (names("BD_", "Snare-", "HHclosed"), "words", {"kick", "snare", "hat-closed"}),
        (names("red/a", "blue/b", "green/c"), "folders", {"red", "blue", "green"}),
        (names("zap_", "zip_", "zop_"), "names", {"zap", "zip", "zop"}),
        ([f"{n}.wav" for n in range(100, 112)], "groups", {"group 1", "group 2", "group 3"}),
    ],
)
def test_the_first_way_that_covers_the_sounds_is_taken(
    files: list[str], way: str, classes: set[str]
) -> None:
    labels, found = label_sounds(files, CLIPS, RATE, groups=3)
    assert found == way and set(labels) == classes


def test_groups_of_similar_sounds_are_the_drums_whatever_their_level() -> None:
    files = [f"{n}.wav" for n in range(12)]
    quiet = [clip * (0.1 if number % 2 else 1.0) for number, clip in enumerate(CLIPS)]
    labels, _ = label_sounds(files, quiet, RATE, way="groups", groups=3)
    assert [len(set(labels[start : start + 4])) for start in (0, 4, 8)] == [1, 1, 1]
    assert len(set(labels)) == 3


def test_a_table_wins_and_may_leave_sounds_out(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("file,label\nBD_0.wav,deep\nBD_1.wav,deep\nBD_2.wav,dry\n")
    files = [f"BD_{n}.wav" for n in range(4)]
    labels, way = label_sounds(files, CLIPS[:4], RATE, tmp_path, "csv")
    assert (labels, way) == (["deep", "deep", "dry", ""], "csv")
    (tmp_path / "labels.csv").write_text("name,class\n")
    with pytest.raises(AudioError, match="file,label"):
        label_sounds(files, CLIPS[:4], RATE, tmp_path, "csv")


@pytest.mark.parametrize("way", ["words", "colours", "csv"])
def test_a_way_that_finds_nothing_is_refused_by_its_name(way: str, tmp_path: Path) -> None:
    with pytest.raises(AudioError, match=f"--labels '?{way}"):
        label_sounds([f"{n}.wav" for n in range(4)], CLIPS[:4], RATE, tmp_path, way)
