"""Check the paper's orderings: verdicts follow their intervals, parameters use MSE_n."""

import numpy as np
import pytest

from models.audio.metrics import ALL_METRICS, parameter_mse_n
from models.evaluation.paper_claims import CLAIMS, orderings, orderings_markdown
from models.evaluation.paper_table import Trained
from models.evaluation.protocol import Scores
from models.networks.esling2019 import MODELS

TARGETS = 40
RANDOM = np.random.default_rng(5)
TRUTH = RANDOM.random((TARGETS, 6)).astype(np.float32)
HARD = RANDOM.random(TARGETS)  # makes a target equally hard for all models


def trained(error: float, *kinds: str) -> list[Trained]:
    return [Trained(k, s, f"{k}:{s}", TRUTH + np.float32(error)) for k in kinds for s in (0, 1)]


def scored(levels: dict[str, float]) -> tuple[Scores, list[Trained]]:
    """Give every metric of each kind its level, plus the difficulty of the target."""
    models = trained(0.1, *levels)
    scores = {
        m.arm: [dict.fromkeys(ALL_METRICS, levels[m.kind] + hard) for hard in HARD] for m in models
    }
    return scores, models


def verdicts(levels: dict[str, float]) -> dict[str, str]:
    scores, models = scored(levels)
    return {row["claim"]: row["verdict"] for row in orderings(scores, models, None)}


AS_THE_PAPER = dict.fromkeys(MODELS, 3.0) | dict.fromkeys(("mlp", "cnn", "resnet"), 4.0)
AS_THE_PAPER |= {"flow_post": 2.0, "flow_cond": 2.0, "flow_dis": 2.5}


def test_scores_as_in_the_paper_hold_everywhere() -> None:
    assert set(verdicts(AS_THE_PAPER).values()) == {"holds"}


def test_scores_the_other_way_round_fail_everywhere() -> None:
    backwards = {kind: 6.0 - level for kind, level in AS_THE_PAPER.items()}
    assert set(verdicts(backwards).values()) == {"fails"}


def test_equal_scores_leave_every_claim_open() -> None:
    assert set(verdicts(dict.fromkeys(MODELS, 1.0)).values()) == {"open"}


def test_a_claim_is_asked_only_of_models_that_are_here() -> None:
    some = {kind: AS_THE_PAPER[kind] for kind in ("mlp", "cnn", "resnet", "flow_post", "flow_cond")}
    assert list(verdicts(some)) == ["Flow_reg beats the best direct model"]
    assert orderings_markdown([]) == ""


def test_the_best_baseline_is_the_one_named() -> None:
    scores, models = scored(AS_THE_PAPER | {"resnet": 2.5})
    rows = orderings(scores, models, None)
    (row,) = [r for r in rows if r["claim"].endswith("direct model") and r["metric"] == "sc"]
    assert row["rivals"] == ["resnet"]
    expected = (2.0 + HARD.mean()) / (2.5 + HARD.mean())
    assert row["ratio"]["value"] == pytest.approx(expected)


def test_parameter_errors_are_those_of_the_table() -> None:
    auto = trained(0.3, "ae", "vae", "wae", "vae_flow")
    direct = trained(0.1, "mlp", "cnn", "resnet")
    scores, _ = scored(AS_THE_PAPER)
    rows = orderings(scores, [*auto, *direct], TRUTH)
    (row,) = [row for row in rows if row["metric"] == "mse_n"]
    assert row["verdict"] == "holds"
    table = parameter_mse_n(auto[0].unit, TRUTH) / parameter_mse_n(direct[0].unit, TRUTH)
    assert row["ratio"]["value"] == pytest.approx(table)
    assert "*AE do not beat them on parameters | mse_n" in orderings_markdown([row])


def test_every_claim_is_about_models_of_the_paper() -> None:
    assert {kind for claim in CLAIMS for kind in claim.first + claim.second} == set(MODELS)
