"""Check the intervals: coverage, pairing, reproducibility, refusal of meaningless input."""

import numpy as np
import pytest
from numpy.typing import NDArray

import models.evaluation.bootstrap
from models.evaluation.bootstrap import Interval, bootstrap, mean, median, paired_bootstrap_ratio


def test_ratio_of_identical_scores_is_exactly_one() -> None:
    scores = np.random.default_rng(0).exponential(size=50)
    assert paired_bootstrap_ratio(scores, scores) == Interval(1.0, 1.0, 1.0)


def test_ratio_of_proportional_scores_has_no_spread() -> None:
    scores = np.random.default_rng(0).exponential(size=50)
    interval = paired_bootstrap_ratio(0.25 * scores, scores)
    assert interval == Interval(0.25, 0.25, 0.25)


def test_pairing_is_respected() -> None:
    generator = np.random.default_rng(1)
    hardness = generator.exponential(size=100) + 0.1
    ours = 0.8 * hardness * generator.uniform(0.9, 1.1, 100)
    paired = paired_bootstrap_ratio(ours, hardness)
    broken = paired_bootstrap_ratio(generator.permutation(ours), hardness)
    assert (paired.high - paired.low) < 0.25 * (broken.high - broken.low)
    assert paired.value == pytest.approx(broken.value)


def test_ratio_value_is_of_means_not_mean_of_ratios() -> None:
    interval = paired_bootstrap_ratio(np.array([1.0, 9.0]), np.array([2.0, 3.0]))
    assert interval.value == 2.0
    assert (interval.low, interval.high) == (0.5, 3.0)


def test_intervals_cover_the_truth_about_95_percent_of_the_time() -> None:
    generator = np.random.default_rng(2)
    covered = {"mean": 0, "median": 0, "ratio": 0}
    for seed in range(200):
        scores, other = generator.normal(3.0, 1.0, 60), generator.normal(6.0, 1.0, 60)
        average = bootstrap(scores, mean, 500, seed)
        middle = bootstrap(scores, median, 500, seed)
        ratio = paired_bootstrap_ratio(scores, other, 500, seed)
        covered["mean"] += average.low <= 3.0 <= average.high
        covered["median"] += middle.low <= 3.0 <= middle.high
        covered["ratio"] += ratio.low <= 0.5 <= ratio.high
    # 95 % of 200 is 190, standard deviation 3; percentile intervals run slightly narrow.
    assert all(178 <= count <= 199 for count in covered.values()), covered


def test_mean_interval_is_the_normal_one_on_many_values() -> None:
    scores = np.random.default_rng(3).normal(10.0, 2.0, 2000)
    interval = bootstrap(scores)
    half = 1.96 * scores.std() / np.sqrt(2000)
    assert interval.value == pytest.approx(scores.mean())
    assert interval.low == pytest.approx(scores.mean() - half, abs=0.005)
    assert interval.high == pytest.approx(scores.mean() + half, abs=0.005)


def test_seed_decides_and_block_size_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    scores = np.random.default_rng(4).exponential(size=30)
    first = bootstrap(scores, median, seed=1)
    assert bootstrap(scores, seed=1) != bootstrap(scores, seed=2)
    monkeypatch.setattr(models.evaluation.bootstrap, "CELLS_AT_ONCE", 30 * 7)
    assert bootstrap(scores, median, seed=1) == first


def test_zero_resampled_denominators_give_infinity_not_nan() -> None:
    interval = paired_bootstrap_ratio(np.array([1.0, 1.0]), np.array([0.0, 1.0]))
    assert (interval.value, interval.low, interval.high) == (2.0, 1.0, np.inf)


@pytest.mark.parametrize("bad", [np.array([1.0, np.nan]), np.array([]), np.ones((2, 2))])
def test_meaningless_values_are_refused(bad: NDArray[np.float64]) -> None:
    with pytest.raises(ValueError, match="values"):
        bootstrap(bad)


def test_ratio_refuses_unpaired_negative_and_zero_denominators() -> None:
    with pytest.raises(ValueError, match="2 numerators and 3 denominators"):
        paired_bootstrap_ratio(np.ones(2), np.ones(3))
    for denominator in (np.array([1.0, -1.0]), np.zeros(2)):
        with pytest.raises(ValueError, match="no ratio exists"):
            paired_bootstrap_ratio(np.ones(2), denominator)
    with pytest.raises(ValueError, match="resamples is 0"):
        bootstrap(np.ones(2), resamples=0)
