"""The command ``match`` keeps the values of a preset that it starts from."""

import json
from pathlib import Path

import pytest

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
