"""Phases from magnitudes: PGHI is the nearest, then peak-locked phases, then those of noise."""

from __future__ import annotations

import numpy as np
import pytest

from models.audio.spectra.noise_phase import with_noise_phase
from models.audio.spectra.peak_phase import with_peak_phase
from models.audio.spectra.pghi import with_integrated_phase
from models.audio.spectra.stft import RATE, WINDOW, magnitudes, overlap_add
from tests.models.timbre.tones import tone


@pytest.fixture(scope="module")
def errors() -> dict[str, float]:
    """Error of the magnitudes of two notes that glide into vibrato, by method."""
    t = np.arange(RATE) / RATE
    glide = np.sin(2 * np.pi * (300 * t + 3 * np.sin(2 * np.pi * 5 * t)))
    sound = np.concatenate([tone(57, 1.0), 0.1 * glide])
    wanted = magnitudes(sound)
    found = {}
    for name, method in (
        ("noise", with_noise_phase),
        ("peaks", with_peak_phase),
        ("pghi", with_integrated_phase),
    ):
        again = magnitudes(overlap_add(method(wanted)))[: len(wanted)]
        found[name] = float(np.linalg.norm(again - wanted) / np.linalg.norm(wanted))
    return found


def test_the_order_of_the_methods(errors: dict[str, float]) -> None:
    assert errors["pghi"] < errors["peaks"] < errors["noise"]
    assert errors["pghi"] < 0.1 and errors["peaks"] < 0.25


def test_silence_stays_silent() -> None:
    silence = np.zeros((5, WINDOW // 2 + 1), np.float32)
    for method in (with_noise_phase, with_peak_phase, with_integrated_phase):
        assert not np.abs(overlap_add(method(silence))).any()
