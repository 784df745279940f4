"""A spectral fit repeats, resumes, splits by preset, and its file gives the same model."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from datasets.errors import AudioError, CheckpointError
from models.timbre.contract import TimbreModel
from models.timbre.corpus.note import ListCorpus, Note, Report
from models.timbre.model_folder import load_timbre
from models.timbre.spectral.fit import SpectralSettings, fit_spectral
from models.timbre.spectral.frames import gather_frames
from models.timbre.spectral.model import SpectralModel
from models.timbre.spectral.network import SpectralNetworkConfig, sized_config
from models.timbre.spectral.training import SpectralTraining
from tests.models.timbre.spectral.scales import SMALL_NET, scales


class Stop(Exception):
    pass


def test_a_fit_that_is_interrupted_equals_one_that_is_not(
    fitted_scales: tuple[SpectralModel, Path], tmp_path: Path
) -> None:
    def stop(line: str) -> None:
        if line.startswith("epoch 10"):
            raise Stop

    with pytest.raises(Stop):
        fit_spectral(scales(), tmp_path / "scales", SMALL_NET, show=stop)
    fit_spectral(scales(), tmp_path / "scales", SMALL_NET)
    one, other = (
        folder / "model.safetensors" for folder in (tmp_path / "scales", fitted_scales[1])
    )
    assert one.read_bytes() == other.read_bytes()
    other_net = replace(SMALL_NET, network=replace(SMALL_NET.network, latent=3))
    with pytest.raises(CheckpointError, match="other settings"):
        fit_spectral(scales(), tmp_path / "scales", other_net)


def test_a_loaded_model_equals_the_saved_one(
    fitted_scales: tuple[SpectralModel, Path],
) -> None:
    model, folder = fitted_scales
    loaded = load_timbre(folder)
    assert isinstance(loaded, TimbreModel) and loaded.kind == "spectral"
    assert loaded.axes == model.axes and loaded.start == model.start
    for one, other in zip(
        *(m.decode_many(m.start, [60, 66], [1, 0.5]) for m in (model, loaded)), strict=False
    ):
        np.testing.assert_array_equal(one.harmonics_db, other.harmonics_db)
    assert "C#, D#, F#, G#, A#" in (folder / "card.md").read_text()
    assert loaded.neighbours(model.start, 3)[0].distance_db >= 0


def test_it_learns_what_a_mean_frame_cannot_say(spectral: SpectralModel) -> None:
    assert spectral.facts["held_out_mse"] < 0.3 * spectral.facts["mean_frame_mse"]


def test_every_topology_of_the_paper_fits_and_a_vae_reports_its_divergence(tmp_path: Path) -> None:
    training = SpectralTraining(5, 32)
    for number, network in enumerate(
        SpectralNetworkConfig(kind, hidden=(16,), latent=2, bottleneck=b, augmentation=a, skip=s)
        for kind, b, a, s in (
            ("ae", "lrelu", "none", False),
            ("ae", "sigmoid", "difference", True),
            ("vae", "sigmoid", "chroma", True),
        )
    ):
        model, _ = fit_spectral(
            scales(2), tmp_path / str(number), SpectralSettings(network, training)
        )
        assert np.isfinite(model.decode(model.start, 62, 1.0).harmonics_db).all()
    divergence = model.facts["divergence_nats"]
    assert len(divergence) == 2 and min(divergence) >= 0
    assert "nats" in (tmp_path / "2" / "card.md").read_text()


@pytest.mark.parametrize(
    ("change", "message"),
    [({"network": {"hidden": [9000]}}, "damaged"), ({"notes": ["one"]}, "do not fit")],
)
def test_a_damaged_model_is_refused(
    fitted_scales: tuple[SpectralModel, Path],
    tmp_path: Path,
    change: dict[str, object],
    message: str,
) -> None:
    shutil.copytree(fitted_scales[1], tmp_path / "m")
    path = tmp_path / "m" / "timbre.json"
    path.write_text(json.dumps({**json.loads(path.read_bytes()), **change}))
    with pytest.raises(CheckpointError, match=message):
        load_timbre(tmp_path / "m")


def test_wrong_settings_and_silence_are_refused_by_value(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="size 'huge'"):
        sized_config("huge", "ae", 2, "sigmoid", "chroma", skip=True, beta=1.0)
    with pytest.raises(CheckpointError, match="bottleneck 'tanh'"):
        SpectralNetworkConfig(bottleneck="tanh")
    with pytest.raises(AudioError, match=r"no usable note \(quiet: silent"):
        fit_spectral(ListCorpus((Note("quiet", np.zeros(48000)),)), tmp_path / "m", SMALL_NET)


def test_a_lower_power_keeps_quiet_partials(tmp_path: Path) -> None:
    data = gather_frames(scales(4), Report())
    errors = []
    for power in (1.0, 0.5):
        settings = replace(SMALL_NET, network=replace(SMALL_NET.network, power=power))
        model, _ = fit_spectral(scales(4), tmp_path / str(power), settings)
        rebuilt = model.decode_frames(model.encode_frames(data.frames, data.classes), data.classes)
        decibels = [20 * np.log10(np.maximum(one, 1e-3)) for one in (rebuilt, data.frames)]
        errors.append(float(np.abs(decibels[0] - decibels[1]).mean()))
    assert errors[1] < 0.8 * errors[0]
    with pytest.raises(CheckpointError, match="power 2"):
        SpectralNetworkConfig(power=2.0)
