"""Fit curves with few straight lines, as Vital's LFOs draw them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Float64 = npt.NDArray[np.float64]
Error = Callable[[Float64, Float64], Float64]


def absolute_error(fitted: Float64, true: Float64) -> Float64:
    """Return |fitted - true|."""
    return np.abs(fitted - true)


def level_error(floor: float) -> Error:
    """Make an error function: the difference in dB above a power floor, plus a linear part.

    Args:
        floor: Power floor, relative to the loudest. Differences below it count less and less.

    Returns:
        The function of fitted and true values.
    """

    def error(fitted: Float64, true: Float64) -> Float64:
        top = max(float(fitted.max()), float(true.max()), 1e-9)
        # The values are square roots of amplitudes: Vital squares its levels.
        least = floor * top**4
        # Products are several times faster than `**4`.
        powers = fitted * fitted, true * true
        decibels = 10 * np.log10((powers[0] * powers[0] + least) / (powers[1] * powers[1] + least))
        return np.asarray(np.abs(decibels) + 40 * np.abs(fitted - true) / top)

    return error


def fit_points(
    x: Float64, y: Float64, most: int, error: Error = absolute_error, fixed: tuple[int, ...] = ()
) -> npt.NDArray[np.int64]:
    """Choose points of a curve, and add a point where the lines between them have most error.

    Args:
        x: Ascending, shape (n,).
        y: The curve, shape (n,).
        most: Most points to choose, at least 2.
        error: Elementwise error of the lines against the curve.
        fixed: Indices that must be chosen.

    Returns:
        Ascending indices that include both ends.

    >>> x = np.linspace(0, 1, 101)
    >>> fit_points(x, np.abs(x - 0.5), 8).tolist()
    [0, 50, 100]
    """
    chosen = sorted({0, len(x) - 1, *fixed})
    while len(chosen) < most:
        differences = error(np.interp(x, x[chosen], y[chosen]), y)
        differences[chosen] = 0
        worst = int(np.argmax(differences))
        if differences[worst] <= 1e-9:
            break
        chosen = sorted([*chosen, worst])
    return np.array(chosen)
