"""A small harmonic model, fitted once."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.timbre.harmonic.fit import fit_harmonic
from models.timbre.harmonic.model import HarmonicModel
from tests.models.timbre.tones import SMALL, small_corpus


@pytest.fixture(scope="session")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> tuple[HarmonicModel, Path]:
    folder = tmp_path_factory.mktemp("timbre") / "small"
    model, _ = fit_harmonic(small_corpus(), folder, SMALL)
    return model, folder


@pytest.fixture
def model(fitted: tuple[HarmonicModel, Path]) -> HarmonicModel:
    return fitted[0]
