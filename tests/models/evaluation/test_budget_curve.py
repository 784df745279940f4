"""Check the estimator's curve: the meaning of its numbers, and runs that stop and continue."""

import json
from pathlib import Path

import numpy as np
import pytest

from datasets.errors import CheckpointError, SpecError, StoreError
from datasets.storage.store import open_store
from models.checkpoint import Checkpoint, load_checkpoint
from models.estimator.fit import FitConfig
from models.evaluation.budget_curve import CurveRun, at_note, load_flow_reg, run_curve
from models.evaluation.budget_curve_table import Curves, Trace, claims, markdown
from models.evaluation.protocol import EvaluationTarget
from models.training.run import TrainConfig
from models.training.train import train
from models.training.train_estimator import EstimatorConfig, fit_estimator
from renderer.dataset.render import render_dataset
from renderer.workers.pool import RenderPool
from tests.fakes.fake_synth import fake_synth
from tests.fakes.tiny_network import NETWORK

SMALL = {"channels": 4, "kernel": 3, "layers": 3, "hidden": 16, "transforms": 2, "flow_hidden": 8}
RUN = CurveRun(("random", "nn", "nn_ga", "ours"), renders=6, count=3, searches=2)


def trace(target: str, method: str, seed: int, *j: float) -> Trace:
    return Trace(target, method, seed, j, tuple(2 * x for x in j), tuple(range(1, len(j) + 1)))


KNOWN = Curves(
    [
        trace("a", "ours", 0, 8.0, 4.0, 6.0, 2.0, 2.0),
        trace("a", "ours", 1, 6.0, 6.0, 6.0, 6.0, 6.0),
        trace("b", "ours", 0, np.inf, 3.0, 3.0, 3.0, 3.0),
        trace("a", "nn", 0, 10.0, 9.0, 9.0, 9.0, 8.0),
        trace("b", "nn", 0, 6.0, 7.0, 7.0, 7.0, 4.0),
    ]
)


def test_a_score_is_the_best_so_far_over_the_seeds() -> None:
    assert KNOWN.scores("ours", 0) == {"a": 7.0, "b": 80.0}  # silence has the largest distance
    assert KNOWN.scores("ours", 1) == KNOWN.scores("ours", 0)
    assert KNOWN.scores("ours", 5) == {"a": 4.0, "b": 3.0}
    assert KNOWN.scores("nn", 5, 1) == {"a": 16.0, "b": 8.0}  # MSS of the same answers
    assert KNOWN.scores("nn", 6) == {}


def test_ratios_pair_the_same_targets() -> None:
    ratio = KNOWN.ratio("ours", 5, "nn", 0)
    assert ratio is not None and ratio.value == pytest.approx(7 / 16)
    assert ratio.low == pytest.approx(0.4) and ratio.high == pytest.approx(0.5)
    assert KNOWN.ratio("ours", 5, "nn", 9) is None


def test_renders_to_reach_and_seconds() -> None:
    assert KNOWN.renders_to_reach("ours", "nn", 5) == 2  # (5 + 3) / 2 <= (8 + 4) / 2
    assert KNOWN.renders_to_reach("nn", "ours", 5) is None
    assert KNOWN.seconds_to("ours", 4) == 4


def test_rows_have_the_fields_that_others_read() -> None:
    rows = KNOWN.rows("fake-4", "in")
    assert {(row["method"], row["renders"]) for row in rows} == {
        (method, renders) for method in ("ours", "nn") for renders in (0, 1, 5)
    }
    fields = {"synth", "domain", "method", "renders", "mean_j", "low", "high", "median_mss"}
    assert fields | {"seed_count", "targets"} == set(rows[0])
    assert [row["seed_count"] for row in rows] == [2, 2, 2, 1, 1, 1]


def test_a_trace_survives_json() -> None:
    one = trace("b", "ours", 0, np.inf, 3.25)
    assert Trace.from_dict(json.loads(json.dumps(one.to_dict()))) == one


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    render_dataset(fake_synth(), 120, 1, folder)
    return folder


@pytest.fixture(scope="module")
def model(dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    folder = tmp_path_factory.mktemp("model")
    train(open_store(dataset), folder, TrainConfig(epochs=1, batch=32, warm_up=1), NETWORK)
    fit_estimator(open_store(dataset), folder, EstimatorConfig(FitConfig(4, 32), FitConfig(2, 32)))
    return load_checkpoint(folder)


def test_a_stopped_run_goes_on_and_ends_the_same(
    model: Checkpoint, dataset: Path, tmp_path: Path
) -> None:
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    text = run_curve(model, dataset, None, whole, RUN)
    lines = (whole / "traces.jsonl").read_text().splitlines()
    assert len(lines) == 3 * (1 + 3 * 2)  # neighbours have no seeds
    stopped.mkdir()
    (stopped / "traces.jsonl").write_text("\n".join(lines[:5]) + "\n" + lines[5][:40])
    assert run_curve(model, dataset, None, stopped, RUN) == text
    assert json.loads((stopped / "curve.json").read_text()) == json.loads(
        (whole / "curve.json").read_text()
    )
    assert (stopped / "traces.jsonl").read_text().splitlines()[:5] == lines[:5]
    assert {p.name for p in whole.iterdir()} == {
        "traces.jsonl",
        "curve.json",
        "curve.md",
        "curve.png",
    }
    assert "| ours |" in text and "ours, 0 / nearest neighbour" in text


def test_claims_are_of_methods_that_ran() -> None:
    assert [row["claim"] for row in claims(KNOWN)] == ["ours, 0 / nearest neighbour"]
    assert "| ours | " in markdown(KNOWN)


def test_the_last_answers_are_reported_with_their_pitch() -> None:
    searches = [
        Trace(str(i), "ours", 0, (5.0,), (1.0,), (0.1,), sc, cents)
        for i, (sc, cents) in enumerate([(0.2, 10.0), (0.4, 60.0), (0.3, None)])
    ]
    last = Curves(searches).last_answers("ours")
    assert last is not None
    assert (last.renders, last.answers, last.sc, last.pitched, last.in_tune) == (1, 3, 0.3, 2, 0.5)
    assert "| ours | 1 | 3 | 0.300 | 50% of 2 |" in markdown(Curves(searches))
    assert KNOWN.last_answers("ours") is None


def test_the_renders_and_time_to_reach_a_baseline_are_reported() -> None:
    ours = Trace("a", "ours", 0, (9.0, 4.0, *[3.0] * 98), (1.0,) * 100, tuple(range(100)))
    theirs = Trace("a", "nn_ga", 0, (9.0, *[5.0] * 99), (1.0,) * 100, tuple(range(0, 300, 3)))
    text = markdown(Curves([ours, theirs]))
    assert "Ours needs 2 renders and 1 s to reach the mean J" in text
    assert "has after 100 renders and 3e+02 s." in text


def test_all_targets_can_be_played_at_one_note(
    model: Checkpoint, dataset: Path, tmp_path: Path
) -> None:
    own = run_curve(model, dataset, None, tmp_path / "own", CurveRun(("nn",), 2, 3))
    one = run_curve(model, dataset, None, tmp_path / "one", CurveRun(("nn",), 2, 3, note=60))
    assert own != one
    traces = [json.loads(line) for line in (tmp_path / "one/traces.jsonl").read_text().splitlines()]
    assert all(trace["sc"] is not None for trace in traces)
    with RenderPool(model.spec) as pool, pytest.raises(StoreError, match="recordings cannot"):
        at_note(
            [EvaluationTarget("r", "untouched", np.ones(9, np.float32), 60, None)],
            pool,
            model.spec,
            60,
        )


def test_flow_reg_is_the_papers_trained_on_the_same_data(
    model: Checkpoint, dataset: Path, tmp_path: Path
) -> None:
    schedule = TrainConfig(epochs=1, batch=32, warm_up=1)
    for kind in ("flow_post", "ae"):
        train(open_store(dataset), tmp_path / kind, schedule, SMALL, kind=kind)
    run = CurveRun(("nn", "flow_reg"), 4, 3, flow_reg=str(tmp_path / "flow_post"))
    text = run_curve(model, dataset, None, tmp_path / "out", run)
    assert "| Flow_reg and its samples |" in text
    with pytest.raises(CheckpointError, match="is a ae, not a Flow_reg"):
        load_flow_reg(str(tmp_path / "ae"), model)
    with pytest.raises(SpecError, match="give --flow-reg FOLDER"):
        CurveRun(("flow_reg",))


def test_bad_input(model: Checkpoint, dataset: Path, tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="no method 'magic': use some of random, nn"):
        CurveRun(("magic",))
    with pytest.raises(StoreError, match="either --dataset FOLDER or --sounds FOLDER"):
        run_curve(model, None, None, tmp_path, RUN)
    (tmp_path / "traces.jsonl").write_text("{}\n")
    with pytest.raises(StoreError, match=r"traces\.jsonl is damaged"):
        run_curve(model, dataset, None, tmp_path, RUN)
