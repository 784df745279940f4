"""The paper's networks train on raw audio, repeat exactly, and clean their simple signals."""

from __future__ import annotations

import numpy as np
import pytest

from datasets.errors import CheckpointError
from models.timbre.one_shot.raw.network import KINDS, RawVae, RawVaeConfig
from models.timbre.one_shot.raw.signals import clean_signals, noisy_signals
from models.timbre.one_shot.raw.training import RawTrainingConfig, decoded, encoded, train_raw


def small(kind: str) -> RawVaeConfig:
    return RawVaeConfig(kind, 512, 3, latent=2, width=0.05, layers=3, dense=1)


@pytest.mark.parametrize("kind", KINDS)
def test_each_network_has_the_shapes_of_its_clips_and_repeats(kind: str) -> None:
    clips, kinds = noisy_signals(12, 0.05, 0)
    networks = [train_raw(clips, kinds, small(kind), RawTrainingConfig(2, 6)) for _ in range(2)]
    points = [encoded(network, clips) for network in networks]
    assert points[0].shape == (12, 2) and np.array_equal(points[0], points[1])
    assert decoded(networks[0], points[0]).shape == clips.shape


def test_training_with_the_classifier_separates_the_signals_and_rebuilds_them() -> None:
    clips, kinds = noisy_signals(60, 0.2, 0)
    settings = RawTrainingConfig(80, 12, 5e-3)
    sizes = RawVaeConfig("convolutional", 512, 3, latent=2, width=0.06, layers=3, dense=1)
    network = train_raw(clips, kinds, sizes, settings)
    points = encoded(network, clips)
    centres = np.stack([points[kinds == kind].mean(axis=0) for kind in range(3)])
    nearest = np.linalg.norm(points[:, None] - centres, axis=2).argmin(axis=1)
    assert (nearest == kinds).mean() > 0.9
    made, clean = decoded(network, centres), clean_signals()
    assert np.square(made - clean).mean() < 0.25 * np.square(clean).mean()


def test_the_published_sizes_are_the_default() -> None:
    network = RawVae(RawVaeConfig(layers=1))
    filters = [layer.out_channels for layer in network.inward if hasattr(layer, "out_channels")]
    assert filters == [128, 128, 256, 512, 1024, 1]


@pytest.mark.parametrize("values", [{"kind": "deep"}, {"length": 100}, {"layers": 0}])
def test_impossible_sizes_are_refused(values: dict[str, object]) -> None:
    with pytest.raises(CheckpointError, match=str(next(iter(values.values())))):
        RawVaeConfig(**values)  # type: ignore[arg-type]
