"""Compute bootstrap intervals of means and of ratios of means."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

LEVEL = 0.95
CELLS_AT_ONCE = 2_000_000  # Indices drawn at a time, 16 MB for any number of targets.


@dataclass(frozen=True)
class Interval:
    """Hold a statistic and its 95 % percentile bootstrap interval.

    Attributes:
        value: Statistic of the given values.
        low: 2.5th percentile over the resamples.
        high: 97.5th percentile over the resamples.
    """

    value: float
    low: float
    high: float


def mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean over the last axis."""
    return np.asarray(np.mean(values, axis=-1))


def median(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the median over the last axis."""
    return np.asarray(np.median(values, axis=-1))


def bootstrap(
    values: NDArray[Any],
    statistic: Callable[[NDArray[np.float64]], NDArray[np.float64]] = mean,
    resamples: int = 10_000,
    seed: int = 0,
) -> Interval:
    """Return the interval of a statistic of one score per target.

    Args:
        values: Scores, shape (n,).
        statistic: `mean`, `median`, or any reduction of the last axis.
        resamples: Number of draws of n targets with replacement.
        seed: Equal seeds give equal intervals.

    Returns:
        The statistic and its interval.

    Raises:
        ValueError: There is no value, more than one axis, or a value that is not finite.

    >>> bootstrap(np.array([2.0, 2.0]), median)
    Interval(value=2.0, low=2.0, high=2.0)
    """
    checked = _checked(values, "values")
    draws = [statistic(checked[index]) for index in _indices(len(checked), resamples, seed)]
    return _interval(float(statistic(checked)), np.concatenate(draws))


def paired_bootstrap_ratio(
    numerator: NDArray[Any], denominator: NDArray[Any], resamples: int = 10_000, seed: int = 0
) -> Interval:
    """Return the interval of mean(numerator) / mean(denominator) over jointly resampled targets.

    Some targets are hard for both methods, and pairing cancels this effect. A ratio below 1 means
    that the numerator's method is better, for a score where lower is better.

    Args:
        numerator: Scores of one method, shape (n,).
        denominator: Scores of the other, not negative, for the same targets in order, shape (n,).
        resamples: Number of draws of n targets with replacement.
        seed: Equal seeds give equal intervals.

    Returns:
        The ratio and its interval.

    Raises:
        ValueError: The lengths differ, a value is not finite, or the denominator is negative or all
            zero.

    >>> paired_bootstrap_ratio(np.array([1.0, 3.0]), np.array([2.0, 6.0]))
    Interval(value=0.5, low=0.5, high=0.5)
    """
    top, bottom = _checked(numerator, "numerator"), _checked(denominator, "denominator")
    if len(top) != len(bottom):
        raise ValueError(
            f"{len(top)} numerators and {len(bottom)} denominators are not pairs: "
            "give one of each for every target"
        )
    if bottom.min() < 0 or bottom.max() == 0:
        raise ValueError(
            "the denominator has negative values or only zeros, so no ratio exists: "
            "give positive scores"
        )
    draws = [_ratio(top[index], bottom[index]) for index in _indices(len(top), resamples, seed)]
    return _interval(float(_ratio(top, bottom)), np.concatenate(draws))


def _checked(values: NDArray[Any], name: str) -> NDArray[np.float64]:
    """Convert to float64 (n,), and refuse values that make an interval meaningless."""
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1 or array.size == 0:
        raise ValueError(f"{name} has shape {array.shape}: expected (n,) with n >= 1")
    bad = int(np.count_nonzero(~np.isfinite(array)))
    if bad:
        raise ValueError(
            f"{bad} of {array.size} {name} are not finite: remove them or give them a score"
        )
    return array


def _indices(count: int, resamples: int, seed: int) -> Iterator[NDArray[np.int64]]:
    """Yield blocks (k, count) of resampled target indices, `resamples` rows in total."""
    if resamples < 1:
        raise ValueError(f"resamples is {resamples}: give at least 1")
    generator = np.random.default_rng(seed)
    block = max(1, CELLS_AT_ONCE // count)
    for start in range(0, resamples, block):
        yield generator.integers(0, count, (min(block, resamples - start), count))


def _ratio(top: NDArray[np.float64], bottom: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the ratio of sums over the last axis, infinite where all denominators are zero."""
    total = np.asarray(bottom.sum(axis=-1))
    ratio = np.full_like(total, np.inf)
    np.divide(top.sum(axis=-1), total, out=ratio, where=total > 0)
    return ratio


def _interval(value: float, draws: NDArray[np.float64]) -> Interval:
    """Return the percentile interval of the resampled statistics (resamples,)."""
    # Nearest ranks are used because interpolation between two infinities gives NaN.
    tails = [(1 - LEVEL) / 2, (1 + LEVEL) / 2]
    low, high = np.quantile(draws, tails, method="nearest")
    return Interval(value, float(low), float(high))
