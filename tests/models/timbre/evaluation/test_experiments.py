"""The experiments measure what they say, and their table has honest intervals."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from datasets.errors import SpecError
from models.timbre.commands import timbre
from models.timbre.evaluation.experiments import generation, reconstruction, sweep_of_pitch
from models.timbre.evaluation.frames import SteadyFrames, error_db, train_on
from models.timbre.evaluation.run import PARTS, EvaluationPlan
from models.timbre.evaluation.sound import log_spectral_distance
from models.timbre.evaluation.table import figures, interval, table
from tests.models.timbre.tones import tone


def moving_frames(order: int = 6) -> SteadyFrames:
    """Notes whose envelope moves by 1 dB a semitone, and by 1 dB from note to note."""
    random = np.random.default_rng(0)
    pitch = np.repeat(np.arange(58, 74), 20)
    note = np.repeat(np.arange(64), 5)
    cepstra = random.normal(size=(64, order))[note] + 0.2 * random.normal(size=(320, order))
    cepstra[:, 0] += pitch - 66.0
    level = np.full(320, -20.0, np.float32)
    midi, envelopes = pitch.astype(np.float32), cepstra.astype(np.float32)
    return SteadyFrames(envelopes, midi, level, pitch, note)


FRAMES = moving_frames()


def test_generation_at_an_unseen_pitch_beats_the_constant_mean_if_the_envelope_moves() -> None:
    rows = [*generation(FRAMES, 1, 150)]
    means = {
        name: mean for name, (mean, _) in figures([vars(r) for r in rows])["generation"].items()
    }
    assert means["interpolation"] < means["mean"]
    assert means["ours"] < means["mean"]


def test_every_target_is_unseen_and_every_network_is_measured() -> None:
    rows = [*reconstruction(FRAMES, 1, 1)]
    found = {(row.experiment, row.network, row.target) for row in rows}
    ends = {("ends", kind, str(t)) for kind in ("ae", "cae", "cvae") for t in range(61, 71)}
    near = {("neighbours", kind, str(t)) for kind in ("ae", "cae", "cvae") for t in range(63, 69)}
    assert found == ends | near and len(rows) == len(found)


def test_a_sweep_reports_its_largest_step() -> None:
    rows = [*sweep_of_pitch(FRAMES, 1, 20)]
    assert {row.network for row in rows} == {"paper", "ours"}
    assert all(0 < row.value < 1 for row in rows)


def test_training_is_better_than_none_and_repeats() -> None:
    short, long, again = (train_on(FRAMES, "ae", 0, epochs) for epochs in (1, 100, 100))
    errors = [error_db(one.rebuilt(FRAMES), FRAMES.cepstra) for one in (short, long, again)]
    assert errors[1] < 0.8 * errors[0] and errors[1] == errors[2]


def test_the_spectral_distance_is_zero_to_itself_and_a_level_is_its_decibels() -> None:
    sound = tone(60, noise=0.05)
    assert log_spectral_distance(sound, sound) == 0.0
    noise = np.random.default_rng(0).standard_normal(48000)
    assert log_spectral_distance(noise, noise / 2) == pytest.approx(6.02, abs=0.05)


def test_intervals_are_students() -> None:
    mean, half = interval([1.0, 2.0, 3.0])
    assert mean == 2.0 and half == pytest.approx(4.303 / math.sqrt(3), rel=1e-3)
    assert math.isnan(interval([1.0])[1])


def test_seeds_not_targets_make_the_interval() -> None:
    rows = [
        {"experiment": "ends", "network": "ae", "target": t, "seed": s, "value": float(v)}
        for s, t, v in ((0, "61", 1), (0, "62", 3), (1, "61", 2), (1, "62", 2))
    ]
    assert figures(rows)["ends"]["ae"] == (2.0, 0.0)
    text = table({"violin": {"rows": rows, "cpu_s": 1.0}})
    assert "| ae | 2.00 ± 0.00 dB |" in text


def test_a_dry_run_states_the_cost_and_measures_nothing(tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = CliRunner().invoke(timbre, ["evaluate", "--out", str(out), "--dry-run"])
    assert result.exit_code == 0 and "150 trainings" in result.output and not out.exists()


def test_an_unknown_part_is_refused() -> None:
    assert EvaluationPlan(PARTS).trainings() == 150
    with pytest.raises(SpecError, match="--parts 'all'"):
        EvaluationPlan(("all",))
