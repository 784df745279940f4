"""Test the benchmark: the halves do not overlap, and the summaries count correctly."""

from __future__ import annotations

from pathlib import Path

import pytest

from datasets.errors import AudioError
from models.resynthesis.benchmark.recordings import instruments, read_recordings
from models.resynthesis.benchmark.summary import statistics, summarise_holds, summarise_notes


def test_instruments_that_choose_do_not_report() -> None:
    choose, report = instruments("even"), instruments("odd")
    assert len(choose) == len(report) == 24
    assert not {sound.name for sound in choose} & {sound.name for sound in report}


def test_missing_sounds_are_named_with_the_command(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match=r"python -m datasets\.recorded"):
        read_recordings(tmp_path, "odd")


def test_statistics_leave_out_what_has_no_value() -> None:
    assert statistics([1.0, 3.0, float("nan")]) == {
        "count": 2, "median": 2.0, "p90": 2.8, "worst": 3.0,
    }  # fmt: skip
    assert statistics([float("nan")]) == {"count": 0}


def test_notes_are_summarised_by_cell_and_by_instrument() -> None:
    rows = {
        "a": {"j": {"chosen": {"-7": 1.0, "7": 3.0}}},
        "b": {"j": {"chosen": {"-7": 5.0, "7": 7.0}}},
    }
    summary = summarise_notes(rows)
    assert summary["all_notes"]["chosen"]["median"] == 4.0
    assert summary["instruments"]["chosen"]["worst"] == 6.0
    assert summary["by_interval"]["chosen"]["-7"]["median"] == 3.0


def test_a_recording_that_moves_may_move_as_far() -> None:
    held = {
        "looped": True, "drift_db": 4.0, "recorded_range_db": 5.0, "jump_db": 1.0,
        "recorded_jump_db": 0.5, "change_db": 0.0, "release_db": -70.0, "peak": 0.5, "ended": False,
    }  # fmt: skip
    summary = summarise_holds({"moving": held})
    assert summary["within_3_db"] == 0 and summary["within_3_db_or_as_recorded"] == 1
    assert summary["jumps_within_2_db"] == 1 and summary["released"] == 1
