"""Predictions of a surrogate's errors, against known errors."""

import numpy as np
import pytest

from models.matching import residual_gp
from models.matching.residual_gp import MOST, ResidualGP, Verdicts

RANDOM = np.random.default_rng(0)
UNITS = RANDOM.random((40, 3)).astype(np.float32)
PREDICTED = (10 * UNITS @ RANDOM.normal(size=(3, 5))).astype(np.float32)
WRONG = (8 * np.sin(PREDICTED / 10)).astype(np.float32)  # similar presets have similar errors


def test_without_renders_no_error_is_predicted() -> None:
    wrong, variance = ResidualGP(5, 3).wrong(PREDICTED, UNITS)
    assert not wrong.any() and not variance.any()


def test_learned_errors_are_predicted_exactly() -> None:
    known = ResidualGP(5, 3)
    known.learn(PREDICTED, UNITS, WRONG, 1e-4)
    wrong, variance = known.wrong(PREDICTED, UNITS)
    assert np.abs(wrong - WRONG).max() < 0.1
    assert variance.max() < 0.01 * np.square(WRONG).sum(1).mean()


def test_predictions_improve_on_the_surrogate_alone() -> None:
    """The error of points left out shrinks, and the variance shows by how much."""
    known = ResidualGP(5, 3)
    known.learn(PREDICTED[10:], UNITS[10:], WRONG[10:], 1e-3)
    wrong, variance = known.wrong(PREDICTED[:10], UNITS[:10])
    left, whole = (np.square(x).sum(1) for x in (WRONG[:10] - wrong, WRONG[:10]))
    assert left.mean() < 0.2 * whole.mean()
    assert 0 < variance.mean() < np.square(WRONG).sum(1).mean()


def test_unrelated_presets_have_the_whole_variance() -> None:
    known = ResidualGP(5, 3)
    known.learn(PREDICTED, UNITS, WRONG, 1e-3)
    wrong, variance = known.wrong(PREDICTED + 1000, UNITS)
    assert np.abs(wrong).max() < 1e-2
    assert variance == pytest.approx(np.square(WRONG).sum(1).mean(), rel=1e-3)


def test_a_noisier_value_has_less_weight() -> None:
    found = []
    for noise in (1e-3, 1.0):
        known = ResidualGP(5, 3)
        known.learn(PREDICTED[:1], UNITS[:1], WRONG[:1], noise)
        found.append(np.linalg.norm(known.wrong(PREDICTED[:1], UNITS[:1])[0]))
    assert found[1] == pytest.approx(found[0] / 2, rel=0.01)


def test_only_the_latest_are_remembered() -> None:
    known = ResidualGP(5, 3)
    for _ in range(MOST // 20 + 2):
        known.learn(PREDICTED[:20], UNITS[:20], WRONG[:20], 0.1)
    known.learn(PREDICTED[20:21], UNITS[20:21], WRONG[20:21], 1e-3)
    assert len(known._unit) == MOST
    assert np.abs(known.wrong(PREDICTED[20:21], UNITS[20:21])[0] - WRONG[20]).max() < 0.1


def test_parameters_limit_the_correlation_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Presets with similar predicted features but other parameters have less correlated errors."""
    variances = []
    for reach in (1.0, 1e6):
        monkeypatch.setattr(residual_gp, "REACH", reach)
        known = ResidualGP(5, 3)
        known.learn(PREDICTED[:1], UNITS[:1], WRONG[:1], 1e-3)
        variances.append(known.wrong(PREDICTED[:1], UNITS[:1] + 1)[1][0])
    assert variances[0] > 10 * variances[1]


def test_verdicts_are_predicted_from_similar_presets() -> None:
    """J has another scale than the features, and an offset that similar presets share."""
    errors = ResidualGP(5, 3)
    errors.learn(PREDICTED, UNITS, WRONG, 1e-3)
    features = np.linalg.norm(PREDICTED, axis=1) + 5
    judged = 0.5 * features + 3 * np.sin(PREDICTED[:, 0] / 10)
    verdicts = Verdicts(errors)
    assert np.array_equal(
        verdicts.expected(PREDICTED, UNITS, features), features
    )  # nothing learned yet
    verdicts.learn(PREDICTED[10:], UNITS[10:], features[10:], judged[10:].tolist())
    found = verdicts.expected(PREDICTED[:10], UNITS[:10], features[:10])
    scale = judged[10:].mean() / features[10:].mean()
    plain = np.abs(judged[:10] - scale * features[:10]).mean()
    assert np.abs(found - judged[:10]).mean() < 0.5 * plain
    again = verdicts.expected(PREDICTED[10:], UNITS[10:], features[10:])
    assert np.abs(again - judged[10:]).max() < 0.5


def test_verdicts_are_bounded_and_never_negative() -> None:
    errors = ResidualGP(5, 3)
    errors.learn(PREDICTED, UNITS, WRONG, 1e-3)
    verdicts = Verdicts(errors)
    for _ in range(MOST // 40 + 2):
        verdicts.learn(PREDICTED, UNITS, np.full(40, 5.0), [1.0] * 40)
    assert len(verdicts._known[-1]) == MOST
    assert (verdicts.expected(PREDICTED, UNITS, np.full(40, -50.0)) == 0).all()
