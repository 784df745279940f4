"""A mesh covers its bounds, and a decoder that obeys the note class is right everywhere."""

from __future__ import annotations

import numpy as np
import torch

from models.timbre.spectral.mesh import mesh_accuracy, mesh_points, occupied_share
from models.timbre.spectral.model import SpectralModel
from models.timbre.spectral.network import SpectralNetwork, SpectralNetworkConfig

ENDS = np.zeros(2, np.float32), np.ones(2, np.float32)


def test_a_mesh_has_every_point_once_and_a_draw_is_part_of_it() -> None:
    whole = np.concatenate(list(mesh_points(5, *ENDS)))
    assert len(np.unique(whole, axis=0)) == 25 and whole.min() == 0 and whole.max() == 1
    drawn = np.concatenate(list(mesh_points(5, *ENDS, most=7)))
    known = {tuple(point) for point in whole.tolist()}
    assert len(drawn) == 7 and {tuple(point) for point in drawn.tolist()} <= known
    assert len(next(mesh_points(5, np.zeros(8, np.float32), np.ones(8, np.float32), 10))) == 10


def test_a_decoder_is_right_where_its_frame_has_the_class() -> None:
    network = SpectralNetwork(SpectralNetworkConfig(hidden=(8,), latent=2))
    with torch.no_grad():
        for weights in network.parameters():
            weights.zero_()
        network.output.bias[42] = 1.0  # 452 Hz: the note A, whatever the condition says.
    assert mesh_accuracy(network, 6, ENDS, [9, 0]).tolist() == [1.0, 0.0]
    with torch.no_grad():
        network.output.bias.zero_()
    assert mesh_accuracy(network, 6, ENDS, [9, 0]).tolist() == [0.0, 0.0]  # Silence has no class.


def test_a_model_of_scales_obeys_the_classes_that_it_learned(spectral: SpectralModel) -> None:
    shares = mesh_accuracy(spectral.network, 12, ENDS, [0, 2, 4, 5, 7, 9, 11])
    assert shares.mean() > 0.85
    assert spectral.facts["mesh_accuracy"] > 0.85


def test_the_occupied_share_counts_cells() -> None:
    line = np.stack([np.linspace(0, 1, 1000)] * 2, axis=1).astype(np.float32)
    square = np.random.default_rng(0).random((20000, 2)).astype(np.float32)
    assert occupied_share(line) == 0.05 and occupied_share(square) > 0.99
