"""What a surrogate's errors tell of its errors elsewhere: against known fields of errors."""

import numpy as np
import pytest

from models.matching import residual_gp
from models.matching.residual_gp import MOST, ResidualGP, Verdicts

RANDOM = np.random.default_rng(0)
UNITS = RANDOM.random((40, 3)).astype(np.float32)
TOLD = (10 * UNITS @ RANDOM.normal(size=(3, 5))).astype(np.float32)
WRONG = (8 * np.sin(TOLD / 10)).astype(np.float32)  # errors that are alike among relatives


def test_without_anything_heard_nothing_is_known() -> None:
    wrong, variance = ResidualGP(5, 3).wrong(TOLD, UNITS)
    assert not wrong.any() and not variance.any()


def test_what_was_heard_is_told_as_it_was() -> None:
    known = ResidualGP(5, 3)
    known.learn(TOLD, UNITS, WRONG, 1e-4)
    wrong, variance = known.wrong(TOLD, UNITS)
    assert np.abs(wrong - WRONG).max() < 0.1
    assert variance.max() < 0.01 * np.square(WRONG).sum(1).mean()


def test_relatives_are_told_better_than_by_the_surrogate_alone() -> None:
    """Of points that were left out the error shrinks, and the variance says by how much."""
    known = ResidualGP(5, 3)
    known.learn(TOLD[10:], UNITS[10:], WRONG[10:], 1e-3)
    wrong, variance = known.wrong(TOLD[:10], UNITS[:10])
    left, whole = (np.square(x).sum(1) for x in (WRONG[:10] - wrong, WRONG[:10]))
    assert left.mean() < 0.2 * whole.mean()
    assert 0 < variance.mean() < np.square(WRONG).sum(1).mean()


def test_strangers_have_the_whole_variance() -> None:
    known = ResidualGP(5, 3)
    known.learn(TOLD, UNITS, WRONG, 1e-3)
    wrong, variance = known.wrong(TOLD + 1000, UNITS)
    assert np.abs(wrong).max() < 1e-2
    assert variance == pytest.approx(np.square(WRONG).sum(1).mean(), rel=1e-3)


def test_the_noisier_is_believed_less() -> None:
    told = []
    for noise in (1e-3, 1.0):
        known = ResidualGP(5, 3)
        known.learn(TOLD[:1], UNITS[:1], WRONG[:1], noise)
        told.append(np.linalg.norm(known.wrong(TOLD[:1], UNITS[:1])[0]))
    assert told[1] == pytest.approx(told[0] / 2, rel=0.01)


def test_only_the_last_are_remembered() -> None:
    known = ResidualGP(5, 3)
    for _ in range(MOST // 20 + 2):
        known.learn(TOLD[:20], UNITS[:20], WRONG[:20], 0.1)
    known.learn(TOLD[20:21], UNITS[20:21], WRONG[20:21], 1e-3)
    assert len(known._unit) == MOST
    assert np.abs(known.wrong(TOLD[20:21], UNITS[20:21])[0] - WRONG[20]).max() < 0.1


def test_parameters_tell_relatives_apart_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two presets that sound alike to the surrogate, with other parameters, are no twins."""
    variances = []
    for reach in (1.0, 1e6):
        monkeypatch.setattr(residual_gp, "REACH", reach)
        known = ResidualGP(5, 3)
        known.learn(TOLD[:1], UNITS[:1], WRONG[:1], 1e-3)
        variances.append(known.wrong(TOLD[:1], UNITS[:1] + 1)[1][0])
    assert variances[0] > 10 * variances[1]


def test_verdicts_are_told_from_relatives() -> None:
    """The judge hears an offset that features miss, alike among relatives, and another scale."""
    errors = ResidualGP(5, 3)
    errors.learn(TOLD, UNITS, WRONG, 1e-3)
    features = np.linalg.norm(TOLD, axis=1) + 5
    judged = 0.5 * features + 3 * np.sin(TOLD[:, 0] / 10)
    verdicts = Verdicts(errors)
    assert np.array_equal(verdicts.expected(TOLD, UNITS, features), features)  # nothing heard yet
    verdicts.learn(TOLD[10:], UNITS[10:], features[10:], judged[10:].tolist())
    told = verdicts.expected(TOLD[:10], UNITS[:10], features[:10])
    scale = judged[10:].mean() / features[10:].mean()
    plain = np.abs(judged[:10] - scale * features[:10]).mean()
    assert np.abs(told - judged[:10]).mean() < 0.5 * plain
    again = verdicts.expected(TOLD[10:], UNITS[10:], features[10:])
    assert np.abs(again - judged[10:]).max() < 0.5


def test_verdicts_are_bounded_and_never_below_nothing() -> None:
    errors = ResidualGP(5, 3)
    errors.learn(TOLD, UNITS, WRONG, 1e-3)
    verdicts = Verdicts(errors)
    for _ in range(MOST // 40 + 2):
        verdicts.learn(TOLD, UNITS, np.full(40, 5.0), [1.0] * 40)
    assert len(verdicts._known[-1]) == MOST
    assert (verdicts.expected(TOLD, UNITS, np.full(40, -50.0)) == 0).all()
