"""Train a VAE of raw audio: a step of the VAE, then one of the classifier (section 5.1.1)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from models.timbre.one_shot.raw.network import RawVae, RawVaeConfig
from models.timbre.one_shot.training import repeatable

Float32 = npt.NDArray[np.float32]


@dataclass(frozen=True)
class RawTrainingConfig:
    """Set the schedule of a training.

    Attributes:
        steps: Steps of the VAE; the paper has 1000 passes over its digits.
        batch: Clips in a step.
        learning_rate: Of Adam for the VAE; the classifier has 1e-3.
        clip: Largest norm of a gradient.
        seed: Of weights, order and noise.
    """

    steps: int = 1000
    batch: int = 20
    learning_rate: float = 5e-4
    clip: float = 1.0
    seed: int = 0


def train_raw(
    clips: Float32,
    labels: npt.NDArray[np.integer] | None,
    sizes: RawVaeConfig,
    config: RawTrainingConfig,
) -> RawVae:
    """Train a network.

    Args:
        clips: Clips between -1 and 1, (N, length).
        labels: Number of the class of each, (N,); None trains without the classifier.
        sizes: The network.
        config: The schedule.

    Returns:
        The network.
    """
    with repeatable(config.seed):
        network = RawVae(sizes)
        vae = torch.optim.Adam(network.parameters(), config.learning_rate)
        classes = torch.optim.Adam(network.parameters(), 1e-3)
        given = torch.from_numpy(np.ascontiguousarray(clips, np.float32))
        known = None if labels is None else torch.from_numpy(np.asarray(labels, np.int64))
        network.train()
        for step in range(config.steps):
            random = torch.Generator().manual_seed(config.seed * 1_000_003 + step)
            rows = torch.randint(len(given), (config.batch,), generator=random)
            noise = torch.randn(len(rows), sizes.latent, generator=random)
            loss, _ = network.loss(given[rows], given[rows], noise)
            _step(vae, network, loss, config.clip)
            if known is not None:
                mean, log_scale = network.encode(given[rows])
                guess = network.classify(mean + noise * log_scale.exp())
                entropy = torch.nn.functional.cross_entropy(guess, known[rows])
                _step(classes, network, entropy, config.clip)
        return network.eval()


def _step(optimiser: torch.optim.Optimizer, network: RawVae, loss: Tensor, clip: float) -> None:
    optimiser.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_(network.parameters(), clip)
    optimiser.step()


@torch.no_grad()
def encoded(network: RawVae, clips: Float32) -> Float32:
    """Return the latent means (N, latent) of clips (N, length)."""
    rows = torch.split(torch.from_numpy(np.ascontiguousarray(clips, np.float32)), 64)
    return np.concatenate([network.encode(part)[0].numpy() for part in rows])


@torch.no_grad()
def decoded(network: RawVae, latent: Float32) -> Float32:
    """Return the clips (N, length) of latent points (N, latent)."""
    points = torch.from_numpy(np.ascontiguousarray(latent, np.float32))
    return np.asarray(network.decode(points).numpy(), np.float32)
