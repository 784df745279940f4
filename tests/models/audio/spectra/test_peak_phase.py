"""Peaks move to any frequency, and the sound of a frame that does not change does not waver."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from models.audio.spectra.peak_phase import PeakPhases, find_peaks, moved
from models.audio.spectra.stft import HOP, RATE, WINDOW, magnitudes, overlap_add


def sine(hz: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.asarray(np.sin(2 * np.pi * hz * np.arange(2 * WINDOW) / RATE))


@pytest.mark.parametrize("ratio", [0.53, 1.0, 1.3, 2.7])
def test_a_moved_peak_has_its_new_frequency_and_its_old_level(ratio: float) -> None:
    frame = magnitudes(sine(700.0))[0]
    mapped, phases = moved(frame, find_peaks(frame), ratio), PeakPhases()
    sound = overlap_add(np.stack([phases.spectrum(mapped) for _ in range(24)]))
    steady = sound[4 * HOP : -4 * HOP]
    spectrum = np.abs(np.fft.rfft(steady * np.hanning(len(steady)), 2**18))
    assert spectrum.argmax() * RATE / 2**18 == pytest.approx(700 * ratio, rel=1e-3)
    assert np.abs(steady).max() == pytest.approx(1.0, abs=0.06)


def test_a_change_of_the_frame_keeps_the_phase_of_a_peak() -> None:
    soft = magnitudes(sine(700.0))[0]
    loud, phases = soft * np.float32(2), PeakPhases()
    rows = [phases.spectrum(moved(one, find_peaks(one))) for one in (soft, soft, loud, loud)]
    steps = [np.angle(b[65] / a[65]) for a, b in itertools.pairwise(rows)]
    assert steps[0] == pytest.approx(steps[1], abs=1e-2) == steps[2]
