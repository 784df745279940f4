"""A kit is exported as WAV files that its SFZ and Decent Sampler files play."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import soundfile

from datasets.errors import SpecError
from models.timbre.export.distances import sfz_play
from models.timbre.export.kit import export_kit
from models.timbre.one_shot.model import OneShotModel
from models.timbre.player.hits.pads import LAYERS, make_pads, pad_keys


def test_every_class_has_a_sample_for_each_layer(hits: OneShotModel, tmp_path: Path) -> None:
    files = export_kit(hits, "wav", tmp_path / "kit")
    assert len(files) == len(hits.classes) * len(LAYERS)
    for path in files:
        samples, rate = soundfile.read(path)
        assert rate == hits.sample_rate and 0.05 < np.abs(samples).max() < 1.0


@pytest.mark.parametrize("kind", ["sfz", "dspreset"])
def test_keys_and_velocities_are_covered_once(
    hits: OneShotModel, tmp_path: Path, kind: str
) -> None:
    out = tmp_path / f"kit.{kind}"
    export_kit(hits, kind, out)
    if kind == "sfz":
        found = re.findall(r"lokey=(\d+)\nhikey=(\d+)\nlovel=(\d+)\nhivel=(\d+)", out.read_text())
    else:
        names = ("loNote", "hiNote", "loVel", "hiVel")
        samples = ElementTree.parse(out).getroot().iter("sample")
        found = [tuple(one.get(name, "") for name in names) for one in samples]
    played = [(int(a), v) for a, _, c, d in found for v in range(int(c), int(d) + 1)]
    assert len(played) == len(set(played))
    assert set(played) == {(k, v) for k in pad_keys(hits.classes).values() for v in range(1, 128)}
    assert all((out.parent / "kit-samples").joinpath(n).is_file() for n in ("kick-1.wav",))


def test_sfizz_plays_the_hits_of_the_kit(hits: OneShotModel, tmp_path: Path) -> None:
    pytest.importorskip("pysfizz")
    out = tmp_path / "kit.sfz"
    export_kit(hits, "sfz", out)
    play = sfz_play(out)
    for label, key in pad_keys(hits.classes).items():
        mine = make_pads(hits, sample_rate=48000)[key].layers[-1][0]
        found = play(key)[: len(mine)]
        assert np.abs(found).max() > 0.01, label


def test_other_formats_are_refused(hits: OneShotModel, tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"vital.*sfz"):
        export_kit(hits, "vital", tmp_path / "kit.vital")
