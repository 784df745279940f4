"""Scales of real presets: one folder for each, in tune, the same from the same seed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from datasets.errors import AudioError, SpecError
from datasets.presets import PresetBank
from datasets.spec import load_spec
from models.timbre.corpus.folder import NoteFolder
from models.timbre.corpus.note import RATE, Note, Report
from models.timbre.corpus.scale import (
    PresetScales,
    ScaleSettings,
    open_presets,
    share_in_tune,
    write_scales,
)
from models.timbre.spectral.frames import TEST, TRAIN, VALIDATION, split_groups
from tests.models.timbre.tones import tone
from tests.programs.real_plugins import amsynth, lacking

BANKS = Path("/usr/share/amsynth/banks")
SETTINGS = ScaleSettings((60, 67), 2, 0.3, 0.35, seed=1)


@pytest.fixture(scope="module")
def bank() -> PresetBank:
    if not BANKS.is_dir():
        lacking(f"no {BANKS}: install amsynth")
    assert amsynth()
    return open_presets(load_spec("amsynth-34"), sorted(BANKS.glob("*.bank"))[0])


def test_presets_of_amsynth_become_groups_of_a_folder(bank: PresetBank, tmp_path: Path) -> None:
    scales = PresetScales(load_spec("amsynth-34"), bank, SETTINGS)
    count, seconds = write_scales(scales, tmp_path / "scales")
    assert count == 4 and seconds == pytest.approx(1.4)
    corpus, report = NoteFolder(tmp_path / "scales"), Report()
    notes = list(corpus.notes(report))
    assert not report.skipped and "timbre scale amsynth-34 --count 2" in corpus.source
    assert [note.named_midi for note in notes] == [60, 67] * 2
    assert len({note.group for note in notes}) == 2 and share_in_tune(notes) == 1.0
    again = next(iter(scales.scales()))
    assert np.allclose(again[0].samples, notes[0].samples, atol=1e-6)
    with pytest.raises(SpecError, match="has sounds in it"):
        write_scales(scales, tmp_path / "scales")


def test_too_few_presets_and_wrong_settings_are_refused(bank: PresetBank) -> None:
    few = PresetBank(bank.presets[:1], bank.unit[:1], ())
    with pytest.raises(AudioError, match="of 1 presets"):
        list(PresetScales(load_spec("amsynth-34"), few, SETTINGS).scales())
    for wrong, message in (
        ({"notes": (200,)}, "200"),
        ({"presets": 0}, "presets 0"),
        ({"hold_s": 2.0}, "hold 2"),
    ):
        with pytest.raises(SpecError, match=message):
            ScaleSettings(**wrong)


def test_noise_is_not_in_tune() -> None:
    noise = np.random.default_rng(0).standard_normal(RATE // 2)
    notes = [Note(str(midi), noise, midi) for midi in range(60, 72)]
    assert share_in_tune(notes) < 0.3 < share_in_tune([Note("a", tone(66), 66)])


def test_groups_are_never_divided_and_80_give_70_5_and_5() -> None:
    groups = [f"preset {number // 8}" for number in range(640)]
    split = split_groups(groups, 3)
    assert [int((split == part).sum()) for part in (TRAIN, VALIDATION, TEST)] == [560, 40, 40]
    assert all(len(set(split[start : start + 8])) == 1 for start in range(0, 640, 8))
    assert np.array_equal(split, split_groups(groups, 3))
    assert not np.array_equal(split, split_groups(groups, 4))
    assert not split_groups(["a", "b", "c"]).any()
