"""A small spectral model, fitted once."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.timbre.spectral.fit import fit_spectral
from models.timbre.spectral.model import SpectralModel
from tests.models.timbre.spectral.scales import SMALL_NET, scales


@pytest.fixture(scope="session")
def fitted_scales(tmp_path_factory: pytest.TempPathFactory) -> tuple[SpectralModel, Path]:
    folder = tmp_path_factory.mktemp("spectral") / "scales"
    model, _ = fit_spectral(scales(), folder, SMALL_NET)
    return model, folder


@pytest.fixture
def spectral(fitted_scales: tuple[SpectralModel, Path]) -> SpectralModel:
    return fitted_scales[0]
