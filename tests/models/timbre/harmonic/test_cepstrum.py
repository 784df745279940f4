"""Envelopes go through the amplitudes of harmonics; the basis is orthonormal."""

from __future__ import annotations

import numpy as np
import pytest

from datasets.errors import SpecError
from models.timbre.harmonic.cepstrum import (
    NYQUIST_HZ,
    PAPER,
    EnvelopeSettings,
    basis,
    fit_envelopes,
)
from tests.models.timbre.tones import envelope_db, hz

OURS = EnvelopeSettings()
LINEAR = EnvelopeSettings("cepstrum", 91, 0.0)


def errors(settings: EnvelopeSettings, midi: float, even_db: float = 0.0) -> np.ndarray:
    """Errors at the harmonics of a known envelope, whose even harmonics are weaker."""
    f0 = hz(midi)
    k = np.arange(1, min(100, int(12000 / f0)) + 1)
    at = np.asarray(k * f0, np.float64)
    level = envelope_db(at) - even_db * (k % 2 == 0)
    coefficients = fit_envelopes(10 ** (level[None] / 20), np.array([f0]), settings)
    return np.asarray((basis(at, settings) @ coefficients[0]) - level)


def test_the_linear_basis_is_orthonormal() -> None:
    middle = (np.arange(20000) + 0.5) * NYQUIST_HZ / 20000
    rows = basis(middle, LINEAR)
    assert np.allclose(rows.T @ rows / len(rows), np.eye(91), atol=1e-6)


@pytest.mark.parametrize("midi", [48.0, 60.0, 84.0])
def test_the_discrete_cepstrum_goes_through_the_harmonics(midi: float) -> None:
    assert np.abs(errors(OURS, midi)).max() < 1.0


def test_the_warped_scale_follows_a_clarinet_and_the_papers_does_not() -> None:
    strong = slice(0, 8)
    assert np.abs(errors(OURS, 57.0, 20.0)[strong]).max() < 3.0
    assert np.abs(errors(LINEAR, 57.0, 20.0)[strong]).max() > 6.0


def test_the_true_envelope_is_at_most_two_decibels_below_a_peak() -> None:
    assert errors(PAPER, 60.0).min() > -2.5


def test_a_level_only_moves_the_first_coefficient() -> None:
    amplitudes = 10 ** (envelope_db(np.asarray(hz(60.0) * np.arange(1, 40), np.float64))[None] / 20)
    f0 = np.array([hz(60.0)])
    for settings in (OURS, PAPER):
        quiet, loud = (fit_envelopes(g * amplitudes, f0, settings)[0] for g in (1.0, 10.0))
        assert loud[0] - quiet[0] == pytest.approx(20.0, abs=1e-3)
        assert np.allclose(loud[1:], quiet[1:], atol=1e-3)


def test_wrong_settings_are_refused() -> None:
    with pytest.raises(SpecError, match="lpc"):
        EnvelopeSettings("lpc")
    with pytest.raises(SpecError, match="knee_hz 2000"):
        EnvelopeSettings("tae")
