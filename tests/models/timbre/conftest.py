"""A small harmonic model and a small spectral one, each fitted once."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.timbre.harmonic.fit import fit_harmonic
from models.timbre.harmonic.model import HarmonicModel
from models.timbre.spectral.fit import fit_spectral
from models.timbre.spectral.model import SpectralModel
from tests.models.timbre.spectral.scales import SMALL_NET, scales
from tests.models.timbre.tones import SMALL, small_corpus


@pytest.fixture(scope="session")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> tuple[HarmonicModel, Path]:
    folder = tmp_path_factory.mktemp("timbre") / "small"
    model, _ = fit_harmonic(small_corpus(), folder, SMALL)
    return model, folder


@pytest.fixture
def model(fitted: tuple[HarmonicModel, Path]) -> HarmonicModel:
    return fitted[0]


@pytest.fixture(scope="session")
def fitted_scales(tmp_path_factory: pytest.TempPathFactory) -> tuple[SpectralModel, Path]:
    folder = tmp_path_factory.mktemp("spectral") / "scales"
    model, _ = fit_spectral(scales(), folder, SMALL_NET)
    return model, folder


@pytest.fixture
def spectral(fitted_scales: tuple[SpectralModel, Path]) -> SpectralModel:
    return fitted_scales[0]
