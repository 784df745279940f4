"""The map lists every sound and class, with neighbours, as JSON, a picture and a page."""

from __future__ import annotations

import json
from pathlib import Path

import soundfile

from models.timbre.one_shot.map import write_map
from models.timbre.one_shot.model import OneShotModel
from tests.models.timbre.drum_sounds import CLASSES, EACH


def test_a_map_shows_all_sounds_and_plays_all_classes(hits: OneShotModel, tmp_path: Path) -> None:
    page, numbers, picture = write_map(hits, tmp_path / "map")
    found = json.loads(numbers.read_bytes())
    assert [one["name"] for one in found["classes"]] == list(CLASSES)
    assert len(found["sounds"]) == EACH * len(CLASSES)
    labels = {one["name"]: one["label"] for one in found["sounds"]}
    nearest = [labels[one["neighbours"][0]] == one["label"] for one in found["sounds"]]
    assert sum(nearest) / len(nearest) == round(found["neighbours_of_same_class"], 4) >= 0.9
    text = page.read_text()
    assert picture.stat().st_size > 5000 and "map.png" in text
    for label in CLASSES:
        samples, rate = soundfile.read(page.parent / f"{label}.wav")
        assert f"{label}.wav" in text and len(samples) / rate > 0.1 and abs(samples).max() > 0.05
