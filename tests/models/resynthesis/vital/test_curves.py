"""Test the curves and timelines of a preset."""

from __future__ import annotations

import numpy as np
import pytest

from models.resynthesis.timeline import Timeline
from models.resynthesis.vital.curves import fit_points, level_error
from models.resynthesis.vital.patch import MOST_POINTS, Shape, VitalPatch, line


def test_lines_through_the_chosen_points_follow_the_curve() -> None:
    x = np.linspace(0, 1, 501)
    curve = np.exp(-5 * x) * (1 + 0.3 * np.sin(20 * x))
    errors = []
    for points in (4, 16, 64):
        chosen = fit_points(x, curve, points)
        assert len(chosen) <= points and chosen[0] == 0 and chosen[-1] == 500
        errors.append(np.abs(np.interp(x, x[chosen], curve[chosen]) - curve).max())
    assert errors[0] > errors[1] > errors[2] and errors[2] < 0.005


def test_a_point_that_must_be_there_is_there() -> None:
    x = np.linspace(0, 1, 101)
    assert 37 in fit_points(x, x**2, 4, fixed=(37,))


def test_level_error_counts_ratios_and_ignores_silence() -> None:
    error = level_error(1e-8)
    loud = np.array([1.0, 1.0])
    assert error(np.array([1.0, 0.5]), loud)[1] > 10
    assert error(np.array([1.0, 1e-6]), np.array([1.0, 1e-5]))[1] < 0.01


def test_a_loop_goes_back_and_forth_from_the_end_of_the_recording() -> None:
    timeline = Timeline(duration_s=3.0, loop_start_s=1.0)
    times_s = np.linspace(0, 3, 31)
    x, y = timeline.draw(times_s, times_s**2)
    assert x[0] == 0 and x[-1] == 1 and (np.diff(x) > 0).all() and len(x) <= MOST_POINTS
    seconds = x * timeline.total_s
    # The shape after the recording runs back to 1 s, forth to the end, and back again.
    expected = np.where(seconds <= 3, seconds, 1 + np.abs((seconds - 3) % 4 - 2))
    assert np.abs(y - expected**2).max() < 0.01
    start = np.interp(timeline.loop_phase, x, y)
    assert abs(start - y[-1]) < 1e-9
    assert abs((1 - timeline.loop_phase) * timeline.total_s - 4) < 1e-9


def test_the_loop_of_a_curve_can_differ_from_the_recording() -> None:
    timeline = Timeline(duration_s=2.0, loop_start_s=1.2)
    held = 0.5 + 0.5 * np.exp(-5 * (timeline.held_s - 2.0))
    x, y = timeline.draw(np.array([0.0, 2.0]), np.array([0.0, 1.0]), held)
    assert np.abs(np.interp(timeline.held_s / timeline.total_s, x, y) - held).max() < 0.01
    assert np.allclose(np.interp([0.0, 2.0 / timeline.total_s], x, y), [0.0, 1.0])


def test_a_tail_holds_the_last_value_of_other_curves() -> None:
    x, y = Timeline(2.0, None, 6.0, -10.0).draw(np.array([0.0, 2.0]), np.array([0.0, 0.7]))
    assert np.allclose(x, [0, 0.25, 1]) and np.allclose(y, [0, 0.7, 0.7])


def test_shapes_are_drawn_from_the_top() -> None:
    shape = line("Ramp", (0, 0), (1, 0.75)).to_dict()
    assert shape["points"] == [0.0, 1.0, 1.0, 0.25] and shape["num_points"] == 2


def test_a_patch_refuses_what_vital_cannot_hold() -> None:
    grid = np.linspace(0, 1, MOST_POINTS + 1)
    with pytest.raises(ValueError, match="101 points"):
        Shape("Long", grid, grid).to_dict()
    with pytest.raises(ValueError, match="'osc_9_level': Vital has no control"):
        VitalPatch("x").set(osc_9_level=1)
