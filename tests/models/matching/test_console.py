"""The command ``match`` keeps the values of a preset that it starts from."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from models.matching.console import match_command
from models.matching.options import MatchOptions

vita = pytest.importorskip("vita", reason="no wheel of vita for this platform")

SKETCH = Path(__file__).parents[3] / "server/sketches/plucked_string.flac"


def test_locked_values_beyond_the_learned_ones_are_kept_and_named(tmp_path: Path) -> None:
    data = json.loads(vita.Synth().to_json())
    data["settings"] |= {"osc_1_transpose": -5.0, "filter_1_on": 1.0, "filter_1_cutoff": 20.0}
    data["settings"] |= {"env_1_attack": 1.6, "chorus_feedback": 0.25}
    preset, out = tmp_path / "mine.vital", tmp_path / "out"
    preset.write_text(json.dumps(data), encoding="utf-8")
    locked = ("osc_1_transpose", "filter_1_cutoff", "env_1_attack")
    options = MatchOptions("instant", locked=locked)
    shown = match_command(SKETCH, "vital-32", out, options, preset, workers=1, as_json=False)
    document = json.loads((out / "match.json").read_text())
    answer = json.loads((out / "preset.vital").read_text())["settings"]
    for name in (*locked, "chorus_feedback"):
        assert answer[name] == data["settings"][name]
    for name in locked:
        assert document["parameters"][name]["native"] == data["settings"][name]
        assert any(warning.startswith(name) for warning in document["target"]["warnings"])
    assert "warning: osc_1_transpose is -5, between the steps" in shown
    listed = document["patch"]
    assert "the patch has osc_2 off: its parameters change nothing" in listed["missing"]
    assert "osc_2_level" in listed["idle"] and not {*locked, "osc_1_level"} & {*listed["idle"]}
    assert f"change nothing in this patch: {', '.join(listed['idle'])}" in shown


def chord(folder: Path) -> Path:
    """Write C4, E4 and G4 with eight harmonics each."""
    time = np.arange(44100) / 44100
    hertz = (261.63, 329.63, 392.0)
    parts = [np.sin(2 * np.pi * f * n * time) / n for f in hertz for n in range(1, 9)]
    soundfile.write(folder / "chord.wav", 0.1 * np.sum(parts, axis=0), 44100)
    return folder / "chord.wav"


def test_a_chord_is_named_in_the_command_and_its_json(tmp_path: Path) -> None:
    said = "this sounds like a chord of C4, E4, G4, but a match plays one note"
    out = tmp_path / "out"
    shown = match_command(
        chord(tmp_path), "vital-32", out, MatchOptions("instant"), None, workers=1, as_json=False
    )
    assert f"warning: {said}" in shown
    document = json.loads((out / "match.json").read_text())
    assert any(warning.startswith(said) for warning in document["target"]["warnings"])


def test_warnings_about_the_second_note_are_kept(tmp_path: Path) -> None:
    options = MatchOptions("quick", limit_s=0.1, frames=2, second=chord(tmp_path))
    shown = match_command(SKETCH, "vital-32", tmp_path / "out", options, None, 1, as_json=False)
    assert "warning: --second: this sounds like a chord of C4, E4, G4" in shown
