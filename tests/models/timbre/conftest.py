"""A small harmonic, spectral and one-shot model, each fitted once."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.timbre.harmonic.fit import fit_harmonic
from models.timbre.harmonic.model import HarmonicModel
from models.timbre.one_shot.fit import fit_one_shot
from models.timbre.one_shot.model import OneShotModel
from models.timbre.spectral.fit import fit_spectral
from models.timbre.spectral.model import SpectralModel
from tests.models.timbre.drum_sounds import SMALL as KIT
from tests.models.timbre.drum_sounds import write_kit
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


@pytest.fixture(scope="session")
def kit(tmp_path_factory: pytest.TempPathFactory) -> tuple[OneShotModel, Path]:
    """A small one-shot model, and its folder."""
    folder = tmp_path_factory.mktemp("one-shot")
    model, _ = fit_one_shot(write_kit(folder / "sounds"), folder / "kit", KIT)
    return model, folder / "kit"


@pytest.fixture
def hits(kit: tuple[OneShotModel, Path]) -> OneShotModel:
    return kit[0]
