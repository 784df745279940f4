"""Check the table: separate means over seeds and targets, intervals, paired ratios."""

import numpy as np
import pytest

from models.audio.metrics import ALL_METRICS, parameter_mse_n
from models.evaluation.paper_table import Trained, paper_markdown, rows_of

TARGETS, SIZE = 12, 4
RANDOM = np.random.default_rng(3)
TRUTH = RANDOM.random((TARGETS, SIZE)).astype(np.float32)


def model(kind: str, seed: int, error: float) -> Trained:
    unit = (TRUTH + error).astype(np.float32)
    return Trained(kind, seed, f"{kind}:{seed}", unit)


MODELS = [model("library", 0, 0.0), model("cnn", 0, 0.1), model("cnn", 1, 0.2)]
BASE = {m.arm: 1.0 + 2 * i for i, m in enumerate(MODELS)}  # 1, 3, 5
SCORES = {
    arm: [dict.fromkeys(ALL_METRICS, base + 0.1 * t) for t in range(TARGETS)]
    for arm, base in BASE.items()
}


def test_a_row_is_the_mean_over_seeds_with_an_interval_over_targets() -> None:
    library, cnn = rows_of(SCORES, MODELS, TRUTH, "amsynth-16", "in")
    assert (library["model"], library["seed_count"]) == ("library", 1)
    assert (cnn["model"], cnn["seed_count"], cnn["targets"]) == ("cnn", 2, TARGETS)
    assert cnn["j"]["mean"] == pytest.approx(4 + 0.1 * (TARGETS - 1) / 2)
    assert cnn["j"]["over_seeds"] == pytest.approx(2**0.5)
    assert cnn["j"]["low"] < cnn["j"]["median"] < cnn["j"]["high"]
    assert cnn["j_over_library"]["value"] == pytest.approx(cnn["j"]["mean"] / library["j"]["mean"])
    assert library["j_over_library"]["value"] == 1.0


def test_parameter_error_is_the_mean_of_the_models() -> None:
    row = rows_of(SCORES, MODELS, TRUTH, "amsynth-16", "in")[1]
    expected = np.mean([parameter_mse_n(m.unit, TRUTH) for m in MODELS[1:]])
    assert row["mse_n"] == pytest.approx(expected)
    assert "mse_n" not in rows_of(SCORES, MODELS, None, "amsynth-16", "out")[1]


def test_a_missing_pitch_is_left_out_and_its_share_reported() -> None:
    scores = {arm: [dict(row) for row in rows] for arm, rows in SCORES.items()}
    for rows in scores.values():
        rows[0]["f0_cents"] = float("nan")
    row = rows_of(scores, MODELS, None, "amsynth-16", "out")[1]
    assert row["f0_cents"]["share"] == pytest.approx((TARGETS - 1) / TARGETS)
    for rows in scores.values():
        for each in rows:
            each["f0_cents"] = float("nan")
    missing = rows_of(scores, MODELS, None, "amsynth-16", "out")
    assert missing[1]["f0_cents"] == {"share": 0.0}
    assert "| - |" in paper_markdown(missing)


def test_markdown_has_a_line_for_each_model() -> None:
    inside = paper_markdown(rows_of(SCORES, MODELS, TRUTH, "amsynth-16", "in")).splitlines()
    outside = paper_markdown(rows_of(SCORES, MODELS, None, "amsynth-16", "out")).splitlines()
    assert len(inside) == len(outside) == 4
    assert inside[0].startswith("| model | MSE_n | SC |") and "MSE_n" not in outside[0]
    assert inside[3].startswith("| CNN | ") and inside[3].endswith("] |")
    assert {line.count("|") for line in inside} == {inside[0].count("|")}
