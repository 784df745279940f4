"""Denoising raises the SNR of hits that were not learned, and keeps their length and place."""

from __future__ import annotations

import numpy as np
import pytest

from models.timbre.one_shot.denoise import denoise
from models.timbre.one_shot.evaluation.measures import snr_db
from models.timbre.one_shot.model import OneShotModel
from tests.models.timbre.drum_sounds import RATE, drum


@pytest.mark.parametrize("noise", [0.05, 0.2])
@pytest.mark.parametrize("label", ["kick", "snare"])
def test_the_result_is_nearer_to_the_clean_hit(
    hits: OneShotModel, label: str, noise: float
) -> None:
    clean = np.pad(drum(label, 3), (0, 2000))
    random = np.random.default_rng(5)
    noisy = clean + noise * np.abs(clean).max() * random.uniform(-1, 1, len(clean))
    found = denoise(hits, noisy, RATE)
    assert found.shape == (1, len(clean))
    assert snr_db(clean, found[0]) > snr_db(clean, noisy) + 1.0


def test_each_channel_keeps_its_own_signal(hits: OneShotModel) -> None:
    clean = drum("kick", 2)
    both = np.stack([clean, 0.5 * clean])
    noisy = both + 0.05 * np.random.default_rng(0).uniform(-1, 1, both.shape)
    found = denoise(hits, noisy, RATE)
    assert found.shape == both.shape
    assert snr_db(both[1], found[1]) > 6.0
