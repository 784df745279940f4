"""A knob's taper: it covers the whole range, in order, and makes equal changes of sound."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from models.instrument.instrument import Instrument
from models.instrument.knob_taper import EVEN, KnobTaper, laid_out, points
from tests.fakes.fake_model import FakeCheckpoint


def leaping(rest: float, at: float = 0.7) -> KnobTaper:
    """Return the taper of a sound that only changes within a hundredth of the range."""
    shares = points(rest)
    return laid_out(shares, np.tanh((shares[:, None] - at) / 0.005), rest)


@pytest.mark.parametrize("rest", [0.0, 0.013, 0.5, 1.0])
def test_the_taper_covers_the_range_and_keeps_the_default_position(rest: float) -> None:
    taper = leaping(rest)
    way = [taper.share(position) for position in np.linspace(0, 1, 500)]
    assert way[0] == 0 and way[-1] == 1
    assert (np.diff(way) > 0).all()
    assert taper.share(rest) == pytest.approx(rest, abs=1e-6)


def test_a_leap_gets_most_of_the_travel() -> None:
    taper = leaping(0.0)
    positions = np.linspace(0, 1, 1001)
    way = np.array([taper.share(position) for position in positions])
    inside = positions[(way > 0.68) & (way < 0.72)]
    assert np.ptp(inside) > 0.9 * (1 - EVEN)


def test_an_even_or_constant_sound_gets_an_even_taper() -> None:
    shares = points(0.25)
    for features in (shares[:, None], np.zeros((len(shares), 1), np.float32)):
        taper = laid_out(shares, features, 0.25)
        assert np.allclose(taper.positions, shares, atol=1e-6)


class FakeSurrogate:
    """Predict the first parameter to the power of 8 as the only feature; count the calls."""

    calls = 0

    def __call__(self, unit: Tensor, note: Tensor) -> tuple[Tensor, Tensor]:
        self.calls += 1
        return unit[:, :1] ** 8, note


def test_a_surrogate_makes_a_knob_even_and_reversible() -> None:
    plain, surrogate = Instrument(FakeCheckpoint()), FakeSurrogate()
    hearing = Instrument(replace(FakeCheckpoint(), surrogate=surrogate))
    start, rest, at_first = hearing.unit, hearing.knobs[0].position, surrogate.calls
    spreads = []
    for instrument in (plain, hearing):
        features = []
        for position in np.linspace(0, rest, 60):
            instrument.turn(1, float(np.float32(position)))
            unit = torch.from_numpy(instrument.unit)[None]
            features.append(float(FakeSurrogate()(unit, unit)[0]))
        steps = np.abs(np.diff(features))
        spreads.append(steps.max() / steps.mean())
        instrument.turn(1, rest)
        assert np.array_equal(instrument.unit, start)
    assert spreads[1] < 0.75 * spreads[0]
    assert surrogate.calls == at_first + 1  # of one knob, once for this preset


def test_the_order_of_turning_does_not_matter() -> None:
    ends = []
    for order in ((1, 2), (2, 1)):
        instrument = Instrument(replace(FakeCheckpoint(), surrogate=FakeSurrogate()))
        for knob in order:
            instrument.turn(knob, 0.875)
        ends.append(instrument.unit)
    assert np.array_equal(ends[0], ends[1])
